"""Démarches: each step says who acts and with what, is recorded with its document, and may be taken back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.delivery.console.acted import acting
from tests.delivery.console.conftest import Gateway, SignedIn
from tests.delivery.console.test_certificate_pages import text

HEAD = "Alix Valmont"


@pytest.fixture
def admin(gateway: Gateway, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> Client:
    from ecluse.services.certificates import settings

    gate = acting(monkeypatch)
    assert gate.act("establishment.add", name="CH DE VALMONT", finess="990000028").done
    assert gate.act("establishment.add", name="CLINIQUE").done
    monkeypatch.setattr(settings, "_current", [settings.CertificateSettings(data=gateway.store.data)])
    return signed_in("administration")


def begun(admin: Client) -> str:
    """Open the procedure of Valmont; its address."""
    answer = admin.post("/demarches/ouvrir/", {"establishment": "1"})
    assert answer.status_code == 302
    return str(answer["Location"])


def note(admin: Client, way: str, event: str, **told: Any) -> Any:
    return admin.post(f"{way}noter/{event}/", {"on": "2026-11-01", **told})


def test_without_a_procedure_the_page_says_where_to_begin(admin: Client) -> None:
    shown = text(admin.get("/demarches/"))
    assert "Par où commencer" in shown and shown.count("Ouvrir la démarche") == 2


def test_the_way_to_a_contract_with_its_document(admin: Client) -> None:
    from ecluse.store.models.certificates import ProcedureDocument, ProfessionalCard

    way = begun(admin)
    assert "Vérifiez si l’établissement a un contrat" in text(admin.get(way))
    assert note(admin, way, "contract_none").status_code == 302
    assert note(admin, way, "representative_named", name=HEAD).status_code == 302
    missing = note(admin, way, "contract_sent", level="EJ")
    assert missing.status_code == 422 and "Joignez ce document" in text(missing)
    file = SimpleUploadedFile("contrat signé.pdf", b"%PDF-1.7 contrat")
    assert note(admin, way, "contract_sent", level="EJ", file_contrat=file).status_code == 302
    early = note(admin, way, "contract_processed")
    assert early.status_code == 422 and "carte CDE ou CPS active" in text(early)
    card = {
        "name": HEAD,
        "kind": "CDE",
        "number": "8025000001",
        "card_until": "2030-01-01",
        "nominative": "on",
    }
    assert note(admin, way, "card_received", **card).status_code == 302
    assert ProfessionalCard.objects.get().expires == "2030-01-01", "its end is watched"
    assert note(admin, way, "contract_processed").status_code == 302
    page = admin.get(way)
    assert "Contrat en règle" in text(page) and "contrat signé.pdf" in text(page)
    row = ProcedureDocument.objects.get()
    sent = admin.get(f"{way}documents/{row.sha256}/fichier/")
    assert sent.content == b"%PDF-1.7 contrat" and sent["Content-Disposition"].startswith("attachment")
    assert sent["Content-Type"] == "application/octet-stream"


def test_the_last_step_is_taken_back_once(admin: Client) -> None:
    way = begun(admin)
    note(admin, way, "contract_none")
    revision = re.findall(r'name="revision" value="(\d+)"', admin.get(way).content.decode())
    assert revision == ["1"]
    assert "Dernière étape retirée" in text(admin.post(f"{way}defaire/", {"revision": "1"}, follow=True))
    assert "a avancé" in text(admin.post(f"{way}defaire/", {"revision": "1"}, follow=True))


def test_a_habilitation_gives_the_texts_of_form_413_to_copy(admin: Client) -> None:
    way = begun(admin)
    assert note(admin, way, "contract_up_to_date", level="EJ").status_code == 302
    note(admin, way, "representative_named", name=HEAD)
    card = {"kind": "CPE", "number": "8025000002", "card_until": "2030-01-01", "nominative": "on"}
    note(admin, way, "card_received", name="Noa Martin", **card)
    told = {"person": "Noa Martin", "by": HEAD, "editor": "on"}
    assert note(admin, way, "administrator_designated", **told).status_code == 302
    shown = admin.get(way).content.decode()
    assert "jeton SAML" in shown and "Certificat ORG (Personne morale) usage AUTH_CLI, SIGN, CONF" in shown
    assert "de l’éditeur du logiciel" in text(admin.get(way))
    asked = {"person": "Noa Martin", "by": HEAD, "usages": ["ORG AUTH_CLI"], "elsewhere_413": "on"}
    refused = note(admin, way, "habilitation_requested", **asked)
    assert refused.status_code == 422 and "deux usages" in text(refused)
    asked["usages"] = ["ORG AUTH_CLI", "ORG SIGN"]
    assert note(admin, way, "habilitation_requested", **asked).status_code == 302
    assert note(admin, way, "habilitation_granted", person="Noa Martin").status_code == 302
    order = {
        "product": "ORG AUTH_CLI", "administrator": "Noa Martin", "service_name": "Client_ROC_Annuaire_AMC",
        "order_way": "csr", "ready": "on",
    }  # fmt: skip
    assert note(admin, way, "certificate_ordered", **order).status_code == 302
    assert "Commandé" in text(admin.get(way))


def test_every_event_has_its_form(admin: Client) -> None:
    from ecluse.delivery.console.procedures.wording import EVENTS
    from ecluse.services.queries.certificate_pages import EVENT_NAMES

    way = begun(admin)
    assert set(EVENTS) == set(EVENT_NAMES)
    for event in EVENTS:
        assert admin.get(f"{way}noter/{event}/").status_code == 200, event
        assert admin.post(f"{way}noter/{event}/").status_code == 422, event
    assert admin.get(f"{way}noter/rien/").status_code == 404


def test_a_document_too_large_is_refused_in_words(admin: Client) -> None:
    way = begun(admin)
    large = SimpleUploadedFile("scan.pdf", b"x" * (901 * 1024))
    answer = admin.post(f"{way}joindre/", {"form": "413", "file": large})
    assert answer.status_code == 422 and "dépasse 900 Ko" in text(answer)
    small = SimpleUploadedFile("scan.pdf", b"%PDF petit")
    assert admin.post(f"{way}joindre/", {"form": "413", "file": small}).status_code == 302
    assert "scan.pdf" in text(admin.get(way))


def test_a_closed_procedure_changes_no_more(admin: Client) -> None:
    way = begun(admin)
    admin.post(f"{way}fermer/")
    assert "est fermée" in text(admin.get(way))
    assert note(admin, way, "contract_none").status_code == 404
    assert "1 démarche fermée" in text(admin.get("/demarches/"))


@pytest.mark.parametrize(
    ("asked", "said"),
    [("contrat=&entites=une", "Entité juridique"), ("contrat=EG&entites=une", "Entité géographique")],
)
def test_who_signs_the_contract_is_advised_with_its_reason(admin: Client, asked: str, said: str) -> None:
    shown = text(admin.get(f"/demarches/ej-ou-eg/?{asked}"))
    assert said in shown.partition("Voir le conseil")[2]


def test_cards_are_registered_changed_and_retired(admin: Client) -> None:
    card = {
        "establishment": "1",
        "kind": "CDE",
        "holder": HEAD,
        "number": "80250000",
        "expires": "2026-01-01",
    }
    assert admin.post("/demarches/cartes/ajouter/", card).status_code == 302
    listed = admin.get("/demarches/cartes/").content.decode()
    (address,) = re.findall(r'href="(/demarches/cartes/card_[a-z0-9]+/)"', listed)
    assert admin.post(address, {**card, "expires": "2031-01-01"}).status_code == 302
    assert "01/01/2031" in text(admin.get("/demarches/cartes/"))
    admin.post(f"{address}retirer/")
    assert "Aucune carte" in text(admin.get("/demarches/cartes/"))
    assert admin.get(address).status_code == 404


def test_whoever_works_elsewhere_sees_nothing_of_it(admin: Client, signed_in: SignedIn) -> None:
    way = begun(admin)
    note(admin, way, "contract_none")
    file = SimpleUploadedFile("x.pdf", b"%PDF x")
    admin.post(f"{way}joindre/", {"form": "", "file": file})
    digest = re.findall(r"documents/([0-9a-f]{64})/", admin.get(way).content.decode())[0]
    elsewhere = signed_in("administration", establishment=2)
    for address in (way, f"{way}noter/contract_none/", f"{way}documents/{digest}/fichier/"):
        assert elsewhere.get(address).status_code == 404, address
    assert elsewhere.post("/demarches/ouvrir/", {"establishment": "1"}).status_code == 404
    assert "VALMONT" not in text(elsewhere.get("/demarches/"))
    reader = signed_in("exploitation")
    assert reader.get(way).status_code == 200 and "Noter" not in text(reader.get(way))
    assert reader.post(f"{way}defaire/").status_code == 403
