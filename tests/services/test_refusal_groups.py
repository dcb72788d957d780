"""Refusals gathered by rule and sender: counted as the journal tells them, cared for by acts, resolved until they come
back; the same after a rebuild and after a purge.
"""

from __future__ import annotations

import pytest
from django.db import connection

from ecluse.services import index_refusals
from ecluse.services.index_refusals import catch_up, rebuild
from ecluse.services.queries import refusal_groups as groups
from ecluse.services.queries.presentation import moment
from ecluse.services.queries.refusal_groups import Attention, GroupFilter
from ecluse.services.rebuild_states import rebuild_states
from ecluse.store.models.outbox import Position
from ecluse.store.models.refusals import SenderTally
from tests.services.fed import execute
from tests.services.feeding import HOUR, Gate, adt, assert_sound, odd, rows

pytestmark = pytest.mark.usefixtures("store")

A08, B08 = "1-IDN-MSH-9-004", "2-IDN-MSH-9-004"
"""Groups of the event A08, which France excludes: of the first sender and of the second."""


def refused(gate: Gate, *controls: str, application: str = "GAM") -> None:
    for control in controls:
        message = adt(control=control, application=application).replace(
            b"ADT^A28^ADT_A05", b"ADT^A08^ADT_A01"
        )
        assert gate.codes(message) == ["AR 201"]


def caught_up(gate: Gate) -> dict[str, tuple[int, int, str]]:
    """Groups by id: count, refusals since resolved, state."""
    assert catch_up()
    found = groups.page(GroupFilter("all"), gate.now)
    return {one.id: (one.count, one.since, one.state) for one in found.groups}


def test_refusals_of_one_sender_for_one_rule_are_one_group() -> None:
    gate = Gate()
    gate.receive(adt())
    refused(gate, "R1", "R2")
    refused(gate, "R3", application="LABO")
    assert caught_up(gate) == {A08: (2, 0, "open"), B08: (1, 0, "open")}
    refused(gate, "R4")
    assert caught_up(gate) == {A08: (3, 0, "open"), B08: (1, 0, "open")}
    found = groups.show(A08, gate.now)
    assert found is not None
    line = found.group
    assert line.sender is not None and (line.sender.application, line.sender.facility) == ("GAM", "VALMONT")
    assert line.text.fr.startswith("L’événement A08 est exclu en France")
    assert line.text.en.startswith("Event A08")
    assert (line.last_seq, line.last) == (5, moment(gate.now))
    assert [(step.kind, step.seq, step.by) for step in found.steps] == [("first", 2, "")]
    assert found.days[-1].count == 3 and sum(day.count for day in found.days) == 3
    assert [one.id for one in found.similar] == [B08]
    assert [one.seq for one in groups.messages(A08).lines] == [5, 3, 2]
    assert groups.of_line(4) == B08 and groups.of_line(1) is None


def test_what_could_not_be_read_is_grouped_without_a_sender() -> None:
    gate = Gate()
    gate.receive(odd("alien", b"GET / HTTP/1.1\r\n"), odd("unreadable", b"MSH|||||"))
    assert caught_up(gate) == {"0-SRV-MSG-003": (1, 0, "open"), "0-SRV-MSG-001": (1, 0, "open")}
    found = groups.show("0-SRV-MSG-003", gate.now)
    assert found is not None and found.group.sender is None


def test_a_resolved_group_marks_what_follows_as_come_back() -> None:
    gate = Gate()
    refused(gate, "R1", "R2")
    assert caught_up(gate) == {A08: (2, 0, "open")}
    done = gate.act("refusal-group.resolve", groups=[A08], note="Corrigé par l’éditeur en 4.2.")
    assert (done.done, done.seq) == (True, 3)
    assert caught_up(gate) == {A08: (2, 0, "resolved")}
    assert groups.attention(gate.now) == Attention(0, 0, 0)
    assert groups.page(GroupFilter(), gate.now).groups == ()
    refused(gate, "R3", "R4")
    assert caught_up(gate) == {A08: (4, 2, "back")}
    assert groups.attention(gate.now) == Attention(1, 1, 1)
    found = groups.show(A08, gate.now)
    assert found is not None
    assert [(one.kind, one.seq, one.by, one.text) for one in found.steps] == [
        ("again", 4, "", ""),
        ("resolve", 3, "cli:claire", "Corrigé par l’éditeur en 4.2."),
        ("first", 1, "", ""),
    ]
    assert gate.act("refusal-group.resolve", groups=[A08]).done
    assert caught_up(gate) == {A08: (4, 0, "resolved")}
    assert gate.act("refusal-group.reopen", groups=[A08]).done
    assert caught_up(gate) == {A08: (4, 0, "open")}
    assert_sound()


