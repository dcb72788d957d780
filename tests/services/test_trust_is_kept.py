"""Who is trusted stands in the chained journal: changed behind its back, it is told; domains keep their identities."""

from __future__ import annotations

import pytest
from django.db import connection

from ecluse.services.intake_settings import ListenerRule
from ecluse.services.queries.patients import PatientReader
from ecluse.services.rebuild_states import compare_states, sentence
from ecluse.services.verify_journal import verify
from ecluse.store.models import Meta
from tests.services.feeding import MARIN, Gate, adt, assert_sound, journal, rows

pytestmark = pytest.mark.usefixtures("store")

GAM = {"application": "GAM", "facility": "VALMONT"}
ELSEWHERE = {"domain": "cabinet", "domain_oid": "1.2.250.1.999.3", "foreign": True}


def change(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def reason() -> str | None:
    (patient,) = PatientReader("test").by_identifier("7001")
    assert (patient.ins is None) == (patient.ins_reason is not None)
    return patient.ins_reason.code if patient.ins_reason else None


def test_a_sender_of_identities_does_not_leave_its_domain() -> None:
    gate = Gate()
    gate.receive(adt(status="VALI", ins=MARIN))
    result = gate.act("sender.add", **GAM, **ELSEWHERE)
    assert not result.done
    assert "défaut" in result.text_fr and "MSH-3" in result.text_fr and "MSH-3" in result.text_en
    assert rows("SELECT name FROM store_domain") == [("défaut",)]
    assert rows("SELECT domain_id, status FROM store_sender") == [(1, "to_confirm")]
    assert reason() == "sender"
    assert_sound()


def test_a_sender_that_was_only_refused_may_still_change_its_domain() -> None:
    gate = Gate()
    gate.act("sender.add", **GAM)
    gate.receive(adt(processing="D").replace(b"ADT^A28^ADT_A05", b"ADT^A99^ADT_A99"))
    assert gate.act("sender.add", **GAM, **ELSEWHERE).done
    assert_sound()


def test_an_existing_domain_is_not_declared_otherwise() -> None:
    gate = Gate()
    assert gate.act("sender.add", **GAM, domain="cabinet", domain_oid="1.2.250.1.999.3").done
    other = {"application": "LGC", "facility": "CABINET"}
    assert not gate.act("sender.add", **other, domain="cabinet", foreign=True).done
    assert not gate.act("sender.add", **other, domain="cabinet", domain_oid="1.2.250.1.999.4").done
    assert gate.act("sender.add", **other, domain="cabinet", domain_oid="1.2.250.1.999.3").done
    assert_sound()


def test_only_a_sender_of_the_domain_of_the_patient_vouches_for_its_ins() -> None:
    gate = Gate()
    gate.act("sender.add", **GAM)
    gate.receive(adt(status="VALI", ins=MARIN))
    assert reason() is None
    gate.act("sender.add", application="LGC", facility="CABINET", **ELSEWHERE)
    change("UPDATE store_sender SET domain_id = 2 WHERE application = 'GAM'")
    assert reason() == "domain"
    change("UPDATE store_domain SET own = NOT own WHERE id = 2")
    assert reason() == "domain"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE store_sender SET status = 'confirmed' WHERE application = 'GAM'",
        "UPDATE store_sender SET domain_id = 1 WHERE application = 'LGC'",
        "UPDATE store_sender SET application = 'XX' WHERE application = 'LGC'",
        "DELETE FROM store_sender WHERE application = 'LGC'",
        "UPDATE store_domain SET own = NOT own WHERE id = 2",
        "UPDATE store_domain SET own = NOT own WHERE id = 1",
        "UPDATE store_domain SET oid = '1.2.3' WHERE id = 2",
    ],
)
def test_trust_changed_behind_the_journal_is_told(sql: str) -> None:
    gate = Gate()
    gate.receive(adt(status="VALI", ins=MARIN))
    gate.act("sender.refuse", **GAM)
    gate.act("sender.add", application="LGC", facility="CABINET", **ELSEWHERE)
    assert_sound()
    change(sql)
    for found in (verify(), verify(states=True)):
        assert not found.ok
        assert [one.code.partition("_")[0] in ("sender", "domain") for one in found.problems] == [True]
    (difference,) = compare_states().differences
    assert all(len(text) > 40 for text in sentence(difference))


def test_in_production_nobody_is_trusted_without_an_act() -> None:
    gate = Gate()
    gate.receive(adt())
    change("UPDATE store_sender SET status = 'confirmed'")
    Meta.objects.filter(name="environment").update(value="production")
    assert [one.code.partition("_")[0] for one in verify().problems] == ["sender"]


def test_the_journal_names_an_act_by_its_verb() -> None:
    gate = Gate()
    gate.act("sender.add", **GAM)
    gate.act("sender.refuse", **GAM)
    gate.act("sender.confirm", **GAM)
    assert [kind for kind, *_ in journal()] == ["act"] * 3
    assert rows("SELECT event FROM store_journalentry ORDER BY seq") == [("add",), ("refuse",), ("confirm",)]


def test_whom_a_listener_registers_is_told_by_the_first_line() -> None:
    gate = Gate(listeners={"main": ListenerRule(unknown="confirm")})
    gate.receive(adt(status="VALI", ins=MARIN), adt("A31", "C2", status="VALI"))
    assert reason() is None
    assert_sound()
    told = rows("SELECT details FROM store_journalentry ORDER BY seq")
    assert [b'"senders"' in one[0] for one in told] == [True, False]
    change("UPDATE store_sender SET policy = 'strict'")
    assert [one.code for one in verify().problems] == ["sender_different"]
