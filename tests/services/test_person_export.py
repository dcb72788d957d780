"""What is kept on a person is told whole to that person, and nothing of anybody else's messages."""

from __future__ import annotations

import base64

import pytest

from ecluse.services.person_export import PersonDocument, person_export
from ecluse.services.purge_journal import Wish, purge_all
from ecluse.services.queries.patients import PatientReader
from ecluse.store.deliveries import Shared, record_shared
from ecluse.store.models import PatientState
from ecluse.store.models.access import AccessLine
from ecluse.store.models.stays import StayState
from tests.services.delivering import publish
from tests.services.feeding import MARIN, Gate, adt, assert_sound
from tests.store.databases import StorePlace

CX = "^^^VALMONT&1.2.250.1.999.7.1&ISO^PI"


@pytest.fixture
def gate(store: StorePlace) -> Gate:
    """2: created, 3: repeated, 4: somebody else, 5: qualified, 6: refused, 7: a second identity, 8: their merge."""
    made = Gate()
    made.act("sender.add", application="GAM", facility="VALMONT")
    made.receive(adt())
    made.receive(adt())
    made.receive(adt(control="C2", ipp="7002", name="KERVELLA"))
    made.receive(adt("A31", "C3", status="VALI", ins=MARIN))
    made.receive(adt("A31", "C3", street="9 RUE DU PORT"))
    made.receive(adt(control="C4", ipp="7003"))
    made.receive(adt("A40", "C5", prior=f"7003{CX}"))
    return made


def patient(ipp: str) -> str:
    (found,) = PatientReader("test").by_identifier(ipp)
    return found.id


def export(ipp: str, gate: Gate) -> PersonDocument:
    found = person_export(patient(ipp), gate.now)
    assert found is not None
    return found


def test_everything_on_the_person_is_told_with_the_exact_bytes(gate: Gate) -> None:
    found = export("7001", gate)
    assert [(one.line, one.why) for one in found.messages] == [
        (2, "changed"), (3, "repeated"), (5, "changed"), (6, "refused"), (7, "changed"), (8, "changed"),
    ]  # fmt: skip
    qualified = found.messages[2]
    assert base64.b64decode(qualified.received_base64 or "") == adt("A31", "C3", status="VALI", ins=MARIN)
    assert qualified.received is not None and MARIN in qualified.received
    assert qualified.answered is not None and "MSA|AA|C3" in qualified.answered
    assert [(one.application, one.facility) for one in found.senders] == [("GAM", "VALMONT")]
    assert found.identities[0].state["ins"]["matricule"] == MARIN
    assert found.identities[0].state["names"][0]["family"] == "BRIAND"
    assert [one.type for one in found.identities[0].events][:1] == ["patient.created"]
    assert not any("KERVELLA" in (one.received or "") for one in found.messages)


@pytest.mark.parametrize("asked", ["7001", "7003"])
def test_merged_identities_are_the_same_person(gate: Gate, asked: str) -> None:
    found = export(asked, gate)
    ids = list(
        PatientState.objects.filter(id__in=[one.id for one in found.identities]).values_list("id", flat=True)
    )
    assert len(found.identities) == len(ids) == 2
    assert found.identities[0].id == found.asked == patient(asked)
    assert {one.merged_into for one in found.identities} == {None, patient("7001")}


def test_the_same_number_of_another_authority_is_somebody_else(gate: Gate) -> None:
    other = adt("A31", "C3", street="2 RUE X").replace(
        b"VALMONT&1.2.250.1.999.7.1", b"BREST&1.2.250.1.999.8.1"
    )
    assert gate.codes(other) == ["AE 205"]
    assert 9 not in [one.line for one in export("7001", gate).messages]


def test_purged_bytes_are_told_as_purged(gate: Gate, store: StorePlace) -> None:
    gate.now += 1_000_000
    wish = Wish("messages", gate.now)
    purge_all([wish], (store.data, store.secrets), lambda name, given: gate.act(name, **given), gate.now)
    found = export("7001", gate)
    assert [one.line for one in found.messages] == [2, 3, 5, 7, 8]
    assert all(one.received is None and one.findings is None for one in found.messages)
    assert {one.purged.line for one in found.messages if one.purged is not None} == {9}
    assert found.identities[0].state["ins"]["matricule"] == MARIN


