"""Judges one path, certificate by certificate, as RFC 5280 §6.1 says.

Revocation, which the standard puts in the same loop, is in `revocation`: its lists may be missing, paths may not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ecluse.protocols.x509 import extensions as ext
from ecluse.protocols.x509.certificate import Certificate
from ecluse.protocols.x509.names import same_name
from ecluse.protocols.x509.public_key import PublicKey
from ecluse.protocols.x509.signature import scheme, signed_with
from ecluse.rules.certificates.name_constraints import Constraints, applicable, forbidden_name
from ecluse.rules.certificates.options import PathOptions
from ecluse.rules.certificates.policies import PolicyGraph
from ecluse.rules.certificates.refusals import Refusal, refuse

_APPLIED = frozenset(ext.READERS) | {ext.ISSUER_ALTERNATIVE_NAME}
"""Critical extensions that are applied here, by the rules on families or by revocation."""


@dataclass
class _State:
    """The state variables of RFC 5280 §6.1.2, for a path of `length` certificates."""

    at: datetime
    options: PathOptions
    length: int
    anchor: Certificate
    graph: PolicyGraph = field(default_factory=PolicyGraph)

    def __post_init__(self) -> None:
        after_all = self.length + 1
        self.explicit_policy = 0 if self.options.explicit_policy else after_all
        self.policy_mapping = 0 if self.options.inhibit_mapping else after_all
        self.inhibit_any = 0 if self.options.inhibit_any else after_all
        self.path_length = self.length
        self.issuer = self.anchor.subject
        self.key: PublicKey = self.anchor.public_key
        self.names = Constraints().narrowed(self.options.subtrees)


def validate_path(
    path: Sequence[Certificate], anchor: Certificate, at: datetime, options: PathOptions
) -> frozenset[str] | Refusal:
    """The policies a path is valid for (RFC 5280 §6.1.6), or why it is refused.

    path: from the certificate issued by the anchor down to the one to judge. at: aware instant.
    """
    state = _State(at, options, len(path), anchor)
    refusal = _anchor(anchor, state)
    for place, certificate in enumerate(path, 1):
        last = place == len(path)
        refusal = refusal or _basic(certificate, state) or _names_and_policies(certificate, state, last)
        if refusal is None and not last:
            refusal = _prepare(certificate, state)
        if refusal is not None:
            return refusal
    return _conclude(path[-1], state)


def _anchor(anchor: Certificate, state: _State) -> Refusal | None:
    """Dates and key of the anchor: RFC 5280 §6.2 lets a verifier ask for more."""
    if not state.options.accepts_key(anchor.public_key):
        return _weak_key(anchor)
    return validity(anchor, state.at) if state.options.anchor_dates else None


def _weak_key(certificate: Certificate) -> Refusal:
    key = certificate.public_key
    return refuse("weak_key", certificate, key=f"{key.kind} {key.bits or '?'} bits")


def validity(certificate: Certificate, at: datetime) -> Refusal | None:
    """Why the certificate is out of its dates at this instant, None when it is within them."""
    if at < certificate.not_before:
        return refuse("not_yet_valid", certificate, date=certificate.not_before)
    if at > certificate.not_after:
        return refuse("expired", certificate, date=certificate.not_after)
    return None


def _basic(certificate: Certificate, state: _State) -> Refusal | None:
    """§6.1.3 (a): issuer, algorithm and signature, key, dates."""
    if not same_name(certificate.issuer, state.issuer):
        return refuse("name_chaining", certificate)
    how = scheme(certificate.algorithm)
    if how is None or not {how.digest, how.mask_digest or how.digest} <= set(state.options.digests):
        return refuse(
            "weak_signature", certificate, algorithm=how.digest if how else certificate.algorithm.oid
        )
    if not signed_with(certificate, state.key):
        return refuse("signature", certificate)
    if not state.options.accepts_key(certificate.public_key.with_parameters_of(state.key)):
        return _weak_key(certificate)
    return validity(certificate, state.at)


def _names_and_policies(certificate: Certificate, state: _State, last: bool) -> Refusal | None:
    """§6.1.3 (b) to (f)."""
    self_issued = certificate.is_self_issued
    if last or not self_issued:
        name = forbidden_name(certificate, state.names)
        if name is not None:
            return refuse("name_constraints", certificate, name=name)
    policies = certificate.known.policies
    if policies is None:
        state.graph.clear()
    else:
        any_counts = state.inhibit_any > 0 or (self_issued and not last)
        state.graph.add({one.oid for one in policies}, any_counts)
    if state.explicit_policy == 0 and not state.graph:
        return refuse("policy", certificate)
    return None


def _prepare(certificate: Certificate, state: _State) -> Refusal | None:
    """§6.1.4: what an authority says of the certificates that follow, and its right to issue them."""
    mappings = certificate.known.policy_mappings
    if any(ext.ANY_POLICY in pair for pair in mappings):
        return refuse("policy_mapping", certificate)
    state.graph.map(mappings, allowed=state.policy_mapping > 0)
    state.issuer = certificate.subject
    state.key = certificate.public_key.with_parameters_of(state.key)
    if not applicable(certificate.known.name_constraints):
        return refuse("name_constraints_form", certificate)
    state.names = state.names.narrowed(certificate.known.name_constraints)
    self_issued = certificate.is_self_issued
    _count_down(certificate, state, self_issued)
    return _authority(certificate, state, self_issued) or _critical(certificate, state.options)


def _count_down(certificate: Certificate, state: _State, self_issued: bool) -> None:
    """§6.1.4 (h) to (j): counters of policies."""
    if not self_issued:
        state.explicit_policy = max(state.explicit_policy - 1, 0)
        state.policy_mapping = max(state.policy_mapping - 1, 0)
        state.inhibit_any = max(state.inhibit_any - 1, 0)
    limits = certificate.known.policy_constraints
    if limits is not None and limits.require_explicit is not None:
        state.explicit_policy = min(state.explicit_policy, limits.require_explicit)
    if limits is not None and limits.inhibit_mapping is not None:
        state.policy_mapping = min(state.policy_mapping, limits.inhibit_mapping)
    if certificate.known.inhibit_any_policy is not None:
        state.inhibit_any = min(state.inhibit_any, certificate.known.inhibit_any_policy)


def _authority(certificate: Certificate, state: _State, self_issued: bool) -> Refusal | None:
    """§6.1.4 (k) to (n): may it issue, and how far below."""
    constraints = certificate.basic_constraints
    if certificate.version != 3 or constraints is None or not constraints.ca:
        return refuse("basic_constraints", certificate)
    if not self_issued:
        if state.path_length <= 0:
            return refuse("path_length", certificate)
        state.path_length -= 1
    if constraints.path_length is not None:
        state.path_length = min(state.path_length, constraints.path_length)
    if certificate.key_usage is not None and "keyCertSign" not in certificate.key_usage:
        return refuse("key_usage", certificate)
    return None


def _critical(certificate: Certificate, options: PathOptions) -> Refusal | None:
    """§6.1.4 (o) and §6.1.5 (f): nobody may ignore a critical extension."""
    for one in certificate.extensions:
        if one.critical and one.oid not in _APPLIED and one.oid not in options.understood:
            return refuse("critical_extension", certificate, oid=one.oid)
    return None


def _conclude(leaf: Certificate, state: _State) -> frozenset[str] | Refusal:
    """§6.1.5: the policies that remain."""
    state.explicit_policy = max(state.explicit_policy - 1, 0)
    limits = leaf.known.policy_constraints
    if limits is not None and limits.require_explicit == 0:
        state.explicit_policy = 0
    refusal = _critical(leaf, state.options)
    if refusal is not None:
        return refusal
    policies = state.graph.conclude(state.options.policies)
    if not policies and state.explicit_policy == 0:
        return refuse("policy", leaf)
    return policies
