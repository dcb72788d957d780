"""Revocation lists written by cryptography are read as they are, and looked into without being unfolded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.x509 import Unreadable, der, read_certificate
from ecluse.protocols.x509.crl import LARGEST, Scope, read_crl
from ecluse.protocols.x509.signature import signed_by
from tests.pki_kit import TestPki

NOW = datetime(2026, 3, 1, 22, 0, 9, tzinfo=UTC)
KIT = TestPki.make(now=NOW)
AUTHORITY = KIT.hierarchy.organisations
ISSUER = read_certificate(AUTHORITY.certificate.public_bytes(Encoding.DER))
DNS = x509.DNSName("crl.example.org")


def made(
    revoked: list[x509.RevokedCertificate], *extensions: tuple[x509.ExtensionType, bool]
) -> x509.CertificateRevocationList:
    """A list of the test authority."""
    builder = x509.CertificateRevocationListBuilder(AUTHORITY.certificate.subject, NOW, NOW + timedelta(6))
    for one in revoked:
        builder = builder.add_revoked_certificate(one)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return builder.sign(AUTHORITY.key, hashes.SHA256())


def revoked(serial: int, *extensions: x509.ExtensionType, at: datetime = NOW) -> x509.RevokedCertificate:
    """An entry."""
    builder = x509.RevokedCertificateBuilder(serial, at)
    for extension in extensions:
        builder = builder.add_extension(extension, isinstance(extension, x509.CertificateIssuer))
    return builder.build()


def test_a_list_says_everything() -> None:
    """Dates, number, entries with and without a reason, and who signed it."""
    other = made(
        [revoked(7), revoked(2**127, x509.CRLReason(x509.ReasonFlags.key_compromise), at=NOW - timedelta(9))],
        (x509.CRLNumber(1287), False),
    )
    crl = read_crl(other.public_bytes(Encoding.DER))
    assert (crl.this_update, crl.next_update, crl.number) == (NOW, NOW + timedelta(6), 1287)
    assert (crl.is_delta, crl.scope, crl.unknown_critical) == (False, None, frozenset())
    assert [(one.serial, one.reason) for one in crl.entries] == [
        (7, "unspecified"),
        (2**127, "keyCompromise"),
    ]
    assert crl.entries.find(2**127)[0].date == NOW - timedelta(9)
    assert crl.tbs == other.tbs_certlist_bytes
    assert signed_by(crl, ISSUER)
    assert not signed_by(crl, read_certificate(KIT.hierarchy.root.certificate.public_bytes(Encoding.DER)))
    assert read_crl(other.public_bytes(Encoding.PEM)) == crl


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 2**159 - 1) | st.integers(1, 300), unique=True, max_size=40), st.integers(1, 300)
)
def test_serials_are_found_and_no_other(serials: list[int], absent: int) -> None:
    """Short ones too, whose bytes occur everywhere in a list."""
    crl = read_crl(made([revoked(one) for one in serials]).public_bytes(Encoding.DER))
    assert len(crl.entries) == len(serials)
    for one in serials:
        assert [entry.serial for entry in crl.entries.find(one)] == [one]
    if absent not in serials:
        assert crl.entries.find(absent) == ()


def test_a_serial_hidden_in_another_entry() -> None:
    """Bytes that look like an entry inside the extension of another are not one."""
    inside = der.write(der.SEQUENCE, der.write_integer(99) + der.write(der.UTC_TIME, b"260101000000Z"))
    holder = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), inside)
    crl = read_crl(made([revoked(7, holder), revoked(8)]).public_bytes(Encoding.DER))
    assert inside in crl.der
    assert crl.entries.find(99) == ()
    assert len(crl.entries.find(8)) == 1


def test_a_large_list() -> None:
    """50 000 entries: each is found."""
    serials = [number * 7919 + 2**100 for number in range(50_000)]
    time = der.write(der.UTC_TIME, b"260101000000Z")
    entries = b"".join(der.write(der.SEQUENCE, der.write_integer(one) + time) for one in serials)
    crl = read_crl(replaced_entries(made([revoked(1)]).public_bytes(Encoding.DER), entries))
    assert len(crl.entries) == 50_000
    assert [crl.entries.find(one)[0].serial for one in serials[::10_000]] == serials[::10_000]
    assert crl.entries.find(2**100 + 1) == ()


def replaced_entries(content: bytes, entries: bytes) -> bytes:
    """The list with other entries; its signature no longer holds."""
    tbs, algorithm, signature = der.items(der.only(content))
    parts = [
        der.write(der.SEQUENCE, entries) if at == 5 else one.der for at, one in enumerate(der.items(tbs))
    ]
    return der.write(der.SEQUENCE, der.write(der.SEQUENCE, b"".join(parts)) + algorithm.der + signature.der)


def test_scope_delta_and_indirect_entries() -> None:
    """What limits a list, what it completes, and whose certificates it holds."""
    other = x509.Name.from_rfc4514_string("CN=Other,C=FR")
    point = x509.IssuingDistributionPoint([DNS], None, False, True, None, True, False)
    crl = read_crl(
        made(
            [revoked(7), revoked(7, x509.CertificateIssuer([x509.DirectoryName(other)])), revoked(9)],
            (x509.CRLNumber(5), False),
            (x509.DeltaCRLIndicator(4), True),
            (point, True),
        ).public_bytes(Encoding.DER)
    )
    assert (crl.number, crl.delta_base, crl.is_delta) == (5, 4, True)
    assert isinstance(crl.scope, Scope)
    assert (crl.scope.only_authorities, crl.scope.indirect, crl.scope.reasons) == (True, True, None)
    assert [name.text for name in crl.scope.full_name] == ["crl.example.org"]
    first, second = crl.entries.find(7)
    assert (first.issuer, [one.text for one in second.issuer]) == ((), ["CN=Other,C=FR"])
    assert crl.entries.find(9)[0].issuer == second.issuer


def test_a_critical_extension_nobody_knows() -> None:
    """Of the list or of an entry: the list says it, so that nobody relies on it (RFC 5280 §5.2, §5.3)."""
    private = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
    critical = x509.RevokedCertificateBuilder(8, NOW).add_extension(private, critical=True).build()
    for one in (made([], (private, True)), made([revoked(7), critical])):
        assert read_crl(one.public_bytes(Encoding.DER)).unknown_critical == {"1.2.3.4"}
    assert not read_crl(made([], (private, False)).public_bytes(Encoding.DER)).unknown_critical


def test_what_is_no_list() -> None:
    """A certificate, a list that is too large, an entry whose serial number is padded."""
    good = made([revoked(7)]).public_bytes(Encoding.DER)
    padded = der.write(
        der.SEQUENCE, der.write(der.INTEGER, b"\x00\x07") + der.write(der.UTC_TIME, b"260101000000Z")
    )
    for content in (KIT.auth_cli().der, b"0" * (LARGEST + 1), replaced_entries(good, padded)):
        with pytest.raises(Unreadable):
            read_crl(content)
