"""Whether an OCSP answer may be believed: fresh, and signed by the issuer or by whom the issuer delegated.

Source: RFC 6960 §3.2 and §4.2.2.2.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from ecluse.protocols.x509.certificate import Certificate
from ecluse.protocols.x509.extensions import OCSP_SIGNING
from ecluse.protocols.x509.names import same_name
from ecluse.protocols.x509.ocsp import OcspAnswer, Responder
from ecluse.protocols.x509.signature import scheme, signed_by
from ecluse.rules.certificates.options import PathOptions
from ecluse.rules.certificates.validation import validity


def fresh(answer: OcspAnswer, at: datetime, options: PathOptions) -> bool:
    """True when the answer, already given, is in force: until its `nextUpdate`, and `options.ocsp_lasts` at most.

    The bound is a decision: an answer made in advance can be replayed to hide a revocation for as long as it says.
    """
    longest = answer.this_update + options.ocsp_lasts
    return at <= (longest if answer.next_update is None else min(answer.next_update, longest))


def given(answer: OcspAnswer, at: datetime, options: PathOptions) -> bool:
    """True when the answer exists at this instant, for a responder whose clock may be slightly ahead."""
    return answer.this_update - options.clock_skew <= at


def responder_of(
    answer: OcspAnswer, issuer: Certificate, at: datetime, options: PathOptions
) -> Certificate | None:
    """The certificate that signed the answer, when it is entitled to: the issuer's, or one it issued for that.

    A delegated responder must be issued by this very issuer with the purpose OCSPSigning, and be within its dates.
    """
    how = scheme(answer.algorithm)
    if how is None or not {how.digest, how.mask_digest or how.digest} <= set(options.digests):
        return None
    if _is(answer.responder, issuer) and signed_by(answer, issuer):
        return issuer
    for one in answer.certificates:
        if _is(answer.responder, one) and _delegated(one, issuer, at, options) and signed_by(answer, one):
            return one
    return None


def _delegated(one: Certificate, issuer: Certificate, at: datetime, options: PathOptions) -> bool:
    return (
        OCSP_SIGNING in (one.extended_key_usage or ())
        and same_name(one.issuer, issuer.subject)
        and options.accepts_key(one.public_key)
        and validity(one, at) is None
        and signed_by(one, issuer)
    )


def _is(responder: Responder, certificate: Certificate) -> bool:
    if responder.name is not None:
        return same_name(responder.name, certificate.subject)
    return responder.key_hash == hashlib.sha1(certificate.public_key.key, usedforsecurity=False).digest()
