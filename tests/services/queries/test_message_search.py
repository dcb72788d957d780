"""Messages found whatever is asked and however long the journal is: by an index, or a bounded part at a time."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ecluse.services.queries import message_search
from ecluse.services.queries.message_search import MessageFilter, at_line, search
from ecluse.services.queries.patients import PatientReader
from tests.services.feeding import Gate, adt, odd
from tests.store.databases import StorePlace


def a08(control: str, application: str = "GAM") -> bytes:
    return adt(control=control, application=application).replace(b"ADT^A28^ADT_A05", b"ADT^A08^ADT_A01")


@pytest.fixture
def gate(store: StorePlace) -> Gate:
    """1 A28 of GAM, 2 A31 of GAM, 3 A08 of GAM refused, 4 A28 of LABO, 5 A08 of LABO refused, 6 bytes, 7 an act."""
    gate = Gate()
    gate.receive(adt(control="C1", ipp="7001"))
    gate.receive(adt("A31", control="C2", ipp="7001", street="2 RUE NEUVE"))
    gate.receive(a08("C3"))
    gate.receive(adt(control="C1", ipp="7002", application="LABO"))
    gate.receive(a08("C5", "LABO"))
    gate.receive(odd("alien", b"GET / HTTP/1.1\r\n"))
    gate.act("sender.confirm", application="GAM", facility="VALMONT")
    return gate


def found(**wanted: object) -> list[int]:
    return [one.seq for one in search(MessageFilter(**wanted)).lines]  # type: ignore[arg-type]


@pytest.mark.usefixtures("gate")
def test_each_filter_keeps_its_lines() -> None:
    assert found() == [6, 5, 4, 3, 2, 1]
    assert found(sender=1) == [3, 2, 1]
    assert found(answer="AA") == [4, 2, 1]
    assert found(answer="AR") == [5, 3]
    assert found(answer="refused") == [5, 3]
    assert found(answer="refused", sender=2) == [5]
    assert found(answer="AE") == []
    assert found(answer="none") == [6]
    assert found(kind="act") == [7]
    assert found(event="A31") == [2]
    assert found(kind="unreadable") == [6]
    assert found(control="C1") == [4, 1]
    assert found(control="C1", sender=2) == [4]
    assert found(control="C") == []
    assert found(rule="IDN-MSH-9-004") == [5, 3]
    assert found(rule="IDN-MSH-9-004", sender=1) == [3]
    assert found(rule="SRV-MSG-003") == [6]
    assert found(rule="NONE") == []
    assert found(domains=frozenset([1])) == [5, 4, 3, 2, 1]
    assert found(domains=frozenset([9])) == []
    assert found(control="\x00") == []


@pytest.mark.usefixtures("gate")
def test_the_messages_of_a_patient() -> None:
    (patient,) = PatientReader("test").by_identifier("7001")
    assert found(patient=patient.id) == [2, 1]
    assert found(patient=patient.id, event="A28") == [1]
    assert found(patient=patient.id, control="C2") == [2]
    assert found(patient="nobody") == []


def test_times_bound_the_search(gate: Gate) -> None:
    when = datetime.fromtimestamp((gate.now - 3_000_000) / 1_000_000, UTC)  # line 4 came then
    assert found(since=when) == [6, 5, 4]
    assert found(until=when) == [3, 2, 1]
    assert found(until=when, answer="refused") == [3]
    assert at_line(gate.now - 3_000_000) == 4
    assert (at_line(0), at_line(gate.now + 1)) == (1, 8)


@pytest.mark.usefixtures("gate")
def test_pages_follow_one_another() -> None:
    for wanted in (MessageFilter(), MessageFilter(answer="refused"), MessageFilter(event="A28")):
        whole = [one.seq for one in search(wanted).lines]
        seen: list[int] = []
        after = None
        while True:
            page = search(wanted, after, limit=1)
            seen += [one.seq for one in page.lines]
            if page.next is None:
                break
            after = page.next
        assert seen == whole


@pytest.mark.usefixtures("gate")
def test_a_search_that_no_index_serves_looks_at_a_bounded_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_search, "WINDOW", 3)
    first = search(MessageFilter(event="A31"))
    assert (first.lines, first.next) == ((), "5")
    assert first.searched_to is not None
    second = search(MessageFilter(event="A31"), first.next)
    assert [one.seq for one in second.lines] == [2]
    assert second.next == "2"
    assert search(MessageFilter(event="A31"), second.next) == message_search.MessagePage((), None)


@pytest.mark.usefixtures("gate")
def test_too_many_candidates_of_an_index_are_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(message_search, "CANDIDATES", 1)
    first = search(MessageFilter(answer="refused", event="A09"))
    assert (first.lines, first.next) == ((), "6")
    (patient,) = PatientReader("test").by_identifier("7001")
    page = search(MessageFilter(patient=patient.id))
    assert ([one.seq for one in page.lines], page.next) == ([2], "2")
    assert [one.seq for one in search(MessageFilter(patient=patient.id), "2").lines] == [1]
    assert found(control="C1") == [4, 1]
