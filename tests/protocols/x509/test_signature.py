"""Every signature algorithm verified here verifies what cryptography signed, and refuses everything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding
from cryptography.hazmat.primitives.serialization import Encoding

from ecluse.protocols.x509 import Certificate, read_certificate
from ecluse.protocols.x509.public_key import Algorithm
from ecluse.protocols.x509.signature import Scheme, scheme, signed_by
from tests.pki_kit import throw_away_keys

NAME = x509.Name.from_rfc4514_string("CN=a,C=FR")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
RSA = throw_away_keys()[2048][0]
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
CURVES = (ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1())


def signed(key: Any, digest: hashes.HashAlgorithm | None, **how: Any) -> Certificate:
    """A certificate signed by its own key."""
    builder = x509.CertificateBuilder(NAME, NAME, key.public_key(), 1, NOW, NOW + timedelta(1))
    return read_certificate(builder.sign(key, digest, **how).public_bytes(Encoding.DER))


CASES: dict[str, tuple[Any, hashes.HashAlgorithm | None, dict[str, Any], Scheme, int]] = {
    "rsa": (RSA, hashes.SHA256(), {}, Scheme("rsa", "sha256"), 2048),
    "rsa-512": (RSA, hashes.SHA512(), {}, Scheme("rsa", "sha512"), 2048),
    "pss": (RSA, hashes.SHA256(), {"rsa_padding": PSS}, Scheme("rsa", "sha256", "sha256", 32), 2048),
    "p256": (ec.generate_private_key(CURVES[0]), hashes.SHA256(), {}, Scheme("ec", "sha256"), 256),
    "p384": (ec.generate_private_key(CURVES[1]), hashes.SHA384(), {}, Scheme("ec", "sha384"), 384),
    "p521": (ec.generate_private_key(CURVES[2]), hashes.SHA512(), {}, Scheme("ec", "sha512"), 521),
    "ed25519": (ed25519.Ed25519PrivateKey.generate(), None, {}, Scheme("ed25519", "sha512"), 256),
    "ed448": (ed448.Ed448PrivateKey.generate(), None, {}, Scheme("ed448", "shake256"), 448),
}


@pytest.mark.parametrize("name", CASES)
def test_algorithm(name: str) -> None:
    """The algorithm is understood, its own key verifies it, a changed signature and another key do not."""
    key, digest, how, expected, bits = CASES[name]
    one = signed(key, digest, **how)
    assert scheme(one.algorithm) == expected
    assert one.public_key.bits == bits
    assert signed_by(one, one)
    flipped = one.signature[:-1] + bytes([one.signature[-1] ^ 1])
    assert not signed_by(changed(one, signature=flipped), one)
    assert not signed_by(changed(one, signature=b""), one)
    other = signed(throw_away_keys()[2048][1] if name != "rsa" else CASES["p256"][0], hashes.SHA256())
    assert not signed_by(one, other)


def changed(one: Certificate, **fields: Any) -> Any:
    """The certificate with other fields."""
    return replace(one, **fields)


def test_dsa_is_verified_when_a_verifier_accepts_it() -> None:
    """The NIST suite holds some; nothing accepts it by default."""
    private = dsa.generate_private_key(1024)
    one = signed(private, hashes.SHA256())
    assert (one.public_key.kind, scheme(one.algorithm)) == ("dsa", Scheme("dsa", "sha256"))
    assert signed_by(one, one)


@pytest.mark.parametrize(
    "algorithm",
    [
        Algorithm("1.2.3.4", b""),
        Algorithm("1.2.840.113549.1.1.10", b""),
        Algorithm("1.2.840.113549.1.1.10", bytes.fromhex("3003a20100")),
        Algorithm("1.2.840.113549.1.1.10", bytes.fromhex("3006a20402027fff")),
    ],
    ids=["unknown", "pss-without-parameters", "pss-broken", "pss-salt"],
)
def test_algorithms_that_are_not_understood(algorithm: Algorithm) -> None:
    """They verify nothing, and nothing is raised."""
    one = signed(RSA, hashes.SHA256())
    assert scheme(algorithm) is None
    assert not signed_by(changed(one, algorithm=algorithm), one)
