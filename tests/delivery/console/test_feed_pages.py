"""The feeds as people see them: senders to decide of, messages to find, one message told in full."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client

from ecluse.services.queries.patients import PatientReader
from tests.delivery.console.acted import acting
from tests.delivery.console.conftest import Gateway, SignedIn
from tests.delivery.console.people import PASSWORD
from tests.services.fed import execute
from tests.services.feeding import MARIN, Gate, adt, odd, rows

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def gate(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """The writer of the gateway whose pages are visited."""
    return acting(monkeypatch)


def text(client: Client, address: str, status: int = 200, **headers: str) -> str:
    answer = client.get(address, headers=headers)
    assert answer.status_code == status, (address, answer.status_code)
    return unescape(answer.content.decode())


def fresh(visitor: Client) -> Client:
    """Somebody who has just proved again who she is."""
    assert visitor.post("/compte/confirmer/", {"password": PASSWORD}).status_code == 302
    return visitor


def a08(control: str = "R1") -> bytes:
    return adt(control=control).replace(b"ADT^A28^ADT_A05", b"ADT^A08^ADT_A01")


def test_pages_without_anything_say_what_to_do_next(gate: Gate, signed_in: SignedIn) -> None:
    visitor = signed_in("exploitation")
    assert "Aucun émetteur n’a encore parlé" in text(visitor, "/flux/")
    assert "Aucun message n’a encore été reçu" in text(visitor, "/flux/messages/")
    assert "Aucun émetteur" in text(visitor, "/flux/emetteurs/")
    assert "Rien à traiter" in text(visitor, "/rejets/")


def test_the_overview_shows_who_waits_and_what_came_last(gate: Gate, signed_in: SignedIn) -> None:
    gate.receive(adt(control="C1"))
    found = text(signed_in("exploitation"), "/flux/")
    assert "Un émetteur attend votre confirmation" in found
    assert "création d’une identité" in found and 'href="/flux/messages/1/"' in found


def test_a_sender_is_confirmed_then_refused(gate: Gate, signed_in: SignedIn) -> None:
    gate.receive(adt(control="C1"))
    visitor = signed_in("exploitation")
    found = text(visitor, "/flux/emetteurs/1/")
    ids = re.findall(r'\sid="([^"]+)"', found)
    assert "Confirmer l’émetteur" in found and len(ids) == len(set(ids))
    assert "/compte/confirmer/" in visitor.post("/flux/emetteurs/1/confirmer/")["Location"]
    assert rows("SELECT status FROM store_sender") == [("to_confirm",)]
    assert fresh(visitor).get("/flux/emetteurs/1/confirmer/")["Location"] == "/flux/emetteurs/1/"
    assert visitor.post("/flux/emetteurs/1/confirmer/")["Location"] == "/flux/emetteurs/1/"
    assert rows("SELECT status FROM store_sender") == [("confirmed",)]
    assert "deviennent utilisables" in text(visitor, "/flux/emetteurs/1/")
    visitor.post("/flux/emetteurs/1/refuser/")
    assert rows("SELECT status FROM store_sender") == [("refused",)]
    assert "L’admettre de nouveau" in text(visitor, "/flux/emetteurs/1/")


def test_the_policy_and_the_zone_of_a_sender_change_without_confirming_it(
    gate: Gate, signed_in: SignedIn
) -> None:
    gate.receive(adt(control="C1"))
    visitor = signed_in("exploitation")
    visitor.post("/flux/emetteurs/1/exigence/", {"policy": "strict", "timezone": "Indian/Reunion"})
    assert rows("SELECT status, policy, zone FROM store_sender") == [
        ("to_confirm", "strict", "Indian/Reunion")
    ]
    wrong = visitor.post("/flux/emetteurs/1/exigence/", {"policy": "strict", "timezone": "Mars"})
    assert wrong.status_code == 422 and "Fuseau horaire inconnu" in unescape(wrong.content.decode())
    settled = fresh(visitor).post("/flux/emetteurs/1/domaine/", {"domain": "nowhere"})
    assert settled.status_code == 422


def test_a_sender_is_declared_before_its_first_message(gate: Gate, signed_in: SignedIn) -> None:
    visitor = fresh(signed_in("exploitation"))
    assert "Déclarer et confirmer" in text(visitor, "/flux/emetteurs/nouveau/")
    (domain,) = rows("SELECT name FROM store_domain")
    given = {
        "application": "DPI",
        "facility": "VALMONT",
        "domain": domain[0],
        "policy": "tolerant",
        "timezone": "",
    }
    assert visitor.post("/flux/emetteurs/nouveau/", given)["Location"] == "/flux/emetteurs/"
    assert rows("SELECT application, status FROM store_sender") == [("DPI", "confirmed")]
    assert visitor.post("/flux/emetteurs/nouveau/", {**given, "application": ""}).status_code == 422


def test_who_may_not_manage_senders_sees_them_and_cannot_decide(gate: Gate, signed_in: SignedIn) -> None:
    gate.receive(adt(control="C1"))
    reader = signed_in("lecture")
    found = text(reader, "/flux/emetteurs/1/")
    assert "Confirmer l’émetteur" not in found and "Derniers messages" not in found
    assert reader.post("/flux/emetteurs/1/confirmer/").status_code == 403
    assert text(reader, "/flux/messages/", 403) and text(reader, "/flux/messages/1/", 403)
    assert rows("SELECT status FROM store_sender") == [("to_confirm",)]


def test_messages_are_found_by_what_is_asked(gate: Gate, signed_in: SignedIn) -> None:
    gate.receive(adt(control="C1"), a08("R1"))
    visitor = signed_in("exploitation")
    assert "Rejeté" in text(visitor, "/flux/messages/?reponse=refused")
    for asked in ("controle=C1", "evenement=a28", "emetteur=1&reponse=AA"):
        found = text(visitor, f"/flux/messages/?{asked}")
        assert 'href="/flux/messages/1/"' in found and 'href="/flux/messages/2/"' not in found
    assert 'href="/flux/messages/2/"' in text(visitor, "/flux/messages/?regle=idn-msh-9-004")
    assert "Aucun message ne correspond" in text(visitor, "/flux/messages/?controle=ABSENT")
    assert "Un point est à corriger" in text(visitor, "/flux/messages/?depuis=hier")


@pytest.mark.parametrize("query", ["depuis=hier", "depuis=2026-11-20T00:00&jusqua=2026-11-19T00:00"])
def test_what_cannot_be_read_searches_no_message(gate: Gate, signed_in: SignedIn, query: str) -> None:
    answer = text(signed_in("exploitation"), f"/flux/messages/?{query}")
    assert "Rien n’a été cherché" in answer and "Aucun message ne correspond" not in answer


@pytest.mark.parametrize("application", ["DPI|TEST^x", "DPI~2", "A&B", "DPI\\"])
def test_a_sender_that_could_never_come_is_not_declared(gate: Gate, application: str) -> None:
    """HL7 separates with these signs: no message bears them in its first component."""
    told = gate.act("sender.add", application=application, facility="VALMONT")
    assert not told.done and "HL7 s’en sert pour séparer" in told.text_fr


def test_a_part_of_the_list_is_given_to_a_script(gate: Gate, signed_in: SignedIn) -> None:
    gate.receive(adt(control="C1"))
    visitor = signed_in("exploitation")
    part = text(visitor, "/flux/messages/?reponse=AA", hx_request="true")
    assert "<html" not in part and 'href="/flux/messages/1/"' in part
    whole = text(visitor, "/flux/messages/", hx_request="true", hx_history_restore_request="true")
    assert "<html" in whole
    tab = text(visitor, "/flux/messages/1/?vue=brut", hx_request="true")
    assert "<html" not in tab and "er7" in tab


def test_the_messages_of_a_patient_are_found_and_that_is_written(gate: Gate, signed_in: SignedIn) -> None:
    gate.receive(adt(control="C1"))
    (patient,) = PatientReader("test").by_identifier("7001")
    visitor = signed_in("exploitation")
    assert 'href="/flux/messages/1/"' in text(visitor, f"/flux/messages/?patient={patient.id}")
    assert rows("SELECT action, patient FROM store_accessline WHERE action = 'message.list'") == [
        ("message.list", patient.id)
    ]
    assert "Aucun message ne correspond" in text(visitor, "/flux/messages/?patient=unknown")


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("recit", ("Accepté et intégré", "Une identité créée", "Acquittement AA")),
        ("arbre", ("Noms du patient", "Premier prénom", "BRIAND", "PID-5.1")),
        ("brut", ("Copier le message", '<span class="delimiter">|</span>')),
        ("autre", ("Accepté et intégré",)),
    ],
)
def test_one_message_in_each_of_its_tabs(
    gate: Gate, signed_in: SignedIn, view: str, words: tuple[str, ...]
) -> None:
    gate.receive(adt(control="C1"))
    found = text(signed_in("exploitation"), f"/flux/messages/1/?vue={view}")
    for word in (*words, "Effet sur le patient", "Nom de naissance"):
        assert word in found
    assert "/patients/" not in found
    assert [row[0] for row in rows("SELECT action FROM store_accessline WHERE patient <> ''")] == [
        "message.read"
    ]


def test_a_message_leads_to_its_patient_for_whom_may_see_patients(gate: Gate, signed_in: SignedIn) -> None:
    gate.receive(adt(control="C1"))
    (patient,) = PatientReader("test").by_identifier("7001")
    assert f'href="/patients/{patient.id}/"' in text(signed_in("identitovigilance"), "/flux/messages/1/")


def test_a_refused_message_says_why_what_to_do_and_what_to_write(gate: Gate, signed_in: SignedIn) -> None:
    gate.receive(a08())
    visitor = signed_in("exploitation")
    found = text(visitor, "/flux/messages/1/")
    for word in (
        "A08 est exclu en France",
        "Que faire\u00a0?",
        "Écrire à l’éditeur",
        "IDN-MSH-9-004",
        "voir le groupe",
    ):
        assert word in found
    letter = visitor.get("/flux/messages/1/lettre.txt")
    assert letter["Content-Disposition"] == 'attachment; filename="message-1.txt"'
    assert "IDN-MSH-9-004" in letter.content.decode() and "BRIAND" not in letter.content.decode()
    english = unescape(visitor.get("/flux/messages/1/?lang=en").content.decode())
    assert "Write to the vendor" in english and "Value expected" in english


def test_the_exact_bytes_are_given_and_that_is_written(gate: Gate, signed_in: SignedIn) -> None:
    gate.receive(adt(control="C1"))
    visitor = signed_in("exploitation")
    answer = visitor.get("/flux/messages/1/brut.hl7")
    assert answer.content == adt(control="C1")
    assert answer["Content-Type"] == "application/octet-stream"
    assert ("message.raw",) in rows("SELECT action FROM store_accessline")


def test_a_message_without_bytes_and_one_that_is_none(gate: Gate, signed_in: SignedIn) -> None:
    gate.receive(adt(control="C1"))
    gate.receive(odd("alien", b"GET / HTTP/1.1\r\n"))
    gate.act("sender.confirm", application="GAM", facility="VALMONT")
    execute("DELETE FROM store_rawmessage WHERE seq = 1")
    visitor = signed_in("exploitation")
    assert "Cette ligne n’a pas de texte" in text(visitor, "/flux/messages/1/?vue=arbre")
    assert visitor.get("/flux/messages/1/brut.hl7").status_code == 404
    assert visitor.get("/flux/messages/1/lettre.txt").status_code == 404
    assert "ne se découpent pas" in text(visitor, "/flux/messages/2/?vue=arbre")
    assert "sender.confirm" in text(visitor, "/flux/messages/3/")


@pytest.mark.parametrize(
    "address",
    ["/flux/messages/99/", "/flux/messages/0/", "/flux/messages/99999999999999999999/", "/flux/emetteurs/99/",
     "/flux/emetteurs/99999999999/", "/rejets/rien/", "/rejets/1-%00/"],
)  # fmt: skip
def test_what_does_not_exist_is_not_found(gate: Gate, signed_in: SignedIn, address: str) -> None:
    assert "Cette page n’existe pas" in text(signed_in("exploitation"), address, 404)


def test_hostile_names_are_shown_and_never_run(gate: Gate, signed_in: SignedIn) -> None:
    gate.receive(
        adt(control=HOSTILE[:20], application=HOSTILE, facility='"onload=x', name=HOSTILE.replace("/", " "))
    )
    visitor = signed_in("identitovigilance")
    for address in (
        "/flux/", "/flux/messages/", "/flux/emetteurs/", "/flux/emetteurs/1/", "/flux/messages/1/",
        "/flux/messages/1/?vue=arbre", "/flux/messages/1/?vue=brut", "/flux/messages/?emetteur=1",
    ):  # fmt: skip
        page = visitor.get(address).content.decode()
        assert "<script>alert" not in page and "&lt;script&gt;" in page, address


def test_a_person_of_another_establishment_sees_no_message(gate: Gate, signed_in: SignedIn) -> None:
    gate.act("establishment.add", name="CH de Valmont", finess="")
    gate.act("domain.add", name="ailleurs", oid="1.2.250.1.999.3")
    gate.receive(adt(control="C1"), a08())
    (establishment,) = rows("SELECT id FROM store_establishment")
    execute(
        f"INSERT INTO store_domainestablishment (domain_id, establishment_id) VALUES (2, {establishment[0]})"
    )
    visitor = fresh(signed_in("exploitation", establishment=establishment[0]))
    assert "Aucun message" in text(visitor, "/flux/messages/")
    for address in (
        "/flux/messages/1/",
        "/flux/messages/1/brut.hl7",
        "/flux/emetteurs/1/",
        "/rejets/1-IDN-MSH-9-004/",
    ):
        assert text(visitor, address, 404)
    assert visitor.post("/flux/emetteurs/1/confirmer/").status_code == 404
    assert visitor.post("/rejets/1-IDN-MSH-9-004/resoudre/").status_code == 404
    assert "Rien à traiter" in text(visitor, "/rejets/")
    assert rows("SELECT patient FROM store_accessline WHERE patient <> ''") == []


def test_an_ins_is_never_whole_in_the_effect(gate: Gate, signed_in: SignedIn) -> None:
    gate.receive(adt(control="C1", status="VALI", ins=MARIN))
    page = text(signed_in("exploitation"), "/flux/messages/1/?vue=recit")
    assert MARIN not in page and "1 70 01 •• ••• •••" in page
