"""Who is revoked, from lists and OCSP answers: what counts, what does not, and why unknown is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from ecluse.protocols.x509 import Certificate, read_certificate
from ecluse.protocols.x509.crl import Crl, read_crl
from ecluse.protocols.x509.ocsp import OcspAnswer, read_response, request
from ecluse.rules.certificates.options import PathOptions
from ecluse.rules.certificates.path import Path, validate
from ecluse.rules.certificates.revocation import Material, Status, refusal_among, statuses
from tests.pki_kit import TestPki, throw_away_keys

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
KIT = TestPki.make(now=NOW)
AUTHORITY = KIT.hierarchy.organisations


def read(one: x509.Certificate) -> Certificate:
    """The same certificate, read here."""
    return read_certificate(one.public_bytes(Encoding.DER))


HELD = KIT.auth_cli()
LEAF = read(HELD.certificate)
ISSUER = read(AUTHORITY.certificate)
ROOT = read(KIT.hierarchy.root.certificate)
ROOT_CRL = read_crl(KIT.crl(KIT.hierarchy.root))
CRL = read_crl(KIT.crl())
GONE = KIT.revoked()
GONE_CRL = read_crl(KIT.crl(at=NOW - timedelta(minutes=1)))


def path(leaf: Certificate = LEAF) -> Path:
    """The valid path of a leaf."""
    found = validate(leaf, [ISSUER], [ROOT], NOW)
    assert isinstance(found, Path)
    return found


def of_leaf(material: Material, leaf: Certificate = LEAF, at: datetime = NOW) -> Status:
    """The status of the leaf; that of its authority is good as soon as the root's list is there."""
    found = statuses(path(leaf), material, at)
    assert [one.certificate for one in found] == [leaf, ISSUER]
    return found[0]


def why(status: Status) -> str:
    """The check that says why it is not good."""
    return status.why.check if status.why else ""


def test_good_and_revoked() -> None:
    """A list without the certificate says good, one with it says when and why."""
    assert of_leaf(Material((CRL, ROOT_CRL))) == Status(LEAF, "good", "crl")
    gone = of_leaf(Material((GONE_CRL, ROOT_CRL)), read(GONE.certificate))
    assert (gone.state, gone.source, gone.at) == ("revoked", "crl", NOW - timedelta(hours=1))
    assert gone.why is not None
    assert "01/03/2026 à 09:00 UTC (motif\u00a0: non précisé)" in gone.why.text_fr
    assert "2026-03-01 09:00 UTC (reason: not given)" in gone.why.text_en


def test_nothing_at_hand() -> None:
    """Unknown for each certificate; hard-fail refuses, soft-fail does not."""
    found = statuses(path(), Material(), NOW)
    assert [why(one) for one in found] == ["revocation_no_list"] * 2
    assert refusal_among(found, hard_fail=False) is None
    refusal = refusal_among(found, hard_fail=True)
    assert refusal is not None
    assert refusal.certificate == LEAF


def test_a_revocation_goes_before_what_is_unknown() -> None:
    """Even of an authority, and even with soft-fail."""
    revoked = read(GONE.certificate)
    found = statuses(path(revoked), Material((GONE_CRL,)), NOW)
    assert [one.state for one in found] == ["revoked", "unknown"]
    for hard_fail in (True, False):
        refusal = refusal_among(reversed(found), hard_fail)
        assert refusal is not None
        assert (refusal.check, refusal.certificate) == ("revoked", revoked)


@pytest.mark.parametrize(
    ("shift", "expected"), [(timedelta(0), "good"), (timedelta(6), "good"), (timedelta(6, 1), "unknown")]
)
def test_a_list_counts_until_its_next_update(shift: timedelta, expected: str) -> None:
    """Its end included, and not a second more."""
    status = of_leaf(Material((CRL,)), at=CRL.this_update + shift)
    assert status.state == expected
    assert why(status) == ("revocation_stale" if expected == "unknown" else "")


def test_a_list_of_the_future_does_not_count() -> None:
    """At a past instant, the list of today says nothing, not even a revocation; a clock late by minutes is forgiven."""
    revoked = read(GONE.certificate)
    early = GONE_CRL.this_update - timedelta(minutes=6)
    assert why(of_leaf(Material((CRL,)), at=CRL.this_update - timedelta(minutes=6))) == "revocation_stale"
    assert why(of_leaf(Material((GONE_CRL,)), revoked, early)) == "revocation_stale"
    assert of_leaf(Material((CRL,)), at=CRL.this_update - timedelta(minutes=4)).state == "good"


def test_a_stale_list_still_tells_who_is_revoked() -> None:
    """Only "good" needs a fresh list: nobody brings a certificate back by holding the next list back."""
    late = GONE_CRL.this_update + timedelta(days=7)
    revoked = read(GONE.certificate)
    assert of_leaf(Material((GONE_CRL,)), revoked, late).state == "revoked"
    assert why(of_leaf(Material((GONE_CRL,)), at=late)) == "revocation_stale"
    forged = replace(GONE_CRL, signature=GONE_CRL.signature[::-1])
    assert of_leaf(Material((forged,)), revoked, late).state == "unknown"


