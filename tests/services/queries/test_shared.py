"""With whom a patient was shared: nobody who got an INS may be forgotten."""

from __future__ import annotations

from ecluse.services.queries.subscribers import shared_about, shared_with
from ecluse.store.models.deliveries import Delivered
from tests.conftest import NOW
from tests.store.databases import StorePlace


def delivered(
    subscriber: str, position: int, ins: str = "", dropped: bool = False, patient: str = "p1"
) -> None:
    Delivered.objects.create(
        subscriber=subscriber,
        position=position,
        patient=patient,
        at=NOW + position * 1_000_000,
        ins=ins,
        dropped=dropped,
    )


def test_who_got_an_ins_long_ago_is_still_told_first(store: StorePlace) -> None:
    delivered("sub_old", 1, "sent")
    delivered("sub_old", 2, "withheld")
    for position in range(3, 303):
        delivered("sub_busy", position, "withheld")
    delivered("sub_busy", 303, dropped=True)
    delivered("sub_other", 304, "sent", patient="p2")

    old, busy = shared_with("p1")
    assert (old.subscriber, old.deliveries, old.ins_sent, old.given_up) == ("sub_old", 2, 1, 0)
    assert old.last_ins == old.first != old.last
    assert (busy.subscriber, busy.deliveries, busy.ins_sent, busy.given_up) == ("sub_busy", 300, 0, 1)
    assert busy.last_ins is None
    assert {one.subscriber for one in shared_about("p1")} == {"sub_busy"}
    assert shared_with("nobody") == ()
