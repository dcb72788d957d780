"""The access trail is sealed into the journal: what is changed, removed or added afterwards is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ecluse.services import seal_trail
from ecluse.services.access_trail import Line, write
from ecluse.services.acts import trail
from ecluse.services.purge_access import purge_access
from ecluse.services.seal_trail import TrailSealer, next_seal, settled
from ecluse.services.verify_journal import verify
from ecluse.services.wire import Act
from ecluse.store.models import JournalEntry
from ecluse.store.models.access import AccessLine
from ecluse.store.models.seals import ActLine, ActPatient, TrailSeal
from tests.conftest import NOW
from tests.services.feeding import Gate, rows
from tests.store.databases import StorePlace

pytestmark = pytest.mark.usefixtures("store")

DAY = 86_400_000_000


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """A writer in this process, which the sealer asks without a socket."""
    one = Gate()

    def ask(path: object, act: Act, patience: float) -> object:
        return one.act(act.name, **act.arguments)

    monkeypatch.setattr(seal_trail, "ask_writer", ask)
    return one


def read(*patients: str, at: int = NOW, action: str = "patient.read") -> None:
    """Lines of the trail, as a request writes them."""
    write([Line(at, "user:3", "Anne Roche", "", action, one, "/patients/{id}") for one in patients])


def seal(store: StorePlace) -> None:
    TrailSealer(store.data / "writer.sock").run()


def found() -> list[tuple[int | None, str]]:
    return [(one.seq, one.code) for one in verify().problems]


def test_what_was_written_is_sealed_by_one_line_of_the_journal(store: StorePlace, gate: Gate) -> None:
    read("p1", "p2")
    write([Line(NOW, "user:3", "", "", "session.opened", "", "totp")])
    seal(store)
    assert [(one.first, one.last, one.count) for one in TrailSeal.objects.all()] == [(1, 3, 3)]
    assert rows("SELECT kind, event FROM store_journalentry") == [("act", "seal")]
    assert verify().ok


def test_nothing_new_leaves_the_journal_alone(store: StorePlace, gate: Gate) -> None:
    read("p1")
    seal(store)
    seal(store)
    assert JournalEntry.objects.count() == 1


def test_seals_follow_one_another(store: StorePlace, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    """More lines than one seal takes are sealed by several, without a hole."""
    monkeypatch.setattr(seal_trail, "LINES", 2)
    read("p1", "p2", "p3")
    seal(store)
    read("p4")
    seal(store)
    spans = TrailSeal.objects.order_by("seq").values_list("first", "last", "count")
    assert list(spans) == [(1, 2, 2), (3, 3, 1), (4, 4, 1)]
    assert verify().ok


def test_two_workers_seal_once(store: StorePlace, gate: Gate) -> None:
    read("p1")
    same = next_seal(settled())
    seal(store)
    assert same is not None
    refused = gate.act("trail.seal", **{name: getattr(same, name) for name in same.__struct_fields__})
    assert (refused.done, refused.data) == (False, {"first": 2})


@pytest.mark.parametrize(
    ("tamper", "code"),
    [
        (lambda: AccessLine.objects.filter(id=2).update(caller="user:9"), "trail_changed"),
        (lambda: AccessLine.objects.filter(id=2).update(at=NOW + 1), "trail_changed"),
        (lambda: AccessLine.objects.filter(id=2).delete(), "trail_missing"),
        (lambda: AccessLine.objects.filter(id=2).update(id=-4), "trail_missing"),
    ],
)
def test_a_sealed_line_that_changes_is_found(
    store: StorePlace, gate: Gate, tamper: Callable[[], Any], code: str
) -> None:
    read("p1", "p2", "p3")
    seal(store)
    read("p4")
    seal(store)
    tamper()
    problems = verify().problems
    assert (1, code) in [(one.seq, one.code) for one in problems]
    assert all(one.seq == 1 for one in problems)


def test_a_line_that_is_added_among_sealed_ones_is_found(store: StorePlace, gate: Gate) -> None:
    read("p1", "p2", "p3")
    AccessLine.objects.filter(id=2).delete()
    seal(store)
    assert found() == []
    AccessLine(
        id=2,
        at=NOW,
        caller="user:3",
        name="",
        on_behalf_of="",
        action="patient.read",
        patient="p2",
        detail="",
    ).save()
    assert found() == [(1, "trail_inserted")]


def test_a_seal_whose_row_is_gone_is_found(store: StorePlace, gate: Gate) -> None:
    read("p1")
    seal(store)
    TrailSeal.objects.all().delete()
    assert found() == [(1, "trail_seal")]


def test_lines_not_sealed_yet_are_no_problem(store: StorePlace, gate: Gate) -> None:
    read("p1")
    seal(store)
    read("p2")
    assert verify().ok


def test_purged_lines_are_explained_by_an_act(store: StorePlace, gate: Gate) -> None:
    """Whole seals go, the oldest first; the journal then still proves what is left and why the rest is gone."""
    read("p1", "p2", at=NOW - 40 * DAY)
    seal(store)
    read("p3", at=NOW)
    seal(store)
    perform = lambda name, arguments: gate.act(name, **arguments)  # noqa: E731
    assert purge_access(NOW - 30 * DAY, 10, perform) == 2
    assert list(AccessLine.objects.values_list("patient", flat=True)) == ["p3"]
    assert found() == []
    assert purge_access(NOW - 30 * DAY, 10, perform) == 0
    AccessLine(
        id=1, at=NOW, caller="user:3", name="", on_behalf_of="", action="x", patient="p", detail=""
    ).save()
    assert found() == [(1, "trail_inserted")]


def test_a_seal_with_one_young_line_stays_whole(store: StorePlace, gate: Gate) -> None:
    """A clock that was set back purges nothing too early."""
    read("p1", at=NOW - 40 * DAY)
    read("p2", at=NOW)
    seal(store)
    assert purge_access(NOW - 30 * DAY, 10, lambda name, arguments: gate.act(name, **arguments)) == 0
    assert AccessLine.objects.count() == 2


def test_changed_lines_are_not_purged(store: StorePlace, gate: Gate) -> None:
    """They are what remains to examine; the others go."""
    read("p1", at=NOW - 40 * DAY)
    seal(store)
    read("p2", at=NOW - 40 * DAY)
    seal(store)
    AccessLine.objects.filter(id=1).update(caller="user:9")
    assert purge_access(NOW - 30 * DAY, 10, lambda name, arguments: gate.act(name, **arguments)) == 1
    assert list(AccessLine.objects.values_list("patient", flat=True)) == ["p1"]
    assert found() == [(1, "trail_changed")]


def test_a_purge_takes_no_more_than_its_share(
    store: StorePlace, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The intake waits for it."""
    monkeypatch.setattr(trail, "LINES", 3)
    for number in range(4):
        read(f"a{number}", f"b{number}", at=NOW - 40 * DAY)
        seal(store)
    asked: list[str] = []

    def perform(name: str, arguments: dict[str, Any]) -> Any:
        asked.append(name)
        return gate.act(name, **arguments)

    assert purge_access(NOW - 30 * DAY, 10, perform) == 8
    assert asked == ["trail.purge"] * 4


