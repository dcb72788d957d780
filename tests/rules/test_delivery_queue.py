"""The order and the patience of deliveries: what a subscriber relies on."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ecluse.rules.delivery import PARK_AFTER, Breaker, Item, Outcome, Queue, delay
from ecluse.rules.delivery.breaker import FAILURES

SECOND = 1_000_000
DONE = Outcome("done")
RETRY = Outcome("retry", "503")


def queue(*items: Item) -> Queue:
    one = Queue(0)
    for item in items:
        one.offer(item)
    return one


def positions(items: list[Item]) -> list[int]:
    return [item.position for item in items]


def test_a_patient_s_items_leave_one_after_the_other() -> None:
    one = queue(Item(1, ("a",)), Item(2, ("a",)), Item(3, ("b",)))
    assert positions(one.take(0, 10)) == [1, 3]
    one.settle(1, DONE, 0, 0.5)
    assert positions(one.take(0, 10)) == [2]


def test_a_merge_waits_for_both_and_holds_both() -> None:
    one = queue(Item(1, ("a",)), Item(2, ("b",)), Item(3, ("a", "b")), Item(4, ("b",)), Item(5, ("c",)))
    assert positions(one.take(0, 10)) == [1, 2, 5]
    one.settle(1, DONE, 0, 0.5)
    assert one.take(0, 10) == []
    one.settle(2, RETRY, 0, 0.5)
    assert one.take(0, 10) == []
    assert positions(one.take(60 * SECOND, 10)) == [2]
    one.settle(2, DONE, 60 * SECOND, 0.5)
    assert positions(one.take(60 * SECOND, 10)) == [3]
    one.settle(3, DONE, 60 * SECOND, 0.5)
    assert positions(one.take(60 * SECOND, 10)) == [4]


def test_a_failure_holds_its_patient_only_and_is_parked_after_three_days() -> None:
    one = queue(Item(1, ("a",)), Item(2, ("b",)), Item(3, ("a",)))
    now = 0
    while not (left := _attempt(one, now)).parked:
        assert left.next_at > now
        now = left.next_at
    assert PARK_AFTER <= now < PARK_AFTER + 3600 * SECOND
    assert left.reason == "503"
    assert positions(one.take(now, 10)) == [2]
    assert one.parked == 1


def _attempt(one: Queue, now: int) -> Item:
    assert positions(one.take(now, 1)) == [1]
    left = one.settle(1, RETRY, now, 0.5)
    assert left is not None
    return left


def test_an_item_refused_for_good_is_parked_at_once_and_holds_its_patient_only() -> None:
    one = queue(Item(1, ("a",)), Item(2, ("a",)), Item(3, ("b",)))
    one.take(0, 1)
    one.settle(1, Outcome("park", "AE 204"), 0, 0.5)
    assert positions(one.take(10 * SECOND, 10)) == [3]
    assert (one.parked, one.movable()) == (1, 1)


def test_what_was_written_down_ahead_waits_for_the_feed_to_come_to_it() -> None:
    one = Queue(3, [Item(5, ("a",), attempts=1)])
    assert one.take(0, 10) == []
    one.offer(Item(4, ("a",)))
    assert positions(one.take(0, 10)) == [4]
    one.offer(Item(5, ("a",)))
    one.settle(4, DONE, 0, 0.5)
    assert positions(one.take(0, 10)) == [5]
    assert one.items() == (Item(5, ("a",), attempts=1),)


def test_what_goes_straight_through_is_never_written_down() -> None:
    one = queue(Item(1, ("a",)), Item(2, ("b",)))
    assert one.changes() == (0, (), ())
    for item in one.take(0, 2):
        one.settle(item.position, DONE, 0, 0.5)
    assert one.changes() == (2, (), ())


def test_what_stays_is_written_down_so_that_the_rest_goes_on() -> None:
    one = queue(Item(1, ("a",)), Item(2, ("a",)), Item(3, ("b",)))
    one.take(0, 1)
    assert one.changes() == (0, (Item(2, ("a",)),), ())
    assert one.changes() == (3, (Item(1, ("a",)), Item(3, ("b",))), ())


@pytest.mark.parametrize("wait", [0, 10**18])
def test_no_destination_is_left_alone_for_longer_than_an_hour(wait: int) -> None:
    one = queue(Item(1, ("a",)))
    one.take(0, 1)
    left = one.settle(1, Outcome("retry", "429", wait), 0, 0.5)
    assert left is not None and left.next_at <= 3600 * SECOND
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.died(0, 0.5, wait)
    assert breaker.until <= 3600 * SECOND


def test_a_clock_put_back_stops_nothing() -> None:
    far = 10**18
    assert positions(Queue(1, [Item(1, ("a",), next_at=far)]).take(0, 1)) == [1]
    assert Breaker(FAILURES, far).state(0) == "half-open"


def test_the_destination_s_own_delay_is_respected() -> None:
    one = queue(Item(1, ("a",)))
    one.take(0, 1)
    left = one.settle(1, Outcome("retry", "429", wait=120 * SECOND), 0, 0.0)
    assert left is not None and left.next_at == 120 * SECOND


def test_what_was_offered_is_not_offered_again() -> None:
    one = queue(Item(5, ("a",)))
    with pytest.raises(ValueError, match="5"):
        one.offer(Item(5, ("a",)))


@pytest.mark.parametrize("attempts", range(1, 40))
def test_waits_grow_to_a_quarter_of_an_hour_and_are_spread(attempts: int) -> None:
    assert delay(attempts, 0.0) * 3 == delay(attempts, 1.0)
    assert delay(attempts, 0.5) <= delay(attempts + 1, 0.5) <= 15 * 60 * SECOND


def test_a_dead_destination_is_left_alone_then_tried_by_one() -> None:
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.room(0, 8) == 8
        breaker.died(0, 0.5)
    assert breaker.room(0, 8) == 0
    later = breaker.until
    assert breaker.room(later, 8) == 1
    breaker.started(later)
    assert breaker.room(later, 8) == 0
    breaker.died(later, 0.5)
    assert breaker.until > later and breaker.room(later, 8) == 0
    breaker.started(breaker.until)
    breaker.lived()
    assert breaker.room(later, 8) == 8


class DeliveryMachine(RuleBasedStateMachine):
    """Against a plain list: nothing lost, order per key, and what is written down is enough to begin again."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = Queue(0)
        self.offered: list[Item] = []
        self.delivered: list[int] = []
        self.flying: list[Item] = []
        self.table: dict[int, Item] = {}
        self.position = 0
        self.now = 0

    @rule(keys=st.sets(st.sampled_from("abc"), min_size=1, max_size=2), gap=st.integers(1, 3))
    def happen(self, keys: set[str], gap: int) -> None:
        last = self.offered[-1].position if self.offered else 0
        self.offered.append(Item(last + gap, tuple(sorted(keys))))

    @rule()
    def read(self) -> None:
        """The feed gives its next item."""
        for item in self.offered:
            if item.position > self.queue.position:
                self.queue.offer(item)
                return

    @rule(limit=st.integers(1, 3))
    def take(self, limit: int) -> None:
        self.flying += self.queue.take(self.now, limit)

    @precondition(lambda self: self.flying)
    @rule(data=st.data(), verdict=st.sampled_from(["done", "done", "retry", "park"]))
    def settle(self, data: st.DataObject, verdict: str) -> None:
        item = self.flying.pop(data.draw(st.integers(0, len(self.flying) - 1)))
        self.queue.settle(item.position, Outcome(verdict), self.now, 0.5)  # type: ignore[arg-type]
        if verdict == "done":
            self.delivered.append(item.position)

    @rule(seconds=st.integers(0, 4000))
    def wait(self, seconds: int) -> None:
        self.now += seconds * SECOND

    @rule()
    def write(self) -> None:
        changes = self.queue.changes()
        for item in changes.put:
            self.table[item.position] = item
        for position in changes.gone:
            del self.table[position]
        self.position = changes.position

    @rule()
    def crash(self) -> None:
        """Begin again from what is written: what was not written is offered again."""
        self.queue = Queue(self.position, self.table.values())
        self.flying = []

    @invariant()
    def nothing_is_lost(self) -> None:
        here = {item.position for item in self.queue.items()}
        read = {item.position for item in self.offered if item.position <= self.queue.position}
        assert read <= here | set(self.delivered)

    @invariant()
    def a_patient_s_first_deliveries_are_in_order(self) -> None:
        first = list(dict.fromkeys(self.delivered))
        for key in "abc":
            mine = [item.position for item in self.offered if key in item.keys]
            assert [one for one in first if one in mine] == mine[: sum(one in first for one in mine)]


TestDeliveryMachine = DeliveryMachine.TestCase
TestDeliveryMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
