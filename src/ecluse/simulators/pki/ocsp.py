"""The OCSP responder (RFC 6960): good, revoked or unknown, with the nonce it was given."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from ecluse.simulators.pki.authority import Authority
from ecluse.simulators.pki.hierarchy import Hierarchy

MAX_REQUEST = 8 * 1024
"""Bytes of a request; one certificate takes about 100."""
MAX_NONCE = 128
"""RFC 9654 §2.1."""
ANSWER_LIFE = timedelta(hours=1)


class _Malformed(Exception):
    """The request is not one that RFC 6960 allows, or asks about several certificates."""


def answer(hierarchy: Hierarchy, request: bytes, now: datetime) -> bytes:
    """The answer to an OCSP request, both DER; whatever the bytes, an answer comes out.

    One certificate per request, as every client of the field asks. An issuer that is not ours: `unauthorized`.
    """
    try:
        asked, nonce = _read(request)
        authority = _authority(hierarchy, asked)
    except (_Malformed, ValueError, TypeError, UnsupportedAlgorithm, NotImplementedError):
        return _error(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    if authority is None:
        return _error(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    return _signed(hierarchy, authority, asked, nonce, now)


def _read(request: bytes) -> tuple[ocsp.OCSPRequest, bytes | None]:
    if len(request) > MAX_REQUEST:
        raise _Malformed
    asked = ocsp.load_der_ocsp_request(request)
    if asked.serial_number < 0:
        raise _Malformed
    try:
        nonce = asked.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return asked, None
    except x509.DuplicateExtension as error:
        raise _Malformed from error
    if not 1 <= len(nonce) <= MAX_NONCE:
        raise _Malformed
    return asked, nonce


def _authority(hierarchy: Hierarchy, asked: ocsp.OCSPRequest) -> Authority | None:
    """The authority that a request names by the digests of its name and key, when it has a responder."""
    for authority in hierarchy:
        if authority.short in hierarchy.responders and (
            _digest(asked.hash_algorithm, authority.name.public_bytes()) == asked.issuer_name_hash
            and _digest(asked.hash_algorithm, _key_bits(authority)) == asked.issuer_key_hash
        ):
            return authority
    return None


def _signed(
    hierarchy: Hierarchy, authority: Authority, asked: ocsp.OCSPRequest, nonce: bytes | None, now: datetime
) -> bytes:
    serial = asked.serial_number
    revocation = authority.revoked.get(serial)
    status = ocsp.OCSPCertStatus.UNKNOWN
    if revocation:
        status = ocsp.OCSPCertStatus.REVOKED
    elif serial in authority.issued:
        status = ocsp.OCSPCertStatus.GOOD
    responder = hierarchy.responders[authority.short]
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response_by_hash(
            asked.issuer_name_hash, asked.issuer_key_hash, serial, asked.hash_algorithm, status, now,
            now + ANSWER_LIFE, revocation.at if revocation else None, revocation.reason if revocation else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, responder)
        .certificates([responder])
    )  # fmt: skip
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.sign(hierarchy.responder_key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _error(status: ocsp.OCSPResponseStatus) -> bytes:
    unsigned = ocsp.OCSPResponseBuilder.build_unsuccessful(status)
    return unsigned.public_bytes(serialization.Encoding.DER)


def _digest(algorithm: hashes.HashAlgorithm, value: bytes) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(value)
    return digest.finalize()


def _key_bits(authority: Authority) -> bytes:
    """Value of the BIT STRING of the key, which the issuer key hash is made of (RFC 6960 §4.1.1)."""
    return authority.key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.PKCS1
    )
