"""Which clients a listener admits, once TLS has found that the certificate they present is theirs.

TLS alone admits any certificate of an authority for any purpose of its own; the note IGC-Santé §8 asks for more: the
family, the environment, the path up to the exact trust store, the dates, the revocation. A judgement is kept for some
minutes, and no longer than what it was founded on: new lists of revocation or other authorities make a new policy.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from ecluse.protocols.x509.certificate import Certificate, read_certificate
from ecluse.protocols.x509.crl import Crl
from ecluse.protocols.x509.errors import Unreadable
from ecluse.rules.certificates.clients import ClientJudgement, judge_client
from ecluse.rules.certificates.path import Path, validate
from ecluse.rules.certificates.revocation import Material, statuses
from ecluse.services.listening.refused import Refused

JUDGED_SECONDS = 300.0
"""For how long a judgement of a certificate is kept: its end, or a list that turns stale, is noticed within it."""
_KEPT = 4096
"""Judgements kept; beyond, all of them are made anew."""


@dataclass(frozen=True, slots=True)
class Trust:
    """anchors: where paths end; intermediates: authorities that may be on the way; crls: lists at hand."""

    anchors: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...] = ()
    crls: tuple[Crl, ...] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of a certificate. refused: None when it is admitted; doubt: it is, although its revocation could not
    be known.
    """

    refused: Refused | None
    doubt: Refused | None = None
    addresses: tuple[str, ...] = ()


class ClientPolicy:
    """Judges the clients of one listener.

    :param environment: of the gateway; families: those admitted; hard_fail: a revocation that cannot be known refuses.
    :param today: the present instant, aware; clock: seconds that only grow.
    """

    def __init__(
        self,
        trust: Trust,
        environment: Literal["test", "production"],
        families: tuple[str, ...],
        *,
        hard_fail: bool,
        today: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._trust = trust
        self._environment: Literal["test", "production"] = environment
        self._families = families
        self._hard_fail = hard_fail
        self._today = today
        self._clock = clock
        self._judged: dict[bytes, tuple[float, Admission]] = {}

    def __call__(self, presented: tuple[bytes, ...]) -> Admission:
        """Whether a client is admitted.

        :param presented: certificates (DER) that it gave, its own first.
        """
        now, key = self._clock(), sha256(presented[0]).digest()
        before = self._judged.get(key)
        if before is not None and now - before[0] < JUDGED_SECONDS:
            return before[1]
        if len(self._judged) >= _KEPT:
            self._judged.clear()
        found = self._judge(presented)
        self._judged[key] = (now, found)
        return found

    def _judge(self, presented: tuple[bytes, ...]) -> Admission:
        try:
            leaf, *others = [read_certificate(one) for one in presented]
        except Unreadable as error:
            fingerprint = sha256(presented[0]).hexdigest()
            return Admission(Refused("certificate", error.text_fr, error.text_en, fingerprint))
        at = self._today()
        given = (*others, *self._trust.intermediates)
        path = validate(leaf, given, self._trust.anchors, at)
        known = statuses(path, Material(self._trust.crls, {}, given), at) if isinstance(path, Path) else ()
        judged = judge_client(
            leaf, self._environment, self._families, at, path, known, hard_fail=self._hard_fail
        )
        # Only what a trusted authority wrote is called.
        addresses = (
            tuple(address for one in path.certificates for address in one.crl_addresses)
            if isinstance(path, Path)
            else ()
        )
        return Admission(
            _refused(leaf, judged, blocking=True), _refused(leaf, judged, blocking=False), addresses
        )


def _refused(certificate: Certificate, judged: ClientJudgement, *, blocking: bool) -> Refused | None:
    for one in judged.failed:
        if one.blocking is blocking:
            subject = certificate.rfc4514 if judged.names_organisation else ""
            return Refused(one.name, one.text_fr, one.text_en, certificate.fingerprint, subject)
    return None
