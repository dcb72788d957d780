"""Certificats: a file is judged and shown check by check, slots turn and turn back, nobody sees another's house."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.delivery.console.acted import acting
from tests.delivery.console.conftest import Gateway, SignedIn
from tests.delivery.console.people import PASSWORD
from tests.pki_kit import TestPki

if TYPE_CHECKING:
    from ecluse.simulators.pki.issued import Issued

SECRET = "une phrase de passe à taire"


@pytest.fixture
def pki(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestPki]:
    """Valmont (1) and a clinic (2); the authorities of the test PKI are trusted, what they publish is not reached."""
    from ecluse.protocols.x509.certificate import read_certificates
    from ecluse.services.certificates import crls, settings, signer
    from ecluse.services.certificates.trust import import_authorities
    from ecluse.simulators.pki.issued import pem
    from ecluse.transports.crl_fetch import NotFetched

    gate = acting(monkeypatch)
    kit = TestPki.make(now=datetime.now(UTC))
    gate.now = int(kit.now.timestamp()) * 1_000_000
    before = settings.current()
    settings.use(settings.CertificateSettings(data=gateway.store.data, secrets=gateway.store.secrets))
    signer.forget()

    def unreachable(address: str, *_: Any, **__: Any) -> bytes:
        raise NotFetched("unreachable", "")

    monkeypatch.setattr(crls, "fetch", unreachable)
    finess = kit.hierarchy.structure.identifier[1:]
    assert gate.act("establishment.add", name="CH DE VALMONT", finess=finess).done
    assert gate.act("establishment.add", name="CLINIQUE").done
    for one in (kit.hierarchy.root, kit.hierarchy.organisations):
        content = pem([one.certificate])
        typed = read_certificates(content)[0].fingerprint
        told = import_authorities(
            lambda name, given: gate.act(name, **given), "igc-sante-test", content, typed
        )
        assert all(each.done for each in told)
    yield kit
    settings.use(before)


@pytest.fixture
def admin(pki: TestPki, signed_in: SignedIn) -> Client:
    return fresh(signed_in("administration"))


def fresh(visitor: Client) -> Client:
    """Somebody who just proved again who she is."""
    assert visitor.post("/compte/confirmer/", {"password": PASSWORD}).status_code == 302
    return visitor


def text(answer: Any) -> str:
    plain = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", html.unescape(plain))


def give(visitor: Client, held: Issued, use: str = "dmp_tls", *, password: str = SECRET, **more: Any) -> Any:
    """Import a PKCS#12 file, sealed by SECRET."""
    file = SimpleUploadedFile("certificat.p12", held.p12(SECRET))
    told = {"establishment": "1", "use": use, "place": "auto", "password": password, "file": file, **more}
    return visitor.post("/certificats/importer/", told)


def printed(held: Issued) -> str:
    from ecluse.protocols.x509.certificate import read_certificate

    return read_certificate(held.der).fingerprint


def test_without_certificates_the_page_says_what_to_do(admin: Client) -> None:
    shown = text(admin.get("/certificats/"))
    assert "Aucun certificat" in shown and "Importer un certificat" in shown and "ecluse " in shown


def test_a_file_is_imported_and_its_page_tells_what_it_says(admin: Client, pki: TestPki) -> None:
    held = pki.auth_cli()
    answer = give(admin, held)
    assert answer.status_code == 302 and answer["Location"] == f"/certificats/{printed(held)}/"
    page = admin.get(answer["Location"])
    shown = text(page)
    assert "Certificat gardé" in shown and "1990000028" in shown and "DMP, liaison TLS" in shown
    assert "CN=" in shown and "Clé ici, scellée" in shown
    listed = text(admin.get("/certificats/"))
    assert "Client_ROC_Annuaire_AMC" in listed and "S’il expire" in listed
    assert admin.get(f"/certificats/{printed(held)}/telecharger/").content.startswith(b"-----BEGIN CERT")
    assert b"PRIVATE" not in admin.get(f"/certificats/{printed(held)}/telecharger/").content


def test_a_refused_file_is_told_check_by_check_and_leaves_nothing(admin: Client, pki: TestPki) -> None:
    from ecluse.store.models.certificates import HeldCertificate, PrivateKey

    answer = give(admin, pki.sign(), "dmp_tls")
    assert answer.status_code == 422
    shown = text(answer)
    assert "Refusé : rien n’a été gardé" in shown.replace("\xa0", " ")
    assert "Que faire ?" in shown.replace("\xa0", " ")
    assert not HeldCertificate.objects.exists() and not PrivateKey.objects.exists()


def test_a_file_may_be_looked_at_without_being_kept(admin: Client, pki: TestPki) -> None:
    from ecluse.store.models.certificates import HeldCertificate

    answer = give(admin, pki.auth_cli(), what="examine")
    assert answer.status_code == 200 and "Ce certificat convient" in text(answer)
    assert not HeldCertificate.objects.exists()


