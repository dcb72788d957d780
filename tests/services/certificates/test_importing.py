"""A certificate comes in with its key, is judged, serves; or nothing of it is kept."""

from __future__ import annotations

import logging

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from ecluse.protocols.x509.bundle_words import WrongPassword
from ecluse.services.certificates import crls, keys, signer
from ecluse.services.certificates.importing import CertificateFile
from ecluse.services.certificates.keys import KeyUnusable
from ecluse.services.certificates.requesting import Wanted, new_request
from ecluse.simulators.pki import profiles
from ecluse.simulators.pki.issued import pem
from ecluse.store.models.certificates import (
    CertificateRequest,
    CertificateSlot,
    HeldCertificate,
    PrivateKey,
)
from tests.services.certificates.house import House
from tests.services.feeding import assert_sound, rows


def test_a_file_of_the_platform_is_kept_and_its_key_signs(house: House) -> None:
    held = house.pki.sign()
    house.publish()
    done = house.give(held, "dmp_sign")
    assert done.kept, [one for one in done.verdict.failed if one.blocking]
    assert done.placed == "current"
    row = HeldCertificate.objects.get()
    assert (row.family, row.environment, row.structure) == ("ORG SIGN", "test", "1990000028")
    used = signer.signer(1, "dmp_sign", house.gate.now)
    signature = used.sign(b"token")
    held.key.public_key().verify(signature, b"token", padding.PKCS1v15(), hashes.SHA256())
    assert used.certificate.der == held.der
    assert [one.der == held.der for one in signer.chain(1, "dmp_sign", house.gate.now)] == [True, False]
    assert_sound()


