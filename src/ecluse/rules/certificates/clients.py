"""Decides whether the certificate of a TLS client is admitted: its family, environment, dates, path and revocation.

Source: note IGC-Santé §8, points 1 to 4 (a TLS client: digitalSignature and clientAuth; a test authority refused in
production and the other way round; the exact trust store; lists of revocation).
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from ecluse.protocols.x509.certificate import Certificate
from ecluse.rules.certificates.describe import describe
from ecluse.rules.certificates.judge import Check, Evidence, Expected, judge
from ecluse.rules.certificates.path import Path
from ecluse.rules.certificates.refusals import Refusal
from ecluse.rules.certificates.revocation import Status
from ecluse.rules.certificates.slots import Use

CLIENT_FAMILIES = ("ORG AUTH_CLI", "SERV SSL")
"""Families that may open a TLS link (note §1: extended key usage clientAuth)."""

_ORDER = ("family", "environment", "dates", "issuer", "strength", "revocation")
"""The first that fails is the reason: what is wrong with the certificate itself, before what leads up to it."""


class ClientJudgement(NamedTuple):
    """checks: all that was looked at, in the order of their weight; names_organisation: the subject is that of an
    organisation, which may be shown; that of a person may not.
    """

    checks: tuple[Check, ...]
    names_organisation: bool

    @property
    def failed(self) -> tuple[Check, ...]:
        """What is wrong, warnings included."""
        return tuple(one for one in self.checks if not one.ok)


def judge_client(
    certificate: Certificate,
    environment: Literal["production", "test"],
    families: tuple[str, ...],
    at: datetime,
    path: Path | Refusal,
    statuses: tuple[Status, ...],
    *,
    hard_fail: bool,
) -> ClientJudgement:
    """Judge the certificate that a TLS client presents.

    :param environment: of the gateway; families: those admitted, of `CLIENT_FAMILIES`; at: now, aware.
    :param path: under the trust store of the clients, and no other; statuses: of its certificates.
    :param hard_fail: a revocation that cannot be known refuses; else it is only told.
    """
    expected = Expected(_use(families), environment, frozenset(), at, hard_fail)
    found = {one.name: one for one in judge(certificate, expected, Evidence(None, path, statuses)).checks}
    family = describe(certificate).family.id
    return ClientJudgement(
        tuple(found[name] for name in _ORDER),
        family.startswith(("ORG ", "SERV ")) or family == "other server",
    )


def _use(families: tuple[str, ...]) -> Use:
    """The use of a client of ours: any service name."""
    return Use(
        id="listener_client",
        text_fr="client d’un point d’écoute",
        text_en="client of a listener",
        families=families,
        imposed=(),
        recommended="",
        issued_under=("igc-sante",),
        peers="igc-sante",
        stops_fr="",
        stops_en="",
        source="note IGC-Santé § 8",
    )
