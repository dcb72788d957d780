"""Refusals of the last days, by rule and by sender."""

from __future__ import annotations

import msgspec
import pytest

from ecluse.protocols.findings import Finding
from ecluse.services.index_refusals import catch_up
from ecluse.services.queries.refusal_matrix import matrix
from ecluse.store.models import JournalEntry, Sender
from tests.conftest import NOW
from tests.store.writing import Writer

pytestmark = pytest.mark.usefixtures("store")

DAY = 86_400_000_000


def refused(*told: tuple[str, int, int]) -> None:
    """Refusals of a rule, to a sender, so many days before now."""
    writer = Writer()
    for number in {sender for _, sender, _ in told} - {0, 1}:
        Sender.objects.create(
            id=number, listener="main", application=f"A{number}", facility="F", domain_id=1,
            status="confirmed", policy="tolerant", first_seen=NOW,
        )  # fmt: skip
    for rule, sender, days in told:
        found = msgspec.json.encode([Finding(rule, "error")])
        seq = writer.message(answer="AE", code="101", findings=found)
        JournalEntry.objects.filter(seq=seq).update(sender_id=sender or None, at=NOW - days * DAY)
    catch_up()


def test_counts_are_crossed_the_most_refused_first() -> None:
    refused(("R-A", 1, 7), ("R-A", 2, 6), ("R-A", 2, 1), ("R-A", 1, 0), ("R-B", 2, 0), ("R-B", 0, 0))
    found = matrix(NOW)
    assert [one and one.application for one in found.senders] == ["A2", "GAM", None]
    assert [(one.rule, one.count, one.cells) for one in found.rows] == [
        ("R-A", 3, (2, 1, 0)),
        ("R-B", 2, (1, 0, 1)),
    ]
    assert found.rows[0].groups == ("2-R-A", "1-R-A", "0-R-A")
    assert (found.count, found.more_senders, found.more_rules) == (5, 0, 0)


def test_what_has_no_room_is_counted_all_the_same() -> None:
    refused(("R-A", 1, 0), ("R-A", 1, 0), ("R-A", 2, 0), ("R-B", 1, 0))
    found = matrix(NOW, senders=1, rules=1)
    assert [(one.rule, one.count, one.cells) for one in found.rows] == [("R-A", 3, (2,))]
    assert (found.count, found.more_senders, found.more_rules) == (4, 1, 1)


def test_senders_out_of_reach_are_not_told() -> None:
    refused(("R-A", 1, 0), ("R-A", 0, 0))
    assert matrix(NOW, frozenset({7})).rows == ()
    assert [one.cells for one in matrix(NOW, frozenset({1})).rows] == [(1,)]