def test_a_wrong_password_is_said_and_never_written(
    admin: Client, pki: TestPki, caplog: pytest.LogCaptureFixture
) -> None:
    from tests.services.feeding import rows

    caplog.set_level(logging.DEBUG)
    answer = give(admin, pki.auth_cli(), password="pas-celui-là")
    assert answer.status_code == 422 and "mot de passe" in text(answer)
    assert give(admin, pki.auth_cli()).status_code == 302
    journal = repr(rows("SELECT details FROM store_journalentry"))
    for secret in ("pas-celui-là", SECRET):
        assert secret not in answer.content.decode() and secret not in caplog.text and secret not in journal


@pytest.mark.parametrize("content", [b"", b"rien d'un certificat", b"\x30\x82\xff\xff", b"x" * 200_000])
def test_what_is_no_certificate_is_refused_in_words(admin: Client, content: bytes) -> None:
    told = {"establishment": "1", "use": "dmp_tls", "place": "auto"}
    answer = admin.post("/certificats/importer/", {**told, "file": SimpleUploadedFile("x.p12", content)})
    assert answer.status_code == 422 and 'class="summary"' in answer.content.decode()


def test_a_slot_turns_and_turns_back(admin: Client, pki: TestPki) -> None:
    from ecluse.store.models.certificates import CertificateSlot

    first, second = pki.auth_cli(), pki.auth_cli()
    assert give(admin, first).status_code == give(admin, second).status_code == 302

    def slot() -> tuple[str, str, str]:
        row = CertificateSlot.objects.get(use="dmp_tls")
        return row.current_id or "", row.next_id or "", row.previous_id or ""

    one, two = printed(first), printed(second)
    assert slot() == (one, two, "")
    assert "Mettre le suivant en service" in text(admin.get("/certificats/emplacements/"))
    admin.post("/certificats/emplacements/1/dmp_tls/rotation/")
    assert slot() == (two, "", one)
    admin.post("/certificats/emplacements/1/dmp_tls/retour/")
    assert slot() == (one, two, "")
    admin.post("/certificats/emplacements/1/dmp_tls/retirer/", {"place": "next"})
    assert slot() == (one, "", "")
    admin.post("/certificats/emplacements/1/dmp_tls/placer/", {"place": "next", "fingerprint": two})
    assert slot() == (one, two, "")


def test_a_revocation_is_recorded_once_what_stops_was_read(admin: Client, pki: TestPki) -> None:
    from ecluse.store.models.certificates import CertificateRevocation

    held = pki.auth_cli()
    give(admin, held)
    address = f"/certificats/{printed(held)}/revoquer/"
    before = text(admin.get(address))
    assert "Plus aucune consultation ni alimentation du DMP" in before
    assert admin.post(address, {"reason": "theft"}).status_code == 422, "what stops was not read"
    assert admin.post(address, {"reason": "theft", "sure": "on", "on": "2999-01-01"}).status_code == 422
    assert admin.post(address, {"reason": "theft", "sure": "on", "note": "bureau forcé"}).status_code == 302
    row = CertificateRevocation.objects.get()
    assert (row.reason, row.note, row.source) == ("theft", "bureau forcé", "operator")
    assert "DMP, liaison TLS" in text(admin.get(f"/certificats/{printed(held)}/"))
    assert printed(held) not in admin.get("/certificats/").content.decode()
    assert printed(held) in admin.get("/certificats/?vue=tous").content.decode()


def test_a_request_proposes_the_name_and_is_answered(admin: Client, pki: TestPki) -> None:
    proposed = admin.get("/certificats/demandes/nouvelle/?etablissement=1&emploi=roc_directory")
    assert 'value="Client_ROC_Annuaire_AMC"' in proposed.content.decode()
    asked = {
        "establishment": "1", "use": "roc_directory", "service": "Client_ROC_Annuaire_AMC",
        "organisation": "CH DE VALMONT", "structure": "1990000028",
    }  # fmt: skip
    made = admin.post("/certificats/demandes/nouvelle/", asked)
    assert made.status_code == 302
    page = admin.get(made["Location"])
    assert "BEGIN CERTIFICATE REQUEST" in page.content.decode() and "PRIVATE" not in page.content.decode()
    csr = admin.get(made["Location"] + "telecharger/")
    assert csr.content.startswith(b"-----BEGIN CERTIFICATE REQUEST-----")
    assert "attachment" in csr["Content-Disposition"]
    admin.post(made["Location"] + "abandonner/")
    assert "Abandonnée" in text(admin.get(made["Location"]))