def test_acts_are_listed_with_whom_they_are_about(store: StorePlace, gate: Gate) -> None:
    from tests.services.feeding import adt

    gate.receive(adt())
    (patient,) = (row[0] for row in rows("SELECT id FROM store_patientstate"))
    gate.act("patient.note", patient=patient, text="Contestée par la personne.", date="2026-11-18")
    gate.act("sender.confirm", application="GAM", facility="VALMONT")
    assert list(ActLine.objects.order_by("seq").values_list("seq", "operator", "act")) == [
        (2, "cli:claire", "patient.note"),
        (3, "cli:claire", "sender.confirm"),
    ]
    assert list(ActPatient.objects.values_list("patient", "seq")) == [(patient, 2)]
    assert found() == []


@pytest.mark.parametrize(
    "tamper",
    [
        lambda: ActLine.objects.filter(seq=1).delete(),
        lambda: ActLine.objects.filter(seq=1).update(operator="cli:autre"),
        lambda: ActLine(seq=7, at=NOW, operator="cli:x", act="sender.add").save(force_insert=True),
    ],
)
def test_a_list_of_acts_that_lies_is_found(store: StorePlace, gate: Gate, tamper: Callable[[], Any]) -> None:
    gate.act("establishment.add", name="CH de Valmont", finess="")
    gate.act("establishment.add", name="Clinique des Tilleuls", finess="")
    tamper()
    assert [one.code for one in verify().problems] == ["act_list"]
