"""An index that follows the events: all of them once, in order, whoever else follows at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from ecluse.rules.identity.vocabulary import UPDATED
from ecluse.services.follow_events import Follower, Told, catch_up
from ecluse.store.models import Meta
from tests.services.feeding import Gate, adt

pytestmark = pytest.mark.usefixtures("store")


def fed(count: int) -> None:
    gate = Gate()
    gate.receive(adt())
    for number in range(count):
        gate.receive(adt("A31", f"U{number}", street=f"{number} RUE NEUVE"))


def follower(prepare: Callable[[Sequence[Told]], Callable[[], None]], events: int = 2) -> Follower:
    return Follower("essai", lambda kind: kind == UPDATED, events, prepare)


def test_every_event_it_concerns_comes_once_and_in_order() -> None:
    fed(5)
    seen: list[int] = []

    def prepare(told: Sequence[Told]) -> Callable[[], None]:
        ids = [one.id for one in told]
        return lambda: seen.extend(ids)

    assert not catch_up(follower(prepare), goes=1)
    assert catch_up(follower(prepare), goes=10) and catch_up(follower(prepare), goes=0)
    assert len(seen) == 5 and seen == sorted(seen)


def test_whoever_is_overtaken_writes_nothing_and_goes_on_from_there() -> None:
    fed(4)
    written: list[list[int]] = []
    quick = follower(lambda told: lambda: written.append([one.id for one in told]), events=3)

    def slow_one(told: Sequence[Told]) -> Callable[[], None]:
        if len(written) < 1:
            catch_up(quick, goes=1)  # another process was faster
        ids = [one.id for one in told]
        return lambda: written.append(ids)

    slow = follower(slow_one, events=3)
    assert catch_up(slow, goes=10)
    everything = [one for part in written for one in part]
    assert len(everything) == len(set(everything)) == 4


def test_an_error_leaves_the_position_where_it_was() -> None:
    fed(1)

    def broken(told: Sequence[Told]) -> Callable[[], None]:
        def write() -> None:
            raise RuntimeError("disk full")

        return write

    with pytest.raises(RuntimeError):
        catch_up(follower(broken))
    assert not Meta.objects.filter(name="essai").exists()