def test_authorities_enter_by_their_fingerprint(admin: Client, pki: TestPki) -> None:
    from ecluse.protocols.x509.certificate import read_certificates

    shown = text(admin.get("/certificats/autorites/"))
    assert "Tapée par une personne" in shown and "TEST" in shown
    content = pki.amc_pem
    told = {"store": "igc-osi", "typed": ""}
    refused = admin.post(
        "/certificats/autorites/importer/", {**told, "file": SimpleUploadedFile("osi.pem", content)}
    )
    assert refused.status_code == 422 and "n’est pas publiée ici" in text(refused)
    told["typed"] = read_certificates(content)[0].fingerprint
    mixed = admin.post(
        "/certificats/autorites/importer/", {**told, "file": SimpleUploadedFile("osi.pem", content)}
    )
    assert "Autorité de confiance ajoutée" in text(mixed), "the first of the two was typed"
    address = f"/certificats/autorites/igc-osi/{told['typed']}/retirer/"
    assert "n’est plus accepté" in text(admin.post(address, follow=True))


def test_the_calendar_names_nobody(admin: Client, pki: TestPki) -> None:
    give(admin, pki.auth_cli())
    card = {
        "establishment": "1",
        "kind": "CDE",
        "holder": "Alix Valmont",
        "number": "80250000",
        "expires": "2999-01-01",
    }
    assert admin.post("/demarches/cartes/ajouter/", card).status_code == 302
    feed = admin.get("/certificats/echeances/telecharger/")
    assert feed["Content-Type"].startswith("text/calendar") and feed.content.count(b"BEGIN:VEVENT") == 3
    assert b"Alix" not in feed.content


def test_whoever_works_in_one_establishment_sees_its_certificates_only(
    pki: TestPki, admin: Client, signed_in: SignedIn
) -> None:
    held = pki.auth_cli()
    give(admin, held)
    page = f"/certificats/{printed(held)}/"
    elsewhere = fresh(signed_in("administration", establishment=2))
    assert printed(held) not in elsewhere.get("/certificats/?vue=tous").content.decode()
    for address in (page, f"{page}telecharger/", f"{page}revoquer/"):
        assert elsewhere.get(address).status_code == 404
    assert elsewhere.post("/certificats/emplacements/1/dmp_tls/rotation/").status_code == 404
    assert give(elsewhere, pki.auth_cli()).status_code == 422, "not one of hers"
    assert b"BEGIN:VEVENT" in elsewhere.get("/certificats/echeances/telecharger/").content, "authorities"
    assert elsewhere.get("/certificats/echeances/telecharger/").content.count(b"BEGIN:VEVENT") == 2
    assert elsewhere.get("/certificats/autorites/importer/").status_code == 403
    here = signed_in("exploitation", establishment=1)
    assert here.get(page).status_code == 200 and here.get(f"{page}revoquer/").status_code == 403
    assert signed_in("lecture").get("/certificats/").status_code == 403


def test_what_changes_a_certificate_asks_again_who_one_is(pki: TestPki, signed_in: SignedIn) -> None:
    visitor = signed_in("administration")
    session = visitor.session
    session["account_authentication_methods"] = [
        {**one, "at": 0.0} for one in session["account_authentication_methods"]
    ]
    session.save()
    for address in ("/certificats/importer/", "/certificats/emplacements/1/dmp_tls/rotation/"):
        answer = visitor.post(address)
        assert answer.status_code == 302 and "/confirmer/" in answer["Location"], address


def test_a_certificate_whose_name_is_imposed_is_not_replaced_by_another(admin: Client, pki: TestPki) -> None:
    """INSi refuses any other name: a newer ORG AUTH_CLI of another service does not do, and the end must be told."""
    from ecluse.services.certificates import ends, settings
    from ecluse.services.queries import certificates

    insi = pki.auth_cli("INSI-AUTO", not_after=pki.now + timedelta(days=20))
    give(admin, insi, "insi")
    give(admin, pki.auth_cli(), "dmp_tls")
    admin.post("/certificats/emplacements/1/insi/retirer/", {"place": "current"})
    told = {one.about: one for one in ends.ends(settings.current())}
    assert "Commandez son remplaçant" in told[f"certificate:{printed(insi)}"].do_fr, (
        "kept, and it serves nowhere"
    )
    now = int(pki.now.timestamp()) * 1_000_000
    assert all(not one.newer for one in certificates.inventory(settings.current(), now))
    give(admin, pki.auth_cli("INSI-MANU"), "insi")
    (slot,) = [one for one in certificates.slots(now) if one.use == "dmp_tls"]
    assert slot.newest == ""


def test_alarms_are_seen_and_dealt_with(admin: Client, pki: TestPki) -> None:
    from ecluse.services.certificates import alarms, settings

    give(admin, pki.auth_cli(not_after=pki.now.replace(microsecond=0) + (pki.now - pki.begin) / 6))
    now = int(pki.now.timestamp()) * 1_000_000
    alarms.give(settings.current(), now)
    shown = admin.get("/certificats/").content.decode()
    found = re.findall(r"/certificats/alarmes/(\d+)/traitee/", shown)
    assert found
    assert "certificat" in text(admin.get("/")), "the first page tells it"
    assert "Alarme traitée" in text(admin.post(f"/certificats/alarmes/{found[0]}/traitee/", follow=True))
    assert admin.post(f"/certificats/alarmes/{found[0]}/traitee/").status_code == 404
