"""Réglages: what is declared, changed and shown once; what a role of one establishment may not see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from ecluse.delivery.console import acting
from ecluse.services.queries import access, settings, subscribers
from ecluse.services.wire import Act, ActResult
from ecluse.store.models.access import AccessLine, DomainEstablishment, Establishment
from tests.conftest import NOW
from tests.delivery.console.conftest import Gateway, SignedIn
from tests.delivery.console.people import PASSWORD
from tests.services.feeding import Gate, adt, rows

VALMONT = "750000010"
"""Nine characters whose last is their key."""


@pytest.fixture
def writer(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """The writer in this process: acts are done at once."""
    from ecluse.services.acts import perform

    gate = Gate()

    def ask(_path: Path, wanted: Act, _patience: float = 0.0) -> ActResult:
        gate.now += 1_000_000
        return perform(gate.intake, wanted, gate.now)

    monkeypatch.setattr(acting, "ask_writer", ask)
    yield gate


@pytest.fixture
def admin(writer: Gate, signed_in: SignedIn) -> Client:
    """An administrator who just proved again who she is, as sensitive acts ask."""
    return fresh(signed_in("administration"))


def fresh(visitor: Client) -> Client:
    assert visitor.post("/compte/confirmer/", {"password": PASSWORD}).status_code == 302
    return visitor


def text(answer: Any) -> str:
    """What is read on a page, without its tags."""
    plain = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", plain.replace("&#x27;", "'"))


def field(answer: Any, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.content.decode())
    assert found is not None, name
    return found[1].replace("&quot;", '"')


def test_an_establishment_is_declared_with_a_finess_that_is_checked(admin: Client) -> None:
    wrong = admin.post("/reglages/etablissements/ajouter/", {"name": "CH de Valmont", "finess": "750000019"})
    assert wrong.status_code == 422
    assert "son dernier chiffre n’est pas la clé" in text(wrong)
    assert settings.establishments() == ()
    made = admin.post("/reglages/etablissements/ajouter/", {"name": "CH de Valmont", "finess": "75 0000 010"})
    assert made.status_code == 302
    assert [(one.name, one.finess) for one in settings.establishments()] == [("CH de Valmont", VALMONT)]
    assert "CH de Valmont" in text(admin.get("/reglages/etablissements/"))


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(admin: Client, writer: Gate) -> None:
    writer.act("establishment.add", name="CH de Valmont", finess="")
    page = admin.get("/reglages/etablissements/1/")
    writer.act("establishment.edit", id=1, name="CH de Valmont et du Port", finess="")
    late = {"name": "Autre nom", "finess": "", "expected": field(page, "expected")}
    answer = admin.post("/reglages/etablissements/1/", late)
    assert answer.status_code == 422 and "a changé depuis que vous" in text(answer)
    assert settings.establishments()[0].name == "CH de Valmont et du Port"


def test_a_site_and_a_domain_are_declared(admin: Client, writer: Gate) -> None:
    writer.act("establishment.add", name="CH de Valmont", finess="")
    site = {"name": "Saint-Éloi", "finess": "", "zone": "Indian/Reunion"}
    assert admin.post("/reglages/etablissements/1/sites/", site).status_code == 302
    domain = {"name": "Valmont", "oid": "1.2.250.1.999.7", "authorities": "A\n\nB ", "establishments": ["1"]}
    assert admin.post("/reglages/domaines/ajouter/", domain).status_code == 302
    assert [(one.name, one.zone) for one in settings.sites()] == [("Saint-Éloi", "Indian/Reunion")]
    found = settings.domains()[-1]
    assert (found.name, found.oid, found.authorities, found.establishments) == (
        "Valmont", "1.2.250.1.999.7", ("A", "B"), (1,),
    )  # fmt: skip


def test_the_secret_of_a_token_is_shown_once(admin: Client) -> None:
    """Sent twice, the form makes one token, and the second page shows no secret."""
    form = admin.get("/reglages/jetons/ajouter/")
    assert "patients:read" not in form.content.decode(), "nobody gives more than she has"
    given = {"name": "Montre", "scopes": ["settings:read"], "days": "30", "once": field(form, "once")}
    made = admin.post("/reglages/jetons/ajouter/", given)
    (secret,) = re.findall(r"<code class=\"command\">(ecl_\w+[\w-]+)</code>", made.content.decode())
    again = admin.post("/reglages/jetons/ajouter/", given)
    assert "ecl_" not in re.sub("ecl_…", "", text(again)) and "déjà créé" in text(again)
    (one,) = access.tokens()
    assert (one.name, one.scopes, one.id) == ("Montre", ("settings:read",), secret.split("_")[1])
    assert secret not in text(admin.get("/reglages/jetons/"))


def test_a_token_is_revoked(admin: Client) -> None:
    form = admin.get("/reglages/jetons/ajouter/")
    given = {"name": "Montre", "scopes": ["patients:read"], "days": "0", "once": field(form, "once")}
    assert admin.post("/reglages/jetons/ajouter/", given).status_code == 422
    admin.post("/reglages/jetons/ajouter/", {**given, "scopes": ["settings:read"]})
    (one,) = access.tokens()
    assert one.expires is None
    assert admin.post(f"/reglages/jetons/{one.id}/revoquer/").status_code == 302
    assert access.tokens()[0].revoked is not None
    assert "Aucun jeton en vigueur" in text(admin.get("/reglages/jetons/"))


def webhook(admin: Client) -> tuple[str, str]:
    """Id and key of a webhook added by the page."""
    given = {"kind": "webhook", "name": "Suivi", "target": "https://suivi.example/?cle=x", "types": ""}
    made = admin.post("/reglages/abonnes/ajouter/", given)
    (key,) = re.findall(r"<code class=\"command\">(whsec_[^<]+)</code>", made.content.decode())
    return subscribers.every(NOW)[0].id, key


def test_the_key_of_a_webhook_is_shown_once_and_changed(admin: Client) -> None:
    id_, key = webhook(admin)
    page = admin.get(f"/reglages/abonnes/{id_}/")
    assert key not in page.content.decode()
    assert "https://suivi.example/?…" in text(page) and "cle=x" not in page.content.decode()
    changed = admin.post(f"/reglages/abonnes/{id_}/cle/")
    (other,) = re.findall(r"<code class=\"command\">(whsec_[^<]+)</code>", changed.content.decode())
    assert other != key


def test_a_subscriber_is_paused_resumed_and_removed_by_its_name(admin: Client) -> None:
    id_, _ = webhook(admin)
    admin.post(f"/reglages/abonnes/{id_}/pause/")
    assert subscribers.every(NOW)[0].status == "paused"
    admin.post(f"/reglages/abonnes/{id_}/reprendre/")
    assert subscribers.every(NOW)[0].status == "active"
    refused = admin.post(f"/reglages/abonnes/{id_}/retirer/", {"name": "autre"}, follow=True)
    assert "Rien n’a été retiré" in text(refused) and subscribers.every(NOW)
    admin.post(f"/reglages/abonnes/{id_}/retirer/", {"name": "Suivi"})
    assert subscribers.every(NOW) == ()


def test_a_relay_without_encryption_is_refused_until_it_is_agreed(admin: Client) -> None:
    given = {"kind": "relay", "name": "Entrepôt", "target": "hl7.example:2575"}
    refused = admin.post("/reglages/abonnes/ajouter/", given)
    assert refused.status_code == 422 and "Sans chiffrement" in text(refused)
    assert admin.post("/reglages/abonnes/ajouter/", {**given, "plaintext": "on"}).status_code == 200
    assert [one.name for one in subscribers.every(NOW)] == ["Entrepôt"]


def test_patients_are_put_in_a_list_and_out_of_it(writer: Gate, signed_in: SignedIn) -> None:
    """What is shown and done of them is in the access trail."""
    writer.receive(adt())
    (patient,) = (row[0] for row in rows("SELECT id FROM store_patientstate"))
    officer = signed_in("identitovigilance")
    made = officer.post("/reglages/listes/ajouter/", {"name": "Suivi cardiaque", "domain": "défaut"})
    address = made["Location"]
    unknown = officer.post(f"{address}inclure/", {"patients": "inconnu"})
    assert unknown.status_code == 422 and "Inconnus, ou hors de ce que vous pouvez voir" in text(unknown)
    assert officer.post(f"{address}inclure/", {"patients": patient}).status_code == 302
    assert patient in text(officer.get(address))
    officer.post(f"{address}exclure/", {"patient": patient, "purge": "on"})
    assert "Exclu, à purger" in text(officer.get(address))
    told = AccessLine.objects.filter(patient=patient).values_list("action", flat=True)
    assert {"inclusion.include", "inclusion.list", "inclusion.exclude"} <= set(told)


def test_a_role_of_one_establishment_sees_its_own(writer: Gate, signed_in: SignedIn) -> None:
    for name in ("Valmont", "Tilleuls"):
        writer.act("establishment.add", name=f"CH {name}", finess="")
        writer.act("domain.add", name=name, establishments=[Establishment.objects.get(name=f"CH {name}").id])
    assert DomainEstablishment.objects.count() == 2
    reader = fresh(signed_in("administration", establishment=1))
    seen = text(reader.get("/reglages/etablissements/"))
    assert "CH Valmont" in seen and "Tilleuls" not in seen
    for address in (
        "/reglages/etablissements/2/",
        "/reglages/jetons/ajouter/",
        "/journal/",
        "/journal/acces/",
    ):
        assert reader.get(address).status_code == 403, address


def test_durations_name_the_line_where_they_are_written(gateway: Gateway, signed_in: SignedIn) -> None:
    from ecluse.main import web
    from ecluse.main.configuration import write_default

    write_default(gateway.store.data)
    lines = (gateway.store.data / "ecluse.toml").read_text("utf-8").splitlines()
    web.show(gateway.store.configuration)
    page = text(signed_in("lecture").get("/reglages/conservation/"))
    place = next(number for number, line in enumerate(lines, 1) if "access_days =" in line)
    assert f"[retention] access_days ligne {place}" in page


def test_a_listener_is_tried(gateway: Gateway, signed_in: SignedIn) -> None:
    """A port where somebody listens, then one that is closed."""
    import socket
    from dataclasses import replace

    from ecluse.services import deployment_view

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        view = deployment_view.current()
        (first, *_) = view.listeners
        here = replace(first, address=f"127.0.0.1:{port}")
        deployment_view.use(replace(view, listeners=(here,)))
        admin = signed_in("administration")
        assert "a répondu en" in text(admin.post("/reglages/ecouteurs/essayer/", {"name": here.name}))
    answer = text(admin.post("/reglages/ecouteurs/essayer/", {"name": here.name}))
    assert "L’écouteur ne répond pas." in answer


def test_listeners_are_tried_one_at_a_time_by_whoever_may_change_settings(
    gateway: Gateway, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial holds a thread of the pages while the listener is silent."""
    from ecluse.delivery.console.settings_pages import show_listeners
    from ecluse.services.try_listener import Trial

    reader, admin, answers = signed_in("lecture"), signed_in("administration"), []

    def slow(_listener: object) -> Trial:
        answers.append(text(admin.post("/reglages/ecouteurs/essayer/", {"name": "main"})))
        return Trial(answers=True)

    monkeypatch.setattr(show_listeners, "try_listener", slow)
    assert reader.post("/reglages/ecouteurs/essayer/", {"name": "main"}).status_code == 403
    assert "Essayer la connexion" not in text(reader.get("/reglages/ecouteurs/"))
    assert "a répondu en" in text(admin.post("/reglages/ecouteurs/essayer/", {"name": "main"}))
    (meanwhile,) = answers
    assert "Un essai est déjà en cours" in meanwhile and "a répondu en" not in meanwhile


def test_names_from_outside_are_shown_as_text(admin: Client, writer: Gate) -> None:
    hostile = '<script>alert("x")</script>'
    writer.act("establishment.add", name=hostile, finess="")
    for address in ("/reglages/etablissements/", "/reglages/etablissements/1/", "/journal/"):
        body = admin.get(address).content.decode()
        assert "<script>alert" not in body and "&lt;script&gt;alert" in body, address
