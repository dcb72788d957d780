"""One batch is decided while the one before is made durable: same results, nothing kept that depends on a loss."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from ecluse.services.answer import Answer
from ecluse.services.rebuild_states import compare_states
from ecluse.services.verify_journal import verify
from ecluse.store import ledger as ledger_module
from tests.services.feeding import HOUR, MARIN, Gate, adt, code, rows

pytestmark = pytest.mark.usefixtures("store")


def flow(gate: Gate, *batches: Sequence[bytes]) -> list[list[str]]:
    """Codes of the answers when every batch but the first has arrived while the one before was written."""
    waiting = [[gate.read(one) for one in batch] for batch in batches]
    now = gate.now

    def following() -> tuple[Sequence[object], int] | None:
        return (waiting.pop(0), now + 1) if waiting else None

    answers: list[list[Answer]] = list(gate.intake.work(waiting.pop(0), now, following))  # type: ignore[arg-type]
    return [[code(one) for one in batch] for batch in answers]


def assert_sound() -> None:
    assert verify().ok
    assert not compare_states().differences


def test_a_patient_moves_through_batches_that_overlap() -> None:
    gate = Gate()
    answers = flow(
        gate,
        [adt("A28", "C1"), adt("A28", "C2", "7002")],
        [
            adt("A31", "C3", ins=MARIN, status="VALI"),
            adt("A40", "C4", prior="7002^^^VALMONT&1.2.250.1.999.7.1&ISO^PI"),
        ],
        [adt("A31", "C5", "7002")],
        [adt("A31", "C6", street="9 QUAI SUD")],
    )
    assert answers == [["AA", "AA"], ["AA", "AA"], ["AE 204"], ["AA"]]
    assert_sound()


def test_a_message_repeated_in_the_next_batch_is_known() -> None:
    gate = Gate()
    first = adt("A28", "C1")
    assert flow(gate, [first], [first, adt("A31", "C1", street="2 RUE HAUTE")], [first]) == [
        ["AA"],
        ["AA", "AE 205"],
        ["AA"],
    ]
    assert rows("SELECT kind, count(*) FROM store_journalentry GROUP BY 1 ORDER BY 1") == [
        ("duplicate", 2),
        ("message", 2),
    ]
    assert_sound()


def test_what_was_decided_on_a_batch_that_is_lost_is_not_kept_either(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    assert flow(gate, [adt("A28", "C0", "7000")]) == [["AA"]]
    genuine = gate.intake.ledger.finish
    failures = iter([True])

    def fails_once() -> None:
        if next(failures, False):
            raise OSError("no room")
        genuine()

    monkeypatch.setattr(gate.intake.ledger, "finish", fails_once)
    answers = flow(
        gate,
        [adt("A28", "C1")],
        [adt("A31", "C2", street="4 RUE BASSE")],
        [adt("A28", "C3", "7003")],
    )
    assert answers == [["AR 207"], ["AR 207"], ["AA"]]
    assert rows("SELECT control_id FROM store_journalentry ORDER BY seq") == [("C0",), ("C3",)]
    assert flow(gate, [adt("A28", "C1")], [adt("A31", "C2", street="4 RUE BASSE")]) == [["AA"], ["AA"]]
    assert_sound()


def test_a_write_that_fails_does_not_take_the_next_batch_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    genuine = gate.intake.senders.write
    failures = iter([True])

    def fails_once() -> None:
        if next(failures, False):
            raise OSError("no room")
        genuine()

    monkeypatch.setattr(gate.intake.senders, "write", fails_once)
    assert flow(gate, [adt("A28", "C1")], [adt("A28", "C2", "7002")]) == [["AR 207"], ["AA"]]
    assert rows("SELECT control_id FROM store_journalentry") == [("C2",)]
    assert_sound()


def test_a_message_of_too_many_events_is_refused_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate()
    monkeypatch.setattr(ledger_module, "MOST_EVENTS", 1)
    crowded = adt("A31", "C2", ins=MARIN, status="VALI")
    assert flow(gate, [adt("A28", "C1"), crowded, adt("A28", "C3", "7003")]) == [["AA", "AR 207", "AA"]]
    monkeypatch.undo()
    assert flow(gate, [crowded]) == [["AA"]]
    assert_sound()


def test_the_first_of_two_messages_of_one_control_id_is_still_known_after_the_second() -> None:
    gate = Gate()
    old, new = adt("A28", "C1"), adt("A31", "C1", street="3 PLACE NEUVE")
    assert gate.codes(old) == ["AA"]
    gate.now += 25 * HOUR
    assert gate.codes(new) == ["AA"]
    gate.now += 25 * HOUR
    assert gate.codes(old) == ["AA"]
    assert rows("SELECT kind FROM store_journalentry ORDER BY seq") == [
        ("message",),
        ("message",),
        ("duplicate",),
    ]
    assert_sound()