def test_a_stale_hold_is_not_known_any_more() -> None:
    """A suspension may have been lifted since, by the list that is missing; a final entry may not, even of a delta."""
    late = NOW + timedelta(days=2)
    on_hold, over = entry(x509.ReasonFlags.certificate_hold), entry(x509.ReasonFlags.key_compromise)
    assert of_leaf(Material((made_list(7, on_hold),))).state == "revoked"
    assert why(of_leaf(Material((made_list(7, on_hold),)), at=late)) == "revocation_stale"
    assert of_leaf(Material((made_list(7, over),)), at=late).reason == "keyCompromise"
    empty = made_list(7)
    assert of_leaf(Material((empty, made_list(9, over, base=7))), at=late).state == "revoked"
    assert of_leaf(Material((empty, made_list(9, on_hold, base=7))), at=late).state == "unknown"


def test_the_newest_list_counts() -> None:
    """An older one still in force, without the certificate, does not bring it back."""
    older = read_crl(KIT.crl(at=NOW - timedelta(days=2)))
    older = replace(older, entries=CRL.entries)
    revoked = read(GONE.certificate)
    for crls in ((older, GONE_CRL), (GONE_CRL, older)):
        assert of_leaf(Material(crls), revoked).state == "revoked"


def test_a_forged_list_does_not_count() -> None:
    """Neither does one signed by an authority of the same PKI that is not the issuer."""
    forged = replace(CRL, signature=CRL.signature[::-1])
    assert why(of_leaf(Material((forged,)))) == "revocation_signature"
    other = read_crl(KIT.crl(KIT.hierarchy.persons))
    assert why(of_leaf(Material((replace(other, issuer=CRL.issuer),)))) == "revocation_signature"
    assert why(of_leaf(Material((other,)))) == "revocation_no_list"


def test_a_weak_list_does_not_count() -> None:
    """Its digest must be one of those accepted for certificates."""
    path_of_leaf = path()
    found = statuses(path_of_leaf, Material((CRL,)), NOW, PathOptions(digests=frozenset({"sha512"})))
    assert why(found[0]) == "revocation_signature"


def test_a_delta_completes_a_list() -> None:
    """What it adds is revoked, what it removes is good again; one of another base says nothing."""
    held, lifted = entry(x509.ReasonFlags.certificate_hold), entry(x509.ReasonFlags.remove_from_crl)
    empty, full = made_list(7), made_list(7, held)
    assert of_leaf(Material((empty,))).state == "good"
    assert of_leaf(Material((empty, made_list(9, held, base=7)))).reason == "certificateHold"
    assert of_leaf(Material((full, made_list(9, lifted, base=7)))).state == "good"
    assert of_leaf(Material((full, made_list(9, lifted, base=8)))).state == "revoked"
    assert why(of_leaf(Material((made_list(9, held, base=7),)))) == "revocation_no_list"


def entry(reason: x509.ReasonFlags) -> x509.RevokedCertificate:
    """The entry of the leaf in a list."""
    builder = x509.RevokedCertificateBuilder(LEAF.serial, NOW - timedelta(hours=2))
    return builder.add_extension(x509.CRLReason(reason), critical=False).build()


def made_list(number: int, *entries: x509.RevokedCertificate, base: int | None = None) -> Crl:
    """A list of the authority, or a delta."""
    builder = x509.CertificateRevocationListBuilder(AUTHORITY.certificate.subject, NOW, NOW + timedelta(1))
    builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    if base is not None:
        builder = builder.add_extension(x509.DeltaCRLIndicator(base), critical=True)
    for one in entries:
        builder = builder.add_revoked_certificate(one)
    return read_crl(builder.sign(AUTHORITY.key, hashes.SHA256()).public_bytes(Encoding.DER))


def answered(
    status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
    key: rsa.RSAPrivateKey = AUTHORITY.key,
    responder: x509.Certificate = AUTHORITY.certificate,
    at: datetime = NOW,
    lasts: timedelta | None = timedelta(hours=1),
    critical: bool | None = None,
) -> OcspAnswer:
    """An OCSP answer about the leaf, signed by a key under the name of a responder."""
    gone = NOW - timedelta(days=3) if status is ocsp.OCSPCertStatus.REVOKED else None
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            HELD.certificate,
            AUTHORITY.certificate,
            hashes.SHA256(),
            status,
            at,
            None if lasts is None else at + lasts,
            gone,
            x509.ReasonFlags.key_compromise if gone else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.NAME, responder)
        .certificates([responder])
    )
    if critical is not None:
        private = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
        builder = builder.add_extension(private, critical)
    content = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    return read_response(content, LEAF, ISSUER)


def told(answer: OcspAnswer, *crls: Crl, at: datetime = NOW) -> Status:
    """The status of the leaf with this answer at hand."""
    return of_leaf(Material(crls, {LEAF.fingerprint: answer}), at=at)