def test_the_key_is_nowhere_in_clear(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    held = house.pki.auth_cli()
    assert house.give(held).kept
    signer.signer(1, "dmp_tls", house.gate.now).sign(b"x")
    numbers = held.key.private_numbers()
    secrets = [held.key_der, held.key_pem.splitlines()[3]]
    secrets += [one.to_bytes((one.bit_length() + 7) // 8, "big") for one in (numbers.p, numbers.q, numbers.d)]
    places = [house.store.data, house.store.secrets]
    written = b"".join(one.read_bytes() for place in places for one in place.rglob("*") if one.is_file())
    logged = caplog.text.encode() + repr(rows("SELECT details FROM store_journalentry")).encode()
    if house.store.vendor == "postgresql":
        written += repr(rows("SELECT sealed, wrapped FROM store_privatekey")).encode()
    for secret in secrets:
        assert secret not in written
        assert secret not in logged and secret.hex().encode() not in logged
    assert bytes(PrivateKey.objects.get().sealed or b"") not in logged, "not even sealed"


@pytest.mark.parametrize(
    ("made", "use", "check"),
    [
        ("sign", "dmp_tls", "family"),
        ("expired", "dmp_tls", "issuer"),
        ("unknown_authority", "dmp_tls", "issuer"),
        ("revoked", "roc_directory", "revocation"),
    ],
)
def test_a_refused_certificate_leaves_one_line_of_the_journal_and_nothing_else(
    house: House, made: str, use: str, check: str
) -> None:
    assert house.give(house.pki.auth_cli(), "roc_directory").kept
    before = HeldCertificate.objects.count(), PrivateKey.objects.count(), CertificateSlot.objects.count()
    refused = getattr(house.pki, made)()
    house.publish()
    house.refresh()
    done = house.give(refused, use)
    assert not done.kept and check in [one.name for one in done.verdict.failed if one.blocking]
    after = HeldCertificate.objects.count(), PrivateKey.objects.count(), CertificateSlot.objects.count()
    assert after == before
    last = bytes(rows("SELECT details FROM store_journalentry ORDER BY seq DESC LIMIT 1")[0][0])
    assert b"certificate.refuse" in last and check.encode() in last


def test_a_signature_whose_revocation_cannot_be_known_is_refused_and_tls_is_told(house: House) -> None:
    signs = house.give(house.pki.sign(), "dmp_sign")
    assert [(one.name, one.blocking) for one in signs.verdict.failed if one.blocking] == [
        ("revocation", True)
    ]
    assert house.give(house.pki.auth_cli()).kept


def test_the_lists_that_an_import_fetched_are_kept_with_the_certificate(house: House) -> None:
    """Its page says at once what its import said; nothing of a refused one is kept."""
    house.publish()
    assert not house.give(house.pki.sign(), "dmp_tls").kept
    assert crls.kept() == ()
    assert house.give(house.pki.auth_cli()).kept
    assert {one.der for one in crls.kept()} == set(house.lists.values())
    assert house.refresh() == ["same"] * len(crls.kept())


def test_a_wrong_password_says_one_thing_and_is_told(house: House) -> None:
    held = house.pki.auth_cli()
    with pytest.raises(WrongPassword):
        house.file(CertificateFile(held.p12("right"), "wrong"))
    assert not PrivateKey.objects.exists()
    assert rows("SELECT event FROM store_journalentry ORDER BY seq DESC LIMIT 1") == [("refuse",)]


def test_a_request_waits_for_its_certificate_and_the_key_never_left(house: House) -> None:
    asked = new_request(house.settings, house.ask, Wanted(1, "insi"), house.gate.now, by="cli:claire")
    assert asked.done, asked.text_en
    csr = x509.load_pem_x509_csr(asked.content.encode())
    assert csr.is_signature_valid
    assert asked.subject == "CN=INSI-AUTO,OU=1990000028,O=CENTRE HOSPITALIER DE VALMONT,C=FR"
    structure, begin = house.pki.hierarchy.structure, house.pki.begin
    profile = profiles.organisation(profiles.AUTH_CLI, structure, "INSI-AUTO", begin)
    answer = house.pki.hierarchy.organisations.issue(profile, csr.public_key(), "INSI-AUTO")  # type: ignore
    done = house.file(CertificateFile(pem([answer])), "insi")
    assert (done.kept, done.request, done.placed) == (True, asked.id, "current"), done.verdict.failed
    assert CertificateRequest.objects.get().state == "answered"
    signature = signer.signer(1, "insi", house.gate.now).sign(b"x")
    csr.public_key().verify(signature, b"x", padding.PKCS1v15(), hashes.SHA256())  # type: ignore


def test_a_certificate_that_is_here_already_says_whether_it_may_serve(house: House) -> None:
    held = house.pki.auth_cli()
    assert house.give(held).kept
    again = house.give(held)
    assert not again.kept and "ecluse pki place" in again.text_fr
    told = {"fingerprint": held.fingerprint, "reason": "loss", "at": None}
    assert house.ask("certificate.revoke", told).done
    refused = house.give(held)
    (failed,) = [one for one in refused.verdict.failed if one.blocking]
    assert not refused.kept and failed.name == "revocation"
    assert "révocation de ce certificat est enregistrée ici" in failed.text_fr


def test_rotation_is_followed_at_once_and_can_be_undone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signer, "LOOK_SECONDS", 0.0)
    first, second = house.pki.auth_cli(), house.pki.auth_cli()
    assert house.give(first).placed == "current"
    assert house.give(second).placed == "next"
    assert signer.signer(1, "dmp_tls", house.gate.now).certificate.der == first.der
    slot = {"establishment": 1, "use": "dmp_tls"}
    assert house.ask("certificate.rotate", slot).done
    assert signer.signer(1, "dmp_tls", house.gate.now).certificate.der == second.der
    assert house.ask("certificate.rotate-back", slot).done
    assert signer.signer(1, "dmp_tls", house.gate.now).certificate.der == first.der
    assert house.ask("certificate.rotate", slot).done
    assert not house.ask("certificate.rotate", slot).done, "nothing waits"


def test_a_revocation_takes_it_from_its_slots_and_the_next_one_serves(house: House) -> None:
    first, second = house.pki.auth_cli(), house.pki.auth_cli()
    house.give(first)
    house.give(second)
    house.give(house.pki.auth_cli(), "roc_directory")
    told = {"reason": "compromise", "note": "clé vue", "at": None, "source": "operator"}
    done = house.ask("certificate.revoke", {"fingerprint": first.fingerprint, **told})
    assert done.done and done.data == {"stopped": []}, "the next one took its place"
    slot = CertificateSlot.objects.get(use="dmp_tls")
    assert (slot.current_id, slot.next_id) == (second.fingerprint, None)
    done = house.ask("certificate.revoke", {"fingerprint": second.fingerprint, **told})
    assert done.data == {"stopped": ["dmp_tls"]}
    with pytest.raises(KeyUnusable):
        signer.forget()
        signer.signer(1, "dmp_tls", house.gate.now)


def test_a_certificate_put_away_loses_its_key(house: House) -> None:
    held = house.pki.auth_cli()
    house.give(held)
    assert not house.ask("certificate.retire", {"fingerprint": held.fingerprint}).done, "it serves"
    house.ask("certificate.empty", {"establishment": 1, "use": "dmp_tls", "place": "current"})
    assert house.ask("certificate.retire", {"fingerprint": held.fingerprint}).done
    assert [(row.sealed, row.wrapped) for row in PrivateKey.objects.all()] == [(None, None)]


def test_a_key_that_no_act_wanted_is_destroyed_after_an_hour(house: House) -> None:
    held = house.pki.auth_cli()
    now = house.gate.now
    keys.keep_key(house.settings.secrets, held.key_der, origin="imported", by="x", now=now, bits=2048)
    assert keys.forget_unused(now + 60_000_000) == 0
    assert keys.forget_unused(now + 3601_000_000) == 1
    assert PrivateKey.objects.get().sealed is None


def test_a_certificate_judged_for_one_use_is_placed_only_where_it_suits(house: House) -> None:
    held, other = house.pki.auth_cli(), house.pki.auth_cli("INSI-AUTO")
    assert house.give(held).kept and house.give(other, "insi").kept
    place = {"establishment": 1, "place": "next"}
    for use, one in (("dmp_sign", held), ("insi", held), ("roc_directory", other), ("no_use", held)):
        assert not house.ask("certificate.place", {**place, "use": use, "fingerprint": one.fingerprint}).done
    asked = {**place, "use": "roc_directory", "fingerprint": held.fingerprint}
    assert house.ask("certificate.place", asked).done


def test_a_hostile_name_is_refused_or_kept_but_breaks_nothing(house: House) -> None:
    for name in ("a" * 64, 'x;y,=+<>#\\"', "’é ü", "<script>alert(1)</script>"):
        done = house.give(house.pki.auth_cli(name), "dmp_tls", place="next")
        assert done.kept, done.text_en
    assert_sound()


def test_a_request_given_up_loses_its_key_and_its_certificate_comes_too_late(house: House) -> None:
    asked = new_request(house.settings, house.ask, Wanted(1, "insi"), house.gate.now, by="cli:claire")
    assert house.ask("certificate.drop-request", {"request": asked.id}).done
    assert not house.ask("certificate.drop-request", {"request": asked.id}).done
    assert PrivateKey.objects.get().sealed is None
    csr = x509.load_pem_x509_csr(asked.content.encode())
    profile = profiles.organisation(
        profiles.AUTH_CLI, house.pki.hierarchy.structure, "INSI-AUTO", house.pki.begin
    )
    answer = house.pki.hierarchy.organisations.issue(profile, csr.public_key(), "INSI-AUTO")  # type: ignore
    done = house.file(CertificateFile(pem([answer])), "insi")
    assert not done.kept and "key" in [one.name for one in done.verdict.failed if one.blocking]
