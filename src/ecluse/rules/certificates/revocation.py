"""Says of each certificate of a path whether it is revoked, from the lists and OCSP answers at hand.

Nothing is fetched here. A revocation is final: a list or an answer that is stale still tells it, `certificateHold`
aside; only to say "good" must it be fresh. What is missing, stale or badly signed gives `unknown` with its reason;
whether unknown is a refusal (hard-fail: signatures) or an alarm (soft-fail: TLS) is a setting. Source: RFC 5280 §6.3;
RFC 6960.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ecluse.protocols.x509.certificate import Certificate
from ecluse.protocols.x509.crl import Crl
from ecluse.protocols.x509.crl_entries import RevokedEntry
from ecluse.protocols.x509.extensions import OCSP_NO_CHECK
from ecluse.protocols.x509.names import same_name
from ecluse.protocols.x509.ocsp import OcspAnswer
from ecluse.protocols.x509.signature import scheme, signed_with
from ecluse.rules.certificates.crl_scope import (
    ALL_REASONS,
    completes,
    covers,
    entry_of,
    in_force,
    points_of,
    published,
    reasons_of,
)
from ecluse.rules.certificates.ocsp_trust import fresh, given, responder_of
from ecluse.rules.certificates.options import DEFAULT, PathOptions
from ecluse.rules.certificates.path import Path, validate
from ecluse.rules.certificates.refusals import Refusal, reason_texts, refuse

State = Literal["good", "revoked", "unknown"]
HOLD = "certificateHold"
"""The one reason of a revocation that may be lifted (RFC 5280 §5.3.1)."""


@dataclass(frozen=True)
class Material:
    """What is at hand to know who is revoked.

    crls: complete lists and deltas, in any order. answers: OCSP answers, by fingerprint of the certificate they are
    about. given: certificates of those who sign lists, and of their authorities; those of the path need not be there.
    """

    crls: tuple[Crl, ...] = ()
    answers: Mapping[str, OcspAnswer] = field(default_factory=dict)
    given: tuple[Certificate, ...] = ()


@dataclass(frozen=True)
class Status:
    """What is known of one certificate.

    state: `good`, `revoked` or `unknown`. at, reason: of the revocation. why: the refusal that says it, None when it is
    good. source: `crl`, `ocsp`, or empty when unknown.
    """

    certificate: Certificate = field(repr=False)
    state: State
    source: str = ""
    at: datetime | None = None
    reason: str = ""
    why: Refusal | None = None


def statuses(
    path: Path, material: Material, at: datetime, options: PathOptions = DEFAULT
) -> tuple[Status, ...]:
    """The status of each certificate of the path, the one judged first; the anchor has none. at: aware instant."""
    checker = _Checker(path, material, at, options, busy=frozenset())
    return tuple(checker.status(one, path.issuer_of(place)) for place, one in enumerate(path.certificates))


def refusal_among(found: Iterable[Status], hard_fail: bool) -> Refusal | None:
    """The first revocation; else, with `hard_fail`, the first unknown status; None when the path may be used."""
    known = [one.why for one in found if one.state == "revoked"]
    unknown = [one.why for one in found if one.state == "unknown"]
    return next(iter(known + unknown if hard_fail else known), None)


@dataclass(frozen=True)
class _Checker:
    """Looks for the status of certificates under one anchor. busy: signers whose own status is being looked for."""

    path: Path
    material: Material
    at: datetime
    options: PathOptions
    busy: frozenset[Certificate]

    def status(self, certificate: Certificate, issuer: Certificate) -> Status:
        """What OCSP and the lists say together: a revocation found by either counts."""
        if self.path.anchor == certificate:
            return Status(certificate, "good")
        by_list = self._from_lists(certificate, issuer)
        answer = self.material.answers.get(certificate.fingerprint)
        if answer is None or by_list.state == "revoked":
            return by_list
        by_answer = self._from_answer(certificate, issuer, answer)
        return by_answer if by_answer.state != "unknown" or by_list.state == "unknown" else by_list

    def _from_answer(self, certificate: Certificate, issuer: Certificate, answer: OcspAnswer) -> Status:
        responder = responder_of(answer, issuer, self.at, self.options)
        if responder is None or self._is_revoked(responder, issuer):
            return _unknown(certificate, "revocation_signature")
        if answer.unknown_critical:
            return _unknown(certificate, "revocation_not_understood")
        dated, current = given(answer, self.at, self.options), fresh(answer, self.at, self.options)
        revoked_at = answer.revoked_at if answer.status == "revoked" and dated else None
        if revoked_at is not None and (current or answer.reason != HOLD):
            return _revoked(certificate, "ocsp", revoked_at, answer.reason)
        if not dated or not current:
            return _stale(certificate, answer.this_update, answer.next_update)
        if answer.status == "good":
            return Status(certificate, "good", "ocsp")
        return _unknown(certificate, "revocation_responder_unknown")

    def _is_revoked(self, responder: Certificate, issuer: Certificate) -> bool:
        """True when a delegated responder is listed, unless its issuer says not to look (RFC 6960 §4.2.2.2.1)."""
        if responder == issuer or responder.extension(OCSP_NO_CHECK) is not None:
            return False
        return self._from_lists(responder, issuer).state == "revoked"

    def _from_lists(self, certificate: Certificate, issuer: Certificate) -> Status:
        """RFC 5280 §6.3.3: every reason must be covered by lists in force and signed by whom they should be."""
        covered: frozenset[str] = frozenset()
        problems: list[Status] = []
        for point in points_of(certificate):
            for crl in self._newest_first():
                more = reasons_of(crl, point) - covered
                if not more or not covers(crl, point, certificate):
                    continue
                problem = self._unusable(crl, certificate, issuer)
                if problem is None and (entry := self._entry(crl, certificate, issuer)) is not None:
                    return entry
                if problem is None and not in_force(crl, self.at):
                    problem = _stale(certificate, crl.this_update, crl.next_update)
                if problem is not None:
                    problems.append(problem)
                    continue
                covered |= more
        if covered == ALL_REASONS:
            return Status(certificate, "good", "crl")
        if covered:
            return _unknown(certificate, "revocation_partial")
        return problems[0] if problems else _unknown(certificate, "revocation_no_list")

    def _newest_first(self) -> list[Crl]:
        complete = (one for one in self.material.crls if not one.is_delta)
        return sorted(complete, key=lambda one: one.this_update, reverse=True)

    def _unusable(self, crl: Crl, certificate: Certificate, issuer: Certificate) -> Status | None:
        """Why a list tells nothing of the certificate, None when it does; whether it is still in force comes after."""
        if not published(crl, self.at, self.options.clock_skew):
            return _stale(certificate, crl.this_update, crl.next_update)
        if not self._signed_by_right(crl, issuer):
            return _unknown(certificate, "revocation_signature")
        if crl.unknown_critical:
            return _unknown(certificate, "revocation_not_understood")
        return None

    def _entry(self, crl: Crl, certificate: Certificate, issuer: Certificate) -> Status | None:
        """The revocation that the list, completed by its newest delta, tells; None when there is none."""
        deltas = [one for one in self.material.crls if completes(one, crl)]
        for delta in sorted(deltas, key=lambda one: one.number or 0, reverse=True):
            if self._unusable(delta, certificate, issuer) is None:
                entry = entry_of(delta, certificate)
                if entry is not None and self._counts(entry, delta):
                    lifted = entry.reason == "removeFromCRL"
                    return None if lifted else _revoked(certificate, "crl", entry.date, entry.reason)
                if in_force(delta, self.at):
                    break
        entry = entry_of(crl, certificate)
        if entry is None or not self._counts(entry, crl):
            return None
        return _revoked(certificate, "crl", entry.date, entry.reason)

    def _counts(self, entry: RevokedEntry, crl: Crl) -> bool:
        """Whether an entry still holds: that of a stale list does, unless it says something that changes."""
        return in_force(crl, self.at) or entry.reason not in (HOLD, "removeFromCRL")

    def _signed_by_right(self, crl: Crl, issuer: Certificate) -> bool:
        """True when whoever signed the list may: cRLSign, and a valid path of its own to the same anchor (f), (g)."""
        how = scheme(crl.algorithm)
        if how is None or not {how.digest, how.mask_digest or how.digest} <= set(self.options.digests):
            return False
        return any(self._is_valid_signer(one) for one in self._signers(crl, issuer))

    def _signers(self, crl: Crl, issuer: Certificate) -> Iterator[Certificate]:
        """Certificates whose key did sign the list, the issuer's first."""
        for one in dict.fromkeys((issuer, *self.path.chain, *self.material.given)):
            may_sign = one.key_usage is None or "cRLSign" in one.key_usage
            if may_sign and same_name(one.subject, crl.issuer) and signed_with(crl, self.path.key_of(one)):
                yield one

    def _is_valid_signer(self, signer: Certificate) -> bool:
        if signer in self.path.chain:
            return True
        if signer in self.busy:
            return False
        given = (*self.path.certificates, *self.material.given)
        found = validate(signer, given, (self.path.anchor,), self.at, self.options)
        if isinstance(found, Refusal):
            return False
        checker = _Checker(found, self.material, self.at, self.options, self.busy | {signer})
        below = enumerate(found.certificates)
        return all(checker.status(one, found.issuer_of(place)).state == "good" for place, one in below)


def _unknown(certificate: Certificate, check: str) -> Status:
    return Status(certificate, "unknown", why=refuse(check, certificate))


def _stale(certificate: Certificate, start: datetime, end: datetime | None) -> Status:
    end_fr, end_en = ("?", "?") if end is None else (f"{end:%d/%m/%Y %H:%M}", f"{end:%Y-%m-%d %H:%M}")
    why = refuse("revocation_stale", certificate, start=start, end_fr=end_fr, end_en=end_en)
    return Status(certificate, "unknown", why=why)


def _revoked(certificate: Certificate, source: str, at: datetime, reason: str) -> Status:
    shown = reason_texts()[reason]
    why = refuse("revoked", certificate, date=at, reason_fr=shown.text_fr, reason_en=shown.text_en)
    return Status(certificate, "revoked", source, at, reason, why)
