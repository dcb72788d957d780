"""Messages received twice (design: the way of one message, duplicates)."""

from __future__ import annotations

import pytest

from tests.services.feeding import HOUR, Gate, adt, assert_sound, findings, journal, rows
from tests.store.databases import StorePlace

pytestmark = pytest.mark.usefixtures("store")

EVENTS = "SELECT count(*) FROM store_storedevent"


def test_the_same_bytes_get_aa_again_without_effect() -> None:
    gate = Gate()
    assert gate.codes(adt()) == ["AA"]
    before = rows(EVENTS)
    assert gate.codes(adt()) == ["AA"]
    assert rows(EVENTS) == before
    assert journal() == [("message", "AA", ""), ("duplicate", "AA", "")]
    assert "SRV-DUP-003" in findings(2)
    assert_sound()


def test_a_gateway_started_again_remembers_what_it_accepted() -> None:
    Gate().receive(adt())
    assert Gate().codes(adt(), adt(street="2 QUAI NORD")) == ["AA", "AE 205"]
    assert [kind for kind, *_ in journal()] == ["message", "duplicate", "message"]


def test_the_same_bytes_are_a_duplicate_whatever_the_time_between() -> None:
    gate = Gate()
    gate.receive(adt())
    gate.now += 400 * HOUR
    assert gate.codes(adt()) == ["AA"]
    assert journal()[1][0] == "duplicate"


def test_a_duplicate_of_a_duplicate_is_one_too() -> None:
    gate = Gate()
    assert [gate.codes(adt()) for _ in range(3)] == [["AA"]] * 3
    assert [kind for kind, *_ in journal()] == ["message", "duplicate", "duplicate"]


def test_other_bytes_with_the_same_control_id_get_ae_205() -> None:
    gate = Gate()
    assert gate.codes(adt(), adt(street="2 QUAI NORD")) == ["AA", "AE 205"]
    gate.now += 23 * HOUR
    assert gate.codes(adt(street="2 QUAI NORD")) == ["AE 205"]
    assert_sound()


def test_other_bytes_after_the_window_are_accepted_with_a_finding() -> None:
    gate = Gate()
    gate.receive(adt())
    gate.now += 24 * HOUR
    assert gate.codes(adt("A31", street="2 QUAI NORD")) == ["AA"]
    assert "SRV-DUP-002" in findings(2)
    # The window now counts from the second message.
    assert gate.codes(adt("A31", street="3 QUAI NORD")) == ["AE 205"]
    assert gate.codes(adt("A31", street="2 QUAI NORD")) == ["AA"]
    assert journal()[-1][0] == "duplicate"


def test_the_window_is_a_setting() -> None:
    gate = Gate(duplicate_window=HOUR)
    gate.receive(adt())
    gate.now += 2 * HOUR
    assert gate.codes(adt("A31")) == ["AA"]


def test_a_message_first_refused_is_decided_anew() -> None:
    gate = Gate()
    orphan = adt("A31", "C2", "", name="BRIAND")
    first = gate.codes(orphan)
    assert first[0].startswith("AE")
    assert gate.codes(orphan) == first
    assert [kind for kind, *_ in journal()] == ["message", "message"]


def test_a_refused_control_id_may_be_used_again_with_other_bytes() -> None:
    gate = Gate()
    assert gate.codes(adt("A08", "C2"))[0].startswith("AR 201")
    assert gate.codes(adt("A28", "C2")) == ["AA"]


def test_duplicates_inside_one_batch() -> None:
    gate = Gate()
    assert gate.codes(adt(), adt(), adt(street="2 QUAI NORD"), adt()) == ["AA", "AA", "AE 205", "AA"]
    assert [kind for kind, *_ in journal()] == ["message", "duplicate", "message", "duplicate"]
    assert rows("SELECT count(*) FROM store_storedevent WHERE type = 'patient.created'") == [(1,)]
    assert_sound()


def test_without_control_id_nothing_is_a_duplicate() -> None:
    gate = Gate()
    assert gate.codes(adt("A31", ""), adt("A31", ""), adt("A31", "", street="2 QUAI NORD")) == ["AA"] * 3
    assert [kind for kind, *_ in journal()] == ["message"] * 3


def test_each_sender_counts_for_itself() -> None:
    gate = Gate()
    assert gate.codes(adt(), adt(application="DPI", street="2 QUAI NORD")) == ["AA", "AA"]
    assert gate.codes(adt(application="DPI", street="2 QUAI NORD"), adt()) == ["AA", "AA"]
    assert [kind for kind, *_ in journal()] == ["message", "message", "duplicate", "duplicate"]


def test_long_control_ids_that_begin_alike_are_not_the_same(store: StorePlace) -> None:
    gate = Gate()
    one, other = "X" * 300 + "1", "X" * 300 + "2"
    assert gate.codes(adt("A31", one), adt("A31", other), adt("A31", one)) == ["AA", "AA", "AA"]
    assert [kind for kind, *_ in journal()] == ["message", "message", "duplicate"]
    assert Gate().codes(adt("A31", other), adt("A31", one, street="2 QUAI NORD")) == ["AA", "AE 205"]


def test_a_control_id_with_a_nul_is_kept_on_every_database(store: StorePlace) -> None:
    gate = Gate()
    assert gate.codes(adt(control="A\x00B")) == ["AA"]
    assert gate.codes(adt(control="A\x00B")) == ["AA"]
    assert [kind for kind, *_ in journal()] == ["message", "duplicate"]
    assert_sound()
