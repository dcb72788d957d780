"""With whom a patient was shared: nobody who got an INS may be forgotten."""

from __future__ import annotations

from ecluse.services.queries.subscribers import shared_with
from ecluse.store.deliveries import Shared, record_shared
from tests.conftest import NOW
from tests.store.databases import StorePlace


def delivered(subscriber: str, *shared: Shared) -> None:
    record_shared(subscriber, subscriber.removeprefix("sub_"), shared)


def one(position: int, ins: str = "", dropped: bool = False, patient: str = "p1") -> Shared:
    return Shared(position, (patient,), NOW + position * 1_000_000, ins, dropped)


def test_who_got_an_ins_long_ago_is_still_told_first(store: StorePlace) -> None:
    delivered("sub_old", one(1, "sent"), one(2, "withheld"))
    for position in range(3, 103):
        delivered("sub_busy", one(position, "withheld"), one(position))
    delivered("sub_busy", one(303, dropped=True))
    delivered("sub_other", one(304, "sent", patient="p2"))

    old, busy = shared_with("p1")
    assert (old.subscriber, old.deliveries, old.ins_sent, old.withheld, old.given_up) == ("old", 2, 1, 1, 0)
    assert old.last_ins == old.first != old.last
    assert (busy.deliveries, busy.ins_sent, busy.withheld, busy.given_up) == (200, 0, 100, 1)
    assert busy.last_ins is None
    assert shared_with("nobody") == ()
