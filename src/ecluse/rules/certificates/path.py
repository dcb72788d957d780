"""Finds a path from a certificate to a trusted authority, and has it judged.

Source: RFC 5280 §6; RFC 4158 (building paths: which candidates first, and when to stop).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ecluse.protocols.x509.certificate import Certificate
from ecluse.protocols.x509.names import same_name
from ecluse.protocols.x509.public_key import PublicKey
from ecluse.protocols.x509.signature import scheme, signed_by
from ecluse.rules.certificates.options import DEFAULT, PathOptions
from ecluse.rules.certificates.refusals import Refusal, refuse
from ecluse.rules.certificates.validation import validate_path, validity


@dataclass(frozen=True)
class Path:
    """A valid path.

    certificates: from the certificate judged up to the one that the anchor issued. anchor: the trusted authority.
    policies: those it is valid for (`ANY_POLICY` alone: any; none: no policy, and none was required).
    """

    certificates: tuple[Certificate, ...]
    anchor: Certificate
    policies: frozenset[str]

    @property
    def chain(self) -> tuple[Certificate, ...]:
        """Every certificate, the anchor last."""
        whole = self.certificates
        return whole if whole[-1] == self.anchor else (*whole, self.anchor)

    def issuer_of(self, place: int) -> Certificate:
        """The certificate of the issuer of `certificates[place]`."""
        return self.certificates[place + 1] if place + 1 < len(self.certificates) else self.anchor

    def key_of(self, certificate: Certificate) -> PublicKey:
        """The key of a certificate, with the parameters it inherits from those above it on this path."""
        key = self.anchor.public_key
        for one in reversed(self.certificates):
            key = one.public_key.with_parameters_of(key)
            if one == certificate:
                return key
        return certificate.public_key


class _Search:
    """The paths from one certificate up to the anchors, the likeliest first."""

    def __init__(
        self, given: Iterable[Certificate], anchors: Iterable[Certificate], at: datetime, options: PathOptions
    ) -> None:
        self.at, self.options, self.tries = at, options, 0
        self.anchors = dict.fromkeys(anchors)
        self.given = [one for one in dict.fromkeys(given) if one not in self.anchors]
        self.forged: list[Certificate] = []
        self.orphans: list[Certificate] = []

    def paths(self, below: tuple[Certificate, ...]) -> Iterator[tuple[Certificate, ...]]:
        """Chains that begin with `below` (the certificate judged first) and end with an anchor."""
        top = below[-1]
        found = False
        for issuer in self._issuers(top):
            if issuer in below:
                continue
            self.tries += 1
            if self.tries > self.options.most_tries:
                return
            found = True
            if self._is_forged(top, issuer):
                self.forged.append(top)
            elif issuer in self.anchors:
                yield (*below, issuer)
            elif len(below) < self.options.longest:
                yield from self.paths((*below, issuer))
        if not found:
            self.orphans.append(top)

    def _issuers(self, certificate: Certificate) -> list[Certificate]:
        """Certificates that bear the name of the issuer: anchors, matching key and valid ones first (RFC 4158 §3.5)."""
        everyone = (*self.anchors, *self.given)
        named = [one for one in everyone if same_name(one.subject, certificate.issuer)]
        wanted = certificate.authority_key_id.key_id if certificate.authority_key_id else None

        def unlikely(one: Certificate) -> tuple[bool, bool, bool]:
            other_key = None not in (wanted, one.subject_key_id) and wanted != one.subject_key_id
            return other_key, one not in self.anchors, validity(one, self.at) is not None

        return sorted(named, key=unlikely)

    def _is_forged(self, certificate: Certificate, issuer: Certificate) -> bool:
        """True when the key surely did not sign; inherited parameters, unknown algorithms are judged with the path."""
        key = issuer.public_key
        inherits = key.kind == "dsa" and not key.algorithm.parameters
        return (
            not inherits and scheme(certificate.algorithm) is not None and not signed_by(certificate, issuer)
        )


def validate(
    leaf: Certificate,
    given: Iterable[Certificate],
    anchors: Iterable[Certificate],
    at: datetime,
    options: PathOptions = DEFAULT,
) -> Path | Refusal:
    """A valid path from the certificate to one of the anchors at this instant, or the refusal that says most.

    given: certificates that may be on the way, in any order; others are ignored. anchors: the trust store of the
    target, and no other. at: aware instant. A certificate that is itself an anchor is valid within its dates.
    """
    search = _Search(given, anchors, at, options)
    if leaf in search.anchors:
        refusal = validity(leaf, at)
        return refusal or Path((leaf,), leaf, frozenset(options.policies))
    refusals = []
    for *certificates, anchor in search.paths((leaf,)):
        outcome = validate_path(certificates[::-1], anchor, at, options)
        if not isinstance(outcome, Refusal):
            return Path(tuple(certificates), anchor, outcome)
        refusals.append(outcome)
    if refusals:
        return refusals[0]
    if search.tries > options.most_tries:
        return refuse("path_too_large", leaf)
    if search.forged:
        return refuse("signature", search.forged[0])
    orphan = search.orphans[0] if search.orphans else leaf
    return refuse("anchor_undeclared" if orphan.is_self_issued else "issuer_unknown", orphan)
