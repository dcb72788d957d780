"""Operators' acts: declared, confirmed and refused senders, each a line of the journal."""

from __future__ import annotations

import pytest

from ecluse.services.queries.patients import PatientReader
from tests.services.feeding import MARIN, Gate, adt, assert_sound, journal, rows

pytestmark = pytest.mark.usefixtures("store")

SENDERS = "SELECT application, facility, listener, domain_id, status, policy FROM store_sender ORDER BY id"
GAM = {"application": "GAM", "facility": "VALMONT"}


def ins() -> str | None:
    (patient,) = PatientReader("test").by_identifier("7001")
    return patient.ins.matricule if patient.ins else None


def test_confirming_a_sender_makes_its_ins_usable_and_refusing_it_unusable() -> None:
    gate = Gate()
    gate.receive(adt(status="VALI", ins=MARIN))
    assert ins() is None
    result = gate.act("sender.confirm", **GAM)
    assert (result.done, result.seq) == (True, 2)
    assert "GAM / VALMONT" in result.text_fr and "GAM / VALMONT" in result.text_en
    assert ins() == MARIN
    assert gate.act("sender.refuse", **GAM).done
    assert ins() is None
    assert gate.codes(adt("A31", "C2")) == ["AR 207"]
    assert gate.act("sender.confirm", **GAM).done
    assert gate.codes(adt("A31", "C2")) == ["AA"]
    assert [kind for kind, *_ in journal()] == ["message", "act", "act", "message", "act", "message"]
    assert_sound()


def test_a_sender_may_be_declared_before_its_first_message() -> None:
    gate = Gate()
    assert gate.act("sender.add", **GAM, policy="strict").done
    assert rows(SENDERS) == [("GAM", "VALMONT", "", 1, "confirmed", "strict")]
    assert gate.codes(adt(status="VALI", ins=MARIN)) == ["AA"]
    assert len(rows(SENDERS)) == 1
    assert ins() == MARIN


def test_declaring_a_sender_that_already_came_confirms_it() -> None:
    gate = Gate()
    gate.receive(adt(status="VALI", ins=MARIN))
    assert gate.act("sender.add", **GAM).done
    assert rows(SENDERS) == [("GAM", "VALMONT", "main", 1, "confirmed", "tolerant")]
    assert ins() == MARIN


def test_a_new_domain_has_its_authorities() -> None:
    gate = Gate()
    result = gate.act(
        "sender.add", application="LGC", facility="CABINET", domain="cabinet", domain_oid="1.2.250.1.999.3"
    )
    assert result.done and "«\N{NO-BREAK SPACE}cabinet\N{NO-BREAK SPACE}»" in result.text_fr
    assert rows("SELECT name, oid, own FROM store_domain ORDER BY id")[1:] == [
        ("cabinet", "1.2.250.1.999.3", True)
    ]
    again = gate.act("sender.add", application="DPI", facility="CABINET", domain="cabinet")
    assert again.done
    assert rows("SELECT domain_id FROM store_sender ORDER BY id") == [(2,), (2,)]
    assert_sound()


def test_changing_a_policy_keeps_the_rest() -> None:
    gate = Gate()
    gate.receive(adt())
    gate.act("sender.confirm", **GAM, policy="strict")
    assert rows(SENDERS) == [("GAM", "VALMONT", "main", 1, "confirmed", "strict")]
    gate.act("sender.refuse", **GAM)
    gate.act("sender.confirm", **GAM)
    assert rows(SENDERS) == [("GAM", "VALMONT", "main", 1, "confirmed", "strict")]


def test_an_act_on_one_listener_leaves_the_others() -> None:
    gate = Gate()
    gate.receive(adt())
    assert not gate.act("sender.confirm", **GAM, listener="other").done
    assert gate.act("sender.confirm", **GAM, listener="main").done


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("sender.confirm", {"application": "NOBODY", "facility": "NOWHERE"}),
        ("sender.remove", GAM),
        ("sender.add", {}),
        ("sender.add", {"application": None, "facility": "X"}),
        ("sender.confirm", {}),
    ],
)
def test_a_wrong_act_is_not_done_and_says_why(name: str, arguments: dict[str, str]) -> None:
    gate = Gate()
    gate.receive(adt())
    result = gate.act(name, **arguments)
    assert not result.done
    assert result.text_fr.strip() and result.text_en.strip()
    assert journal() == [("message", "AA", "")]
    assert gate.codes(adt("A31", "C2")) == ["AA"]
    assert_sound()


def test_names_are_kept_as_messages_bring_them() -> None:
    gate = Gate()
    for name in ("A\x00B", "L" * 500):
        assert gate.act("sender.add", application=name, facility="X").done
        assert gate.codes(
            adt(application=name, facility="X", control=name[:5], ipp=name[:5].replace("\x00", ""))
        ) == ["AA"]
    assert len(rows(SENDERS)) == 2
    assert_sound()


def test_editing_a_sender_leaves_its_status() -> None:
    gate = Gate()
    gate.receive(adt())
    assert gate.act("sender.edit", **GAM, policy="strict", timezone="Indian/Reunion").done
    assert rows(SENDERS) == [("GAM", "VALMONT", "main", 1, "to_confirm", "strict")]
    assert rows("SELECT zone FROM store_sender") == [("Indian/Reunion",)]
    assert gate.act("sender.edit", **GAM, timezone="").done
    assert rows("SELECT zone FROM store_sender") == [("",)]
    assert rows(SENDERS) == [("GAM", "VALMONT", "main", 1, "to_confirm", "strict")]
    assert_sound()


def test_a_sender_that_sent_identities_keeps_its_domain_when_it_is_edited() -> None:
    gate = Gate()
    gate.act("domain.add", name="labo", oid="1.2.250.1.999.3")
    gate.act("sender.add", **GAM)
    assert gate.act("sender.edit", **GAM, domain="labo").done
    assert gate.act(
        "sender.edit", **GAM, domain=rows("SELECT name FROM store_domain WHERE id = 1")[0][0]
    ).done
    gate.receive(adt())
    refused = gate.act("sender.edit", **GAM, domain="labo")
    assert not refused.done and "ne peut plus" in refused.text_fr
    for wrong in (
        {"domain": "nowhere"},
        {"timezone": "Mars/Olympus"},
        {"policy": "tolerant"},
        {"certificates": ["x"]},
    ):
        assert not gate.act("sender.edit", **GAM, **wrong).done
    assert_sound()
