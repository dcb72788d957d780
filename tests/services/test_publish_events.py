"""The publisher: what the journal says becomes outward events, in order, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from ecluse.services import publish_events
from ecluse.services import publish_events_purge as purge
from ecluse.services.publish_events import Publisher, PublishSettings
from ecluse.store import outbox
from ecluse.store.turn import Turn
from tests.services.feeding import AUTHORITY, MARIN, Gate, adt, rows
from tests.services.stay_messages import iti31
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


def test_a_merge_is_told_of_both_patients(store: StorePlace) -> None:
    gate = confirmed()
    gate.receive(adt(ipp="1"), adt(control="C2", ipp="2"))
    gate.receive(adt("A40", "C3", ipp="1", prior=f"2^^^{AUTHORITY}^PI"))
    publish()
    (survivor,), (gone,) = rows(
        "SELECT patient FROM store_outwardevent WHERE type = 'patient.created' ORDER BY cursor"
    )
    merges = rows("SELECT patient, other, version FROM store_outwardevent WHERE type = 'patient.merged'")
    assert merges == [(gone, survivor, 2), (survivor, gone, 2)]


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


def forget_everything() -> None:
    with connection.cursor() as cursor:
        for table in ("outwardevent", "publishedpatient", "publishedlink", "position"):
            cursor.execute(f"DELETE FROM store_{table}")


def assert_told_again_alike(one: Publisher) -> None:
    """A publisher that begins at the first line, late, tells what the one that followed told."""
    columns = "cursor, line, patient, other, domain_id, type, version, at, data"
    everything = f"SELECT {columns} FROM store_outwardevent ORDER BY 1"
    followed = rows(everything)
    one.close()
    forget_everything()
    publish()
    assert rows(everything) == followed


def test_history_is_told_as_it_was(store: StorePlace) -> None:
    """Published late, each line is told with the patient and the senders of its time."""
    gate, one = Gate(), publisher()
    vali = adt("A31", "C3", ins=MARIN, status="VALI")
    story: list[Callable[[], object]] = [
        lambda: gate.receive(adt(ins=MARIN, status="VALI")),
        lambda: gate.act("sender.confirm", application="GAM", facility="VALMONT"),
        lambda: gate.receive(adt("A31", "C2", ins=MARIN, status="PROV")),
        lambda: gate.act("sender.refuse", application="GAM", facility="VALMONT"),
        lambda: gate.act("sender.confirm", application="GAM", facility="VALMONT"),
        lambda: gate.receive(vali, adt("A31", "C4", street="7 RUE HAUTE")),
    ]
    for step in story:
        step()
        publish(one)
    assert len(told()) > 5
    assert_told_again_alike(one)


def test_a_sender_of_many_patients_is_told_in_bounded_steps(
    store: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish_events, "PATIENTS", 2)
    gate = Gate()
    gate.receive(*(adt(control=f"C{n}", ipp=str(n), ins=MARIN, status="VALI") for n in range(5)))
    gate.act("sender.confirm", application="GAM", facility="VALMONT")
    one = publisher()
    assert one.step()  # the patients, up to the act
    counts = []
    while one.step():
        counts.append(len(rows("SELECT 1 FROM store_outwardevent WHERE type = 'patient.qualified'")))
        one.close()  # what a restart finds is enough to go on
    assert counts == [2, 4, 5]


def test_the_act_is_told_before_the_line_that_follows_it(store: StorePlace) -> None:
    """Even for a patient that the following line changes: it is told as it was at the act."""
    gate = Gate()
    gate.receive(adt(ins=MARIN, status="VALI"))
    gate.act("sender.confirm", application="GAM", facility="VALMONT")
    gate.receive(adt("A31", "C2", ins=MARIN, status="PROV"))
    assert [kind for kind, _ in publish()] == [
        "patient.created 1",
        "patient.qualified 2",
        "patient.updated 3",
        "patient.ins-removed 4",
    ]


def test_other_settings_judge_every_patient_again(store: StorePlace) -> None:
    gate = confirmed(wrong_key="warn")
    gate.receive(adt(ins=MARIN[:13] + "00", status="VALI"))
    publish()
    assert publish(publisher(wrong_key="never-usable"))[2:] == [
        ("patient.suspended 3", {"trust": "validee", "reason": "key"})
    ]
    assert publish(publisher(wrong_key="never-usable"))[3:] == []


def link(event: str, control: str, one: str, other: str) -> bytes:
    lines = adt(event, control, one).decode().split("\r")[:3]
    second = adt(event, control, other).decode().split("\r")[2]
    return "\r".join([*lines, second.replace("PID|1", "PID|2")]).encode() + b"\r"


def test_links_are_told_to_each_patient_when_it_is_known(store: StorePlace) -> None:
    gate, one = confirmed(), publisher()
    gate.receive(link("A24", "L1", "1", "2"))
    gate.receive(adt(control="C1", ipp="1"))
    gate.receive(adt(control="C2", ipp="2"))
    gate.receive(link("A37", "L2", "1", "2"))
    gate.receive(link("A24", "L3", "1", "2"))
    publish(one)
    found = rows("SELECT type, patient, other FROM store_outwardevent ORDER BY cursor")
    first, second = found[0][1], found[2][1]
    assert found == [
        ("patient.created", first, ""),
        ("patient.linked", first, ""),
        ("patient.created", second, ""),
        ("patient.linked", second, ""),
        ("patient.unlinked", first, second),
        ("patient.unlinked", second, first),
        ("patient.linked", first, second),
        ("patient.linked", second, first),
    ]
    gate.receive(adt("A47", "C3", ipp="3", prior=f"2^^^{AUTHORITY}^PI"))
    assert [kind for kind, _ in publish(one)[8:]] == [
        "patient.updated 5",
        "patient.unlinked 6",
        "patient.linked 7",
    ]
    assert_told_again_alike(one)


def test_a_stay_is_told_with_its_patient(store: StorePlace) -> None:
    gate, one = confirmed(), publisher()
    gate.receive(adt(), iti31("A01", "E1"), iti31("A03", "E2", movement="M2", start="20261119080000"))
    found = publish(one)[1:]
    assert [kind for kind, _ in found] == [
        "stay.opened 2",
        "stay.movement 3",
        "stay.movement 4",
        "stay.closed 5",
    ]
    assert found[1][1] == {**found[0][1], "movement": 1, "change": "inserted", "status": "in-progress"}
    gate.receive(adt("A31", "C2", street="9 RUE BASSE"))
    assert publish(one)[5:] == [("patient.updated 6", {"trust": "provisoire", "changed": ["addresses"]})]
    assert_told_again_alike(one)


def test_an_unmerged_patient_is_told_as_it_was(store: StorePlace) -> None:
    gate, one = confirmed(), publisher()
    gate.receive(adt(ipp="1", ins=MARIN, status="VALI"), adt(control="C2", ipp="2", name="SERVAL"))
    gate.receive(adt("A40", "C3", ipp="2", prior=f"1^^^{AUTHORITY}^PI"))
    publish(one)
    merged = rows("SELECT patient FROM store_outwardevent WHERE type = 'patient.merged'")[0][0]
    told = len(publish(one))
    done = gate.act("patient.unmerge", patient=merged, reason="deux personnes")
    assert done.done, done.text_en
    found = [kind for kind, _ in publish(one)[told:]]
    assert found == ["patient.unmerged 4", "patient.qualified 5", "patient.unmerged 3"]
    assert_told_again_alike(one)


def test_a_write_that_fails_tells_nothing_and_loses_nothing(
    store: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, one = confirmed(), publisher()
    gate.receive(adt())
    with monkeypatch.context() as broken:
        broken.setattr(outbox, "_TOLD_AGAIN", "(nowhere) DO NOTHING")
        with pytest.raises(Exception, match="nowhere"):
            one.step()
    assert told() == []
    assert [kind for kind, _ in publish(one)] == ["patient.created 1"]


def test_of_two_publishers_one_tells(store: StorePlace) -> None:
    gate, one, other = confirmed(), publisher(), publisher()
    gate.receive(adt())
    publish(one)
    publish(other)
    gate.receive(adt(control="C2", ipp="2"))
    publish(one)
    with pytest.raises(outbox.Overtaken):
        other.step()
    assert other.step() == 0
    assert len(told()) == 2


def test_a_long_line_and_short_ones_are_read_whole(
    store: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of events may end within a line: that line waits for the next page."""
    monkeypatch.setattr(outbox, "MOST_EVENTS", 4)
    monkeypatch.setattr(publish_events, "MOST_EVENTS", 4)
    gate, one = confirmed(), publisher()
    gate.receive(*(adt(control=f"C{n}", ipp=str(n), name=f"SERVAL{chr(65 + n)}") for n in range(7)))
    assert [kind for kind, _ in publish(one)] == ["patient.created 1"] * 7
    assert_told_again_alike(one)


def test_old_events_are_forgotten_oldest_first_and_by_parts(
    store: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "PART", 2)
    gate = confirmed()
    day = 86_400_000_000
    for number in range(5):
        gate.receive(adt(control=f"C{number}", ipp=str(number)))
        publish(Publisher(Turn(None), PublishSettings("test"), now=lambda n=number: NOW + n * day))
    assert purge.purge_events(Turn(None), 0, NOW + 100 * day) == 0
    assert purge.purge_events(Turn(None), 2, NOW + 5 * day) == 3
    assert [row[0] for row in rows("SELECT cursor FROM store_outwardevent ORDER BY cursor")] == [4, 5]
    assert purge.purge_events(Turn(None), 2, NOW + 100 * day, parts=1) == 2
    # What follows goes on counting.
    gate.receive(adt("A31", "C9", ipp="1", name="SERVAL"))
    publish()
    assert rows("SELECT cursor, version FROM store_outwardevent") == [(6, 2)]
