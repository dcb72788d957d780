"""Decides whether a certificate is that of a card whose holder may sign in, and says who she is.

Source: note IGC-Santé §1 (cards: digitalSignature, and clientAuth among the extended usages), §2 (number of the person
in the CN), §4 (ACI-ST-PP and ACI-FO-PP issue cards; ACI-EL-PP issues software certificates, which no card holds), §8.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Literal, NamedTuple

from ecluse.protocols.x509.certificate import Certificate
from ecluse.protocols.x509.extensions import CLIENT_AUTH
from ecluse.protocols.x509.names import COMMON_NAME
from ecluse.rules.certificates.describe import Person, describe
from ecluse.rules.certificates.facts import authorities
from ecluse.rules.certificates.path import Path
from ecluse.rules.certificates.refusals import Refusal
from ecluse.rules.certificates.revocation import Status

CARD_AUTHORITIES = frozenset({"ACI-ST-PP", "ACI-FO-PP", "ACI-ST-PP-TEST", "ACI-FO-PP-TEST"})
"""Short names of the national authorities that issue cards (note §4)."""

Why = Literal[
    "not-a-person",
    "not-for-sign-in",
    "environment",
    "path",
    "not-a-card",
    "revoked",
    "revocation-unknown",
    "holder-unreadable",
]


class Holder(NamedTuple):
    """The holder of a card. identifier: hers with its type digit, as in the CN; rpps: her number, or empty."""

    identifier: str
    rpps: str


class CardRefused(NamedTuple):
    """why: of `Why`; detail: name of the check that failed (`rules.certificates.refusals`), or empty."""

    why: Why
    detail: str = ""


def judge_card(
    certificate: Certificate,
    environment: Literal["production", "test"],
    path: Path | Refusal | None,
    statuses: tuple[Status, ...],
    *,
    hard_fail: bool,
    more: Set[str] = frozenset(),
) -> Holder | CardRefused:
    """The holder of a card, or why it opens nothing: the first thing that is wrong.

    :param environment: of the gateway; path: under its trust store and no other, None: nothing is trusted there.
    :param statuses: of the certificates of the path; hard_fail: a revocation that cannot be known refuses.
    :param more: fingerprints of other authorities that issue cards, as the establishment declares them.
    """
    said = describe(certificate)
    if said.person is None:
        return CardRefused("not-a-person")
    if not signs_in(certificate):
        return CardRefused("not-for-sign-in")
    if said.environment != environment:
        return CardRefused("environment", said.environment)
    if not isinstance(path, Path):
        return CardRefused("path", "" if path is None else path.check)
    if not issues_cards(path.issuer_of(0), more):
        return CardRefused("not-a-card")
    states = {one.state for one in statuses}
    if "revoked" in states:
        return CardRefused("revoked")
    if hard_fail and states != {"good"}:
        return CardRefused("revocation-unknown")
    return _holder(certificate, said.person)


def signs_in(certificate: Certificate) -> bool:
    """Whether the usages of a certificate are those of authentication on a card; its other one signs documents."""
    return (
        "digitalSignature" in (certificate.key_usage or frozenset())
        and CLIENT_AUTH in (certificate.extended_key_usage or ())
        and not certificate.is_authority
    )


def issues_cards(authority: Certificate, more: Set[str] = frozenset()) -> bool:
    """Whether an authority of the trust store issues cards: by its fingerprint, or by its name when nobody published
    its fingerprint here, which the operator who imported it then compared.
    """
    if authority.fingerprint in more:
        return True
    name = authority.subject.value(COMMON_NAME)
    return any(
        one.short in CARD_AUTHORITIES and one.name == name and one.fingerprint in ("", authority.fingerprint)
        for one in authorities()
    )


def _holder(certificate: Certificate, person: Person) -> Holder | CardRefused:
    if person.kind == "unknown":
        return CardRefused("holder-unreadable")
    rpps = person.number if person.kind == "rpps" else ""
    return Holder(certificate.subject.value(COMMON_NAME), rpps)
