"""The publisher: what the journal says becomes outward events, in order, once."""

from __future__ import annotations

import json
from typing import Any

from ecluse.services.publish_events import Publisher, PublishSettings
from ecluse.store.turn import Turn
from tests.services.feeding import AUTHORITY, MARIN, Gate, adt, rows
from tests.store.databases import StorePlace

NOW = 1_796_000_000_000_000


def publisher(**settings: Any) -> Publisher:
    return Publisher(Turn(None), PublishSettings("test", **settings), now=lambda: NOW)


def publish(one: Publisher | None = None) -> list[tuple[str, ...]]:
    """Publish everything; what is told by now, as (type, version, data)."""
    one = one or publisher()
    while one.step():
        pass
    return told()


def told() -> list[tuple[str, ...]]:
    found = rows("SELECT type, version, data FROM store_outwardevent ORDER BY cursor")
    return [(f"{kind} {version}", json.loads(bytes(data))) for kind, version, data in found]


def confirmed(**settings: Any) -> Gate:
    gate = Gate(**settings)
    gate.act("sender.add", application="GAM", facility="VALMONT")
    return gate


def test_a_qualified_patient_is_created_then_qualified(store: StorePlace) -> None:
    gate = confirmed()
    gate.receive(adt(ins=MARIN, status="VALI"))
    assert publish() == [
        ("patient.created 1", {"trust": "qualifiee"}),
        ("patient.qualified 2", {"trust": "qualifiee"}),
    ]


def test_an_update_names_what_changed_and_nothing_of_it(store: StorePlace) -> None:
    gate = confirmed()
    gate.receive(adt(), adt("A31", "C2", street="3 QUAI NEUF", name="BRIANT"))
    assert publish()[1:] == [
        ("patient.updated 2", {"trust": "provisoire", "changed": ["names", "addresses"]})
    ]


def test_an_ins_comes_and_goes(store: StorePlace) -> None:
    gate = confirmed()
    gate.receive(adt(ins=MARIN, status="VALI"), adt("A31", "C2", ins=MARIN, status="PROV"))
    assert publish()[2:] == [
        ("patient.updated 3", {"trust": "provisoire", "changed": ["status"]}),
        ("patient.ins-removed 4", {"trust": "provisoire", "reason": "status"}),
    ]


def test_a_merge_is_told_once_with_both_patients(store: StorePlace) -> None:
    gate = confirmed()
    gate.receive(adt(ipp="1"), adt(control="C2", ipp="2"))
    gate.receive(adt("A40", "C3", ipp="1", prior=f"2^^^{AUTHORITY}^PI"))
    publish()
    (survivor,), (gone,) = rows(
        "SELECT patient FROM store_outwardevent WHERE type = 'patient.created' ORDER BY cursor"
    )
    merges = rows("SELECT patient, other, version FROM store_outwardevent WHERE type = 'patient.merged'")
    assert merges == [(gone, survivor, 2)]


def test_confirming_and_refusing_a_sender_tells_of_its_patients(store: StorePlace) -> None:
    gate = Gate()
    gate.receive(adt(ins=MARIN, status="VALI"))
    one = publisher()
    assert [kind for kind, _ in publish(one)] == ["patient.created 1"]
    gate.act("sender.confirm", application="GAM", facility="VALMONT")
    gate.act("sender.refuse", application="GAM", facility="VALMONT")
    assert publish(one)[1:] == [
        ("patient.qualified 2", {"trust": "qualifiee"}),
        ("patient.ins-removed 3", {"trust": "validee", "reason": "sender"}),
    ]


def test_history_is_told_as_it_was(store: StorePlace) -> None:
    """Published late, each line is told with the patient and the senders of its time."""
    gate = Gate()
    late, follower = publisher(), publisher()
    story = [
        lambda: gate.receive(adt(ins=MARIN, status="VALI")),
        lambda: gate.act("sender.confirm", application="GAM", facility="VALMONT"),
        lambda: gate.receive(adt("A31", "C2", ins=MARIN, status="PROV")),
        lambda: gate.act("sender.refuse", application="GAM", facility="VALMONT"),
        lambda: gate.act("sender.confirm", application="GAM", facility="VALMONT"),
        lambda: gate.receive(
            adt("A31", "C3", ins=MARIN, status="VALI"), adt("A31", "C4", street="7 RUE HAUTE")
        ),
    ]
    for step in story:
        step()
        publish(follower)
    followed = told()
    for table in ("outwardevent", "publishedpatient", "position"):
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM store_{table}")
    follower.close()
    assert publish(late) == followed