def test_who_was_shown_the_person_is_told(gate: Gate) -> None:
    for one in (patient("7003"), patient("7002")):
        AccessLine.objects.create(
            at=gate.now,
            caller="token:a",
            name="DMN",
            on_behalf_of="",
            action="patient.read",
            patient=one,
            detail="",
        )
    assert [(one.caller, one.patient) for one in export("7001", gate).accesses] == [
        ("token:a", patient("7003"))
    ]


def test_what_was_told_outside_of_the_person_is_told(gate: Gate) -> None:
    """Events of each identity, and those that name it second; with whom it was shared, and nothing of anybody else."""
    publish()
    for one, ins in ((patient("7003"), "sent"), (patient("7002"), "")):
        record_shared("sub_a", "telesuivi", [Shared(1, (one,), gate.now, ins)])
    found = export("7001", gate)
    mine = {one.id for one in found.identities}
    assert {one.patient for one in found.events} == mine
    assert ("patient.merged", 8) in [(one.type, one.line) for one in found.events]
    assert [(one.patient, one.subscriber, one.deliveries, one.ins_sent) for one in found.shared] == [
        (patient("7003"), "telesuivi", 1, 1)
    ]


def test_an_export_is_an_act_that_the_trail_tells(gate: Gate) -> None:
    """One line for each identity of the person; nothing for nobody."""
    assert gate.act("patient.dossier", patient=patient("7001")).done
    lines = AccessLine.objects.order_by("patient").values_list("caller", "action", "patient")
    assert list(lines) == [
        ("cli:claire", "patient.dossier", one) for one in sorted((patient("7001"), patient("7003")))
    ]
    assert not gate.act("patient.dossier", patient="nobody").done
    assert not gate.act("patient.dossier").done
    assert AccessLine.objects.count() == 2
    assert_sound()


def test_nobody_is_nothing(store: StorePlace) -> None:
    assert person_export("nobody", 0) is None


# ---- notes of rectification -------------------------------------------------------------------------


def test_a_note_is_in_the_history_and_changes_no_identity(gate: Gate) -> None:
    before = PatientReader("test").get(patient("7001"))
    text = "Rectification du prénom demandée.\nÉtat civil vu par le bureau des entrées."
    result = gate.act("patient.note", patient=patient("7001"), text=text, date="2026-11-17")
    assert result.done and result.seq == 9
    after = PatientReader("test").get(patient("7001"))
    assert before is not None and after is not None
    assert (after.traits, after.identifiers, after.trust) == (before.traits, before.identifiers, before.trust)
    line = after.history[-1]
    assert (line.event, line.message, line.operator) == ("patient.noted", "9", "cli:claire")
    assert "Rectification du prénom demandée." in line.detail.fr and "2026-11-17" in line.detail.fr
    assert_sound()
    fresh = Gate()
    assert fresh.codes(adt("A31", "C9", status="VALI", ins=MARIN)) == ["AA"]
    notes = [one for one in export("7001", gate).identities[0].events if one.type == "patient.noted"]
    assert [one.data for one in notes] == [{"text": text, "date": "2026-11-17"}]
    assert_sound()


@pytest.mark.parametrize(
    "changed",
    [
        {"patient": "nobody"}, {"patient": None}, {"patient": "\x00"}, {"text": ""}, {"text": " \n"}, {"text": None},
        {"text": "x" * 4001}, {"text": "a\x1b[2J"}, {"date": "17/11/2026"}, {"date": None}, {"date": "2026-13-01"},
    ],
)  # fmt: skip
def test_a_wrong_note_is_refused(gate: Gate, changed: dict[str, object]) -> None:
    given = {"patient": patient("7001"), "text": "Nom d’usage contesté.", "date": "2026-11-17"}
    result = gate.act("patient.note", **{**given, **changed})
    assert not result.done and result.text_fr and result.text_en
    assert_sound()


def test_stays_are_told_with_their_identity(gate: Gate) -> None:
    StayState.objects.create(id="s1", domain_id=1, patient=patient("7003"), version=1, state=b'{"id":"s1"}')
    StayState.objects.create(id="s2", domain_id=1, patient=patient("7002"), version=1, state=b'{"id":"s2"}')
    found = export("7001", gate)
    assert [one.stays for one in found.identities] == [(), ({"id": "s1"},)]
    assert found.simulation is False