def test_a_refusal_not_indexed_yet_when_its_group_is_resolved_is_not_told_as_come_back() -> None:
    gate = Gate()
    refused(gate, "R1")
    catch_up()
    refused(gate, "R2")
    gate.act("refusal-group.resolve", groups=[A08])
    assert caught_up(gate) == {A08: (2, 0, "resolved")}


def test_owner_note_and_silence() -> None:
    gate = Gate()
    refused(gate, "R1")
    catch_up()
    assert groups.attention(gate.now) == Attention(1, 1, 0)
    assert gate.act("refusal-group.assign", groups=[A08], owner="Équipe interfaces").done
    assert gate.act("refusal-group.note", groups=[A08], note="Ticket 8812.\nRelance le 24.").done
    until = moment(gate.now + HOUR)
    assert gate.act("refusal-group.mute", groups=[A08], until=until).done
    catch_up()
    (line,) = groups.page(GroupFilter("muted"), gate.now).groups
    assert (line.owner, line.note) == ("Équipe interfaces", "Ticket 8812.\nRelance le 24.")
    assert (line.state, line.muted_until) == ("muted", until)
    assert groups.attention(gate.now) == Attention(0, 0, 0)
    refused(gate, "R2")
    assert caught_up(gate) == {A08: (2, 0, "muted")}
    assert groups.attention(gate.now + HOUR) == Attention(1, 0, 0)
    assert gate.act("refusal-group.mute", groups=[A08], until="").done
    assert caught_up(gate) == {A08: (2, 0, "open")}
    assert [one.owner for one in groups.page(GroupFilter(owner="Équipe interfaces"), gate.now).groups] == [
        "Équipe interfaces"
    ]
    assert groups.page(GroupFilter(owner=""), gate.now).groups == ()
    assert_sound()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("assign", {"groups": [], "owner": "X"}),
        ("assign", {"groups": ["9-NONE"], "owner": "X"}),
        ("assign", {"groups": [A08], "owner": ""}),
        ("assign", {"groups": [A08], "owner": "X\nY"}),
        ("assign", {"groups": [A08], "owner": "X" * 121}),
        ("assign", {"groups": A08, "owner": "X"}),
        ("assign", {"groups": [A08, 3], "owner": "X"}),
        ("note", {"groups": [A08], "note": "\x00"}),
        ("note", {"groups": [A08], "note": "\ud800"}),
        ("mute", {"groups": [A08], "until": "demain"}),
        ("mute", {"groups": [A08], "until": "2026-11-19T10:00:00"}),
        ("mute", {"groups": [A08], "until": "2020-11-19T10:00:00Z"}),
        ("mute", {"groups": [A08], "until": "2027-11-19T10:00:00Z"}),
        ("mute", {"groups": [A08], "until": ""}),
        ("reopen", {"groups": [A08]}),
    ],
)
def test_a_wrong_act_is_refused_and_says_why(name: str, arguments: dict[str, object]) -> None:
    gate = Gate()
    refused(gate, "R1")
    catch_up()
    result = gate.act(f"refusal-group.{name}", **arguments)
    assert not result.done and result.text_fr and result.text_en
    assert caught_up(gate) == {A08: (1, 0, "open")}


def test_several_groups_are_resolved_by_one_act() -> None:
    gate = Gate()
    refused(gate, "R1")
    refused(gate, "R2", application="LABO")
    catch_up()
    assert gate.act("refusal-group.resolve", groups=[A08, B08]).done
    assert caught_up(gate) == {A08: (1, 0, "resolved"), B08: (1, 0, "resolved")}
    assert not gate.act("refusal-group.resolve", groups=[A08, B08]).done


def test_filled_again_the_tables_are_the_same() -> None:
    gate = Gate()
    gate.receive(adt())
    refused(gate, "R1", "R2")
    catch_up()
    gate.act("refusal-group.assign", groups=[A08], owner="Claire")
    catch_up()
    gate.act("refusal-group.resolve", groups=[A08], note="Corrigé.")
    refused(gate, "R3")
    catch_up()
    before, tallies = groups.show(A08, gate.now), rows("SELECT * FROM store_sendertally")
    rebuild()
    assert groups.show(A08, gate.now) == before
    assert rows("SELECT * FROM store_sendertally") == tallies


