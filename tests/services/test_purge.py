"""A purge removes bytes and nothing else: what they were stays proved, and what else is missing is still noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from ecluse.services import purge_journal
from ecluse.services.acts import retention
from ecluse.services.purge_journal import Purged, Wish, purge_all, purgeable
from ecluse.services.queries import journal as reading
from ecluse.services.queries.refusals import RefusalReader
from ecluse.services.verify_journal import verify
from ecluse.services.wire import ActResult
from ecluse.services.write_checkpoint import write_checkpoint
from ecluse.store.models import JournalEntry, Meta, RawMessage, StoredEvent
from ecluse.store.models.retention import Purge
from tests.conftest import NOW
from tests.services.feeding import MARIN, Gate, adt, assert_sound, odd
from tests.store.databases import StorePlace

SECOND = 1_000_000


@pytest.fixture
def gate(store: StorePlace) -> Gate:
    """Six lines, one second apart: a creation, something unreadable, a refusal, an act, an update, a duplicate."""
    made = Gate()
    made.receive(adt(status="VALI", ins=MARIN))
    made.receive(odd("alien", b"GET / HTTP/1.1"))
    made.receive(adt("A40", "C2", prior="7999^^^VALMONT&1.2.250.1.999.7.1&ISO^PI", ipp=""))
    made.act("sender.confirm", application="GAM", facility="VALMONT")
    made.receive(adt("A31", "C3", status="VALI", ins=MARIN))
    made.receive(adt("A31", "C3", status="VALI", ins=MARIN))
    return made


def purge(store: StorePlace, gate: Gate, *wishes: Wish, most: int | None = None) -> tuple[Purged, ...]:
    """Purge by the acts of this intake."""

    def perform(name: str, arguments: dict[str, Any]) -> ActResult:
        return gate.act(name, **arguments)

    gate.now += SECOND
    return purge_all(wishes, (store.data, store.secrets), perform, gate.now, most=most)[1]


def kept() -> list[int]:
    """Lines that still have their bytes."""
    return list(RawMessage.objects.order_by("seq").values_list("seq", flat=True))


def codes() -> list[tuple[int | None, str]]:
    return [(one.seq, one.code) for one in verify().problems]


def test_messages_go_and_the_journal_still_verifies(store: StorePlace, gate: Gate) -> None:
    lines = list(JournalEntry.objects.order_by("seq").values_list("seq", "digest"))
    (done,) = purge(store, gate, Wish("messages", gate.now + SECOND))
    assert (done.lines, done.acts, done.damaged, done.refused, done.more) == (4, (7,), (), None, False)
    assert kept() == [2, 4, 7]
    assert list(JournalEntry.objects.filter(seq__lt=7).order_by("seq").values_list("seq", "digest")) == lines
    assert_sound()


def test_only_what_is_older_goes(store: StorePlace, gate: Gate) -> None:
    wish = Wish("messages", NOW + 5 * SECOND)
    counted = purgeable(wish)
    assert (counted.lines, counted.first, counted.last) == (2, 1, 3)
    (done,) = purge(store, gate, wish)
    assert (done.lines, done.bytes) == (counted.lines, counted.bytes)
    assert kept() == [2, 4, 5, 6, 7]
    assert purge(store, gate, wish) == ()
    assert not Purge.objects.exclude(seq=7).exists()
    (later,) = purge(store, gate, Wish("messages", gate.now))
    assert later.lines == 2
    assert [(one.first, one.last, one.count) for one in Purge.objects.order_by("seq")] == [
        (1, 3, 2),
        (5, 6, 2),
    ]
    assert_sound()


def test_what_is_no_message_has_its_own_category_and_acts_are_never_purged(
    store: StorePlace, gate: Gate
) -> None:
    both = [Wish(name, gate.now + SECOND) for name in ("messages", "unreadable")]
    assert [one.lines for one in purge(store, gate, *both)] == [4, 1]
    kinds = JournalEntry.objects.filter(seq__in=kept()).values_list("kind", flat=True)
    assert set(kinds) == {"act"}
    assert_sound()


def test_the_act_says_who_asked_and_the_line_says_when_it_was_purged(store: StorePlace, gate: Gate) -> None:
    purge(store, gate, Wish("messages", gate.now + SECOND))
    shown = reading.show(3)
    assert shown is not None and shown.purged is not None
    assert (shown.text, shown.answered, shown.size, shown.findings) == (None, None, None, ())
    assert (shown.purged.line, shown.purged.by, shown.purged.category) == (7, "cli:claire", "messages")
    assert reading.received(3) is None
    for line in (2, 4, 7):
        untouched = reading.show(line)
        assert untouched is not None and untouched.purged is None and untouched.text is not None
    (refusal, *_) = [one for one in RefusalReader().read() if one.seq == 3]
    assert "(ligne 7)" in refusal.fr and "(line 7)" in refusal.en


def test_a_message_already_accepted_is_still_recognised(store: StorePlace, gate: Gate) -> None:
    purge(store, gate, Wish("messages", gate.now + SECOND))
    assert gate.codes(adt("A31", "C3", status="VALI", ins=MARIN)) == ["AA"]
    assert gate.codes(adt("A31", "C3", street="2 RUE DU PORT")) == ["AE 205"]
    assert JournalEntry.objects.get(seq=8).kind == "duplicate"


def test_small_batches_leave_room_for_the_intake(
    store: StorePlace, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "LINES", 3)
    wish = Wish("messages", gate.now + SECOND)
    (first,) = purge(store, gate, wish, most=1)
    assert (first.lines, first.more) == (3, True)
    assert gate.codes(adt("A31", "C9", status="VALI", ins=MARIN)) == ["AA"]
    (second,) = purge(store, gate, wish)
    assert (second.lines, second.more) == (1, False)
    assert_sound()


def test_large_messages_are_few_in_an_act(
    store: StorePlace, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BYTES", 10)
    (done,) = purge(store, gate, Wish("messages", gate.now + SECOND))
    assert (done.lines, len(done.acts)) == (4, 4)
    assert_sound()


def test_a_clock_that_went_back_makes_nothing_go_early(store: StorePlace, gate: Gate) -> None:
    gate.now -= 4 * SECOND
    gate.receive(adt("A31", "C8", status="VALI", ins=MARIN))
    wish = Wish("messages", NOW + 5 * SECOND)
    purge(store, gate, wish)
    assert kept()[:5] == [2, 4, 5, 6, 7]


def test_a_line_that_is_no_longer_what_was_kept_keeps_its_bytes(store: StorePlace, gate: Gate) -> None:
    RawMessage.objects.filter(seq=3).update(findings=b"[]")
    (done,) = purge(store, gate, Wish("messages", gate.now + SECOND))
    assert (done.lines, done.damaged) == (3, (3,))
    assert 3 in kept() and codes() == [(3, "result")]


def test_bytes_that_were_missing_before_stay_missed(store: StorePlace, gate: Gate) -> None:
    RawMessage.objects.filter(seq=3).delete()
    purge(store, gate, Wish("messages", gate.now + SECOND))
    assert codes() == [(7, "purge")]


# ---- what a purge must not hide ---------------------------------------------------------------------


@pytest.fixture
def purged(store: StorePlace, gate: Gate) -> Gate:
    """The same journal, its three oldest lines purged of their messages under line 7."""
    purge(store, gate, Wish("messages", NOW + 5 * SECOND))
    assert_sound()
    return gate


def test_bytes_that_no_purge_covers_are_missed(purged: Gate) -> None:
    RawMessage.objects.filter(seq__in=(2, 5)).delete()
    assert codes() == [(2, "no_bytes"), (5, "no_bytes")]


def test_events_of_purged_lines_are_still_proved(purged: Gate) -> None:
    StoredEvent.objects.filter(id__range=(4096, 2 * 4096 - 1)).update(type="patient.updated")
    assert codes() == [(7, "purge")]


def test_a_line_of_purged_bytes_is_still_chained(purged: Gate) -> None:
    JournalEntry.objects.filter(seq=1).update(answer="AE")
    assert (1, "line") in codes()


def test_bytes_put_back_are_noticed(purged: Gate) -> None:
    RawMessage.objects.create(seq=1, received=b"MSH|^~\\&|", answered=b"", findings=b"[]")
    assert codes() == [(1, "bytes"), (1, "result"), (7, "purge")]


@pytest.mark.parametrize(
    ("column", "value"),
    [("first", 2), ("last", 6), ("count", 9), ("size", 1), ("category", "unreadable"), ("at", 1),
     ("events", bytes(32)), ("checkpoint", bytes(32))],
)  # fmt: skip
def test_a_changed_tombstone_is_noticed(purged: Gate, column: str, value: object) -> None:
    Purge.objects.update(**{column: value})
    assert codes() == [(7, "tombstone")]


def test_a_lost_and_an_invented_tombstone_are_noticed(purged: Gate) -> None:
    row = Purge.objects.get()
    Purge.objects.filter(seq=7).delete()
    row.seq = 4
    row.save(force_insert=True)
    assert codes() == [(4, "tombstone"), (7, "tombstone")]


def test_a_changed_act_explains_nothing_any_more(purged: Gate) -> None:
    details = msgspec.json.decode(bytes(JournalEntry.objects.get(seq=7).details))
    details["purged"]["last"] = 5
    RawMessage.objects.filter(seq=5).delete()
    JournalEntry.objects.filter(seq=7).update(details=msgspec.json.encode(details))
    assert {(7, "line"), (7, "purge"), (7, "tombstone")} <= set(codes())


def test_a_key_that_never_signed_here_covers_nothing(purged: Gate) -> None:
    Meta.objects.filter(name="checkpoint_keys").update(value="another")
    assert codes() == [(7, "purge_checkpoint")]


def test_a_purge_is_proved_by_the_key_of_the_secrets_folder(purged: Gate, store: StorePlace) -> None:
    found = verify(secrets=store.secrets)
    assert (found.ok, found.notes) == (True, ())


def test_a_purge_proved_by_the_database_alone_is_told(purged: Gate, tmp_path: Path) -> None:
    for secrets in (None, tmp_path):
        found = verify(secrets=secrets)
        assert found.ok
        (note,) = found.notes
        assert "non indépendante de la base" in note.fr and "not independent of the database" in note.en


def test_a_journal_without_purge_needs_no_key(gate: Gate) -> None:
    assert verify().notes == ()


def test_a_purge_signed_by_a_key_that_only_the_database_knows_is_not_proved(
    purged: Gate, store: StorePlace, tmp_path: Path
) -> None:
    kept = write_checkpoint(store.data, store.secrets, NOW, tmp_path / "kept.json")
    (store.secrets / "checkpoint.key").unlink()
    write_checkpoint(store.data, store.secrets, NOW)
    found = verify(secrets=store.secrets)
    assert [(one.seq, one.code) for one in found.problems] == [(7, "purge_checkpoint")]
    assert "--checkpoint" in found.problems[0].sentence.fr
    # A checkpoint kept elsewhere says that the former key signed here too.
    assert verify(kept, secrets=store.secrets).ok
    assert verify(kept).notes == ()


# ---- what the writer refuses ------------------------------------------------------------------------


def ask(gate: Gate, store: StorePlace, **changed: Any) -> ActResult:
    """The act with a good checkpoint, and something changed."""
    write_checkpoint(store.data, store.secrets, gate.now)
    signed = purge_journal.covering(store.data, store.secrets, gate.now)[1]
    arguments = {"category": "messages", "first": 1, "last": 3, "before": "2027-01-01T00:00:00Z"}
    return gate.act("journal.purge", **{**arguments, "checkpoint": msgspec.to_builtins(signed), **changed})


@pytest.mark.parametrize(
    "changed",
    [
        {"category": "acts"},
        {"category": None},
        {"first": "1; DROP TABLE"},
        {"before": "yesterday"},
        {"before": "2020-01-01T00:00:00Z"},
        {"checkpoint": {}},
        {"last": 999_999},
        {"first": 3, "last": 1},
    ],
)
def test_a_wrong_purge_is_refused_and_changes_nothing(
    store: StorePlace, gate: Gate, changed: dict[str, Any]
) -> None:
    result = ask(gate, store, **changed)
    assert not result.done and result.text_fr and result.text_en
    assert kept() == [1, 2, 3, 4, 5, 6]
    assert_sound()


@pytest.mark.parametrize(("field", "value"), [("seq", 5), ("digest", "00" * 32), ("installation", "another")])
def test_a_checkpoint_that_was_changed_covers_nothing(
    store: StorePlace, gate: Gate, field: str, value: object
) -> None:
    signed = msgspec.to_builtins(purge_journal.covering(store.data, store.secrets, gate.now)[1])
    assert not ask(gate, store, checkpoint={**signed, field: value}).done
    assert kept() == [1, 2, 3, 4, 5, 6]


def test_an_older_checkpoint_does_not_cover_what_came_after(store: StorePlace, gate: Gate) -> None:
    signed = msgspec.to_builtins(purge_journal.covering(store.data, store.secrets, gate.now)[1])
    gate.receive(adt("A31", "C9", status="VALI", ins=MARIN))
    result = gate.act(
        "journal.purge",
        category="messages",
        first=1,
        last=7,
        before="2027-01-01T00:00:00Z",
        checkpoint=signed,
    )
    assert not result.done and "6" in result.text_en
