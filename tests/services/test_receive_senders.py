"""Who sends: unknown senders, refused ones, quotas, strictness (design: identity model)."""

from __future__ import annotations

import json

import pytest

from ecluse.services.intake_settings import ListenerRule
from ecluse.services.queries.patients import PatientReader
from tests.services.feeding import HOUR, MARIN, NIR, Gate, adt, assert_sound, findings, journal, rows
from tests.store.databases import StorePlace

pytestmark = pytest.mark.usefixtures("store")

SENDERS = "SELECT application, facility, listener, status FROM store_sender ORDER BY id"


def listener(unknown: str) -> dict[str, ListenerRule]:
    return {"main": ListenerRule(unknown=unknown)}


def test_an_unknown_sender_is_registered_to_confirm_and_its_message_integrated() -> None:
    gate = Gate()
    assert gate.codes(adt(status="VALI", ins=MARIN)) == ["AA"]
    assert rows(SENDERS) == [("GAM", "VALMONT", "main", "to_confirm")]
    (patient,) = PatientReader("test").by_identifier("7001")
    assert patient.ins is None
    assert patient.ins_reason is not None and patient.ins_reason.code == "sender"


def test_its_first_message_says_so() -> None:
    gate = Gate()
    gate.receive(adt(), adt("A31", "C2"))
    assert "SRV-SND-003" in findings(1)
    assert "SRV-SND-003" not in findings(2)


def test_a_listener_may_refuse_unknown_senders() -> None:
    gate = Gate(listeners=listener("refuse"))
    assert gate.codes(adt()) == ["AR 207"]
    assert rows(SENDERS) == [("GAM", "VALMONT", "main", "refused")]
    assert journal() == [("message", "AR", "207")]
    assert rows("SELECT count(*) FROM store_patientstate") == [(0,)]


def test_a_listener_may_confirm_unknown_senders_in_a_test_environment() -> None:
    gate = Gate(listeners=listener("confirm"))
    gate.receive(adt(status="VALI", ins=MARIN))
    assert rows(SENDERS) == [("GAM", "VALMONT", "main", "confirmed")]
    (patient,) = PatientReader("test").by_identifier("7001")
    assert patient.ins is not None and patient.ins.matricule == MARIN


def test_in_production_a_person_confirms() -> None:
    gate = Gate(listeners=listener("confirm"), environment="production")
    gate.receive(adt(status="VALI", ins=MARIN, ins_from=NIR))
    assert rows(SENDERS) == [("GAM", "VALMONT", "main", "to_confirm")]


def test_two_senders_of_one_batch_get_two_places() -> None:
    gate = Gate()
    gate.receive(adt(), adt(application="DPI", control="D1", ipp="7002"), adt("A31", "C2"))
    assert [row[0] for row in rows(SENDERS)] == ["GAM", "DPI"]
    assert rows("SELECT sender_id FROM store_journalentry ORDER BY seq") == [(1,), (2,), (1,)]


def test_too_many_unknown_senders_get_ar_207_and_are_not_registered() -> None:
    gate = Gate(unknown_senders=2)
    codes = gate.codes(
        *[adt(application=f"APP{number}", control=f"C{number}", ipp=str(number)) for number in range(4)]
    )
    assert codes == ["AA", "AA", "AR 207", "AR 207"]
    assert len(rows(SENDERS)) == 2
    assert "SRV-SND-002" in findings(3)
    # Those that are known go on; a place is free again once one is confirmed.
    assert gate.codes(adt("A31", "C9", application="APP0", ipp="0")) == ["AA"]
    gate.act("sender.confirm", application="APP0", facility="VALMONT")
    assert gate.codes(adt(application="APP3", control="C8", ipp="3")) == ["AA"]
    assert_sound()


def test_refused_unknown_senders_have_a_quota_too() -> None:
    gate = Gate(unknown_senders=2, listeners=listener("refuse"))
    codes = gate.codes(*[adt(application=f"APP{number}", control=f"C{number}") for number in range(4)])
    assert codes == ["AR 207"] * 4
    assert len(rows(SENDERS)) == 2


def test_a_strict_sender_is_refused_what_a_tolerant_one_is_accepted() -> None:
    gate = Gate()
    faulty = adt(status="VALI", ins=MARIN).replace(b"|19700112|M|", b"|19700112|Q|")
    assert gate.codes(faulty) == ["AA"]
    assert '"error"' in findings(1)
    events = rows("SELECT count(*) FROM store_storedevent")
    gate.act("sender.confirm", application="GAM", facility="VALMONT", policy="strict")
    (code,) = gate.codes(faulty.replace(b"|C1|", b"|C2|"))
    assert code.startswith("AE 1")
    assert rows("SELECT count(*) FROM store_storedevent") == events
    assert gate.codes(adt("A31", "C3")) == ["AA"]
    assert_sound()


def test_domains_do_not_share_their_numbers(store: StorePlace) -> None:
    gate = Gate()
    gate.act(
        "sender.add", application="LGC", facility="CABINET", domain="cabinet", domain_oid="1.2.250.1.999.7.1"
    )
    assert gate.codes(adt(), adt(application="LGC", facility="CABINET", name="KERN")) == ["AA", "AA"]
    found = {one.domain.name: one.traits.birth_name for one in PatientReader("test").by_identifier("7001")}
    assert found == {"défaut": "BRIAND", "cabinet": "KERN"}
    assert_sound()


def test_an_act_keeps_its_place_in_the_journal() -> None:
    gate = Gate()
    gate.receive(adt())
    result = gate.act("sender.refuse", application="GAM", facility="VALMONT")
    assert (result.done, result.seq) == (True, 2)
    assert gate.codes(adt("A31", "C2")) == ["AR 207"]
    assert [kind for kind, *_ in journal()] == ["message", "act", "message"]
    details = json.loads(bytes(rows("SELECT details FROM store_journalentry WHERE seq = 2")[0][0]))
    assert details["operator"] == "cli:claire" and details["act"] == "sender.refuse"
    assert_sound()


def test_what_nobody_vouches_for_is_kept_up_to_a_quota_of_bytes_a_day() -> None:
    gate = Gate(refused_bytes=1000)
    noise = b"x" * 600
    assert [one.close for one in gate.receive(noise, noise, noise)] == [True] * 3
    assert len(journal()) == 2
    answers = gate.receive(adt("A08", "C1"), adt("A28", "C2"))
    assert b"SRV-MSG-008" in answers[0].data and answers[0].close
    assert b"MSA|AA|C2" in answers[1].data, "what can be integrated is, all the same"
    gate.act("sender.confirm", application="GAM", facility="VALMONT")
    assert gate.codes(adt("A08", "C3")) == ["AR 201"]
    assert [answer for kind, answer, _ in journal() if kind == "message"] == ["AA", "AR"]
    gate.now += 24 * HOUR
    gate.receive(noise)
    assert journal()[-1][0] == "unreadable"
    assert_sound()