def test_a_group_outlives_the_bytes_of_its_messages() -> None:
    gate = Gate()
    refused(gate, "R1", "R2")
    catch_up()
    rows_before = groups.messages(A08)
    execute("DELETE FROM store_rawmessage WHERE seq = 1")
    rebuild()
    assert caught_up(gate) == {A08: (2, 0, "open")}
    assert groups.messages(A08) == rows_before


def test_many_lines_are_indexed_go_after_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_refusals, "LINES_AT_ONCE", 2)
    gate = Gate()
    gate.receive(adt())
    refused(gate, "R1", "R2", "R3")
    assert not catch_up(goes=1)
    assert catch_up()
    assert caught_up(gate) == {A08: (3, 0, "open")}
    (tally,) = SenderTally.objects.all()
    assert (tally.accepted, tally.refused, tally.rejected, tally.silent) == (1, 0, 3, 0)
    assert (tally.last_seq, tally.last_at) == (4, gate.now)


def test_lines_that_another_process_took_are_not_counted_twice() -> None:
    gate = Gate()
    refused(gate, "R1")
    catch_up()
    refused(gate, "R2")
    index_refusals._go(0, 2)
    assert caught_up(gate) == {A08: (2, 0, "open")}
    assert Position.objects.get(name="refusals").value == "2"


def test_somebody_sees_the_groups_of_the_senders_of_her_domains_only() -> None:
    gate = Gate()
    gate.act(
        "sender.add", application="LABO", facility="VALMONT", domain="labo", domain_oid="1.2.250.1.999.3"
    )
    refused(gate, "R1")
    refused(gate, "R2", application="LABO")
    gate.receive(odd("alien", b"GET / HTTP/1.1\r\n"))
    catch_up()
    everything = {one.id for one in groups.page(GroupFilter("all"), gate.now).groups}
    (labo,) = {one.id for one in groups.page(GroupFilter("all"), gate.now, frozenset([2])).groups}
    assert len(everything) == 3 and labo in everything and labo.endswith("IDN-MSH-9-004")
    assert groups.attention(gate.now, frozenset([2])).groups == 1
    assert groups.show("0-SRV-MSG-003", gate.now, frozenset([2])) is None
    other = next(one for one in everything if one.endswith("004") and one != labo)
    assert groups.show(other, gate.now, frozenset([2])) is None
    mine = groups.show(labo, gate.now, frozenset([2]))
    assert mine is not None and mine.similar == ()


def test_groups_come_page_after_page() -> None:
    gate = Gate()
    for number in range(5):
        refused(gate, f"R{number}", application=f"APP{number}")
    catch_up()
    first = groups.page(GroupFilter(), gate.now, limit=2)
    second = groups.page(GroupFilter(), gate.now, after=first.next, limit=2)
    third = groups.page(GroupFilter(), gate.now, after=second.next, limit=2)
    names = [one.sender.application for page in (first, second, third) for one in page.groups if one.sender]
    assert names == ["APP4", "APP3", "APP2", "APP1", "APP0"]
    assert third.next is None


def test_a_rebuild_of_the_states_fills_the_groups_again() -> None:
    gate = Gate()
    refused(gate, "R1", "R2")
    catch_up()
    gate.act("refusal-group.assign", groups=[A08], owner="Claire")
    catch_up()
    execute("UPDATE store_refusalgroup SET count = 99, owner = 'Eve'")
    rebuild_states()
    assert rows("SELECT * FROM store_refusalgroup") == []
    assert caught_up(gate) == {A08: (2, 0, "open")}
    assert rows("SELECT owner FROM store_refusalgroup") == [("Claire",)]


def test_findings_that_were_damaged_do_not_stop_the_index() -> None:
    gate = Gate()
    refused(gate, "R1", "R2")
    hexadecimal = b"damaged".hex()
    value = f"x'{hexadecimal}'" if connection.vendor == "sqlite" else f"decode('{hexadecimal}', 'hex')"
    execute(f"UPDATE store_rawmessage SET findings = {value} WHERE seq = 1")
    assert caught_up(gate) == {A08: (1, 0, "open")}