def delegated(
    purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.OCSP_SIGNING,
    issuer: TestPki = KIT,
    days: int = 9,
    more: Sequence[x509.ExtensionType] = (),
) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    """A responder's certificate issued by the authority of this PKI, and its key."""
    key = throw_away_keys()[2048][3]
    authority = issuer.hierarchy.organisations
    name = x509.Name.from_rfc4514_string("CN=Responder,C=FR")
    begin = NOW - timedelta(days=5)
    builder = x509.CertificateBuilder(
        authority.certificate.subject, name, key.public_key(), 77, begin, begin + timedelta(days=days)
    )
    for one in (x509.ExtendedKeyUsage([purpose]), *more):
        builder = builder.add_extension(one, critical=False)
    return builder.sign(authority.key, hashes.SHA256()), key


def test_the_responder_of_the_test_pki() -> None:
    """A delegated responder, as the IGC-Santé has; its answer is enough."""
    answer = read_response(KIT.ocsp(request(LEAF, ISSUER)), LEAF, ISSUER)
    assert told(answer) == Status(LEAF, "good", "ocsp")


def test_an_answer_of_the_issuer_itself() -> None:
    """Good, revoked with its date and reason, or unknown to it."""
    assert told(answered()).state == "good"
    gone = told(answered(ocsp.OCSPCertStatus.REVOKED))
    assert (gone.state, gone.source, gone.reason, gone.at) == (
        "revoked",
        "ocsp",
        "keyCompromise",
        NOW - timedelta(days=3),
    )
    assert why(told(answered(ocsp.OCSPCertStatus.UNKNOWN))) == "revocation_responder_unknown"


def test_lists_and_answers_together() -> None:
    """A revocation told by one counts whatever the other says; what one does not know the other may."""
    assert told(answered(ocsp.OCSPCertStatus.REVOKED), CRL).source == "ocsp"
    assert told(answered(ocsp.OCSPCertStatus.UNKNOWN), CRL).source == "crl"
    entry = x509.RevokedCertificateBuilder(LEAF.serial, NOW).build()
    assert told(answered(), made_list(1, entry)) == of_leaf(Material((made_list(1, entry),)))


def test_who_may_answer() -> None:
    """Only the issuer, or whom the issuer itself delegated for that, within dates, with the right key."""
    responder, key = delegated()
    assert told(answered(key=key, responder=responder)).state == "good"
    intruders = {
        "no purpose": delegated(ExtendedKeyUsageOID.CLIENT_AUTH),
        "expired": delegated(days=2),
        "other PKI": delegated(issuer=TestPki.make(seed=2, now=NOW)),
        "a leaf": (HELD.certificate, HELD.key),
    }
    refused = {name: why(told(answered(key=k, responder=one))) for name, (one, k) in intruders.items()}
    assert refused == dict.fromkeys(intruders, "revocation_signature")
    forged = answered(key=key, responder=responder)
    assert why(told(replace(forged, signature=forged.signature[::-1]))) == "revocation_signature"


@pytest.mark.parametrize(("critical", "expected"), [(False, ""), (True, "revocation_not_understood")])
def test_a_private_extension_of_an_answer(critical: bool, expected: str) -> None:
    """A critical one may change what the answer means (RFC 6960 §4.4)."""
    assert why(told(answered(critical=critical))) == expected


@pytest.mark.parametrize(("never_looked", "expected"), [(False, "good"), (True, "revoked")])
def test_a_revoked_responder(never_looked: bool, expected: str) -> None:
    """What it says no longer counts, unless its issuer said not to look (id-pkix-ocsp-nocheck)."""
    responder, key = delegated(more=[x509.OCSPNoCheck()] if never_looked else [])
    entry = x509.RevokedCertificateBuilder(responder.serial_number, NOW).build()
    answer = answered(ocsp.OCSPCertStatus.REVOKED, key=key, responder=responder)
    assert told(answer, made_list(1)).state == "revoked"
    assert told(answer, made_list(1, entry)).state == expected


@pytest.mark.parametrize(
    ("shift", "lasts", "expected"),
    [
        (timedelta(minutes=-59), timedelta(hours=1), ""),
        (timedelta(minutes=-61), timedelta(hours=1), "revocation_stale"),
        (timedelta(minutes=4), timedelta(hours=1), ""),
        (timedelta(minutes=6), timedelta(hours=1), "revocation_stale"),
        (timedelta(hours=-23), None, ""),
        (timedelta(hours=-25), None, "revocation_stale"),
        (timedelta(hours=-23), timedelta(days=30), ""),
        (timedelta(hours=-25), timedelta(days=30), "revocation_stale"),
    ],
)
def test_how_long_an_answer_counts(shift: timedelta, lasts: timedelta | None, expected: str) -> None:
    """Until its next update, and one day at most: it may be replayed. A clock slightly ahead is believed."""
    assert why(told(answered(at=NOW + shift, lasts=lasts))) == expected


def test_a_stale_answer_still_tells_a_revocation() -> None:
    """As a stale list does; one of the future tells nothing."""
    revoked = ocsp.OCSPCertStatus.REVOKED
    assert told(answered(revoked, at=NOW - timedelta(days=2))).state == "revoked"
    assert told(answered(revoked, at=NOW + timedelta(minutes=6))).state == "unknown"
