"""The events alone give back the stays and their numbers, whichever patient they were told of."""

from __future__ import annotations

import pytest

from ecluse.services.rebuild_states import compare_states, rebuild_states, sentence
from ecluse.store.models.stays import StayKey, StayState
from tests.services.feeding import AUTHORITY, Gate, adt, rows
from tests.services.stay_messages import iti31
from tests.store.databases import StorePlace

TABLES = ("SELECT id, domain_id, patient, version, state FROM store_staystate ORDER BY id",
          "SELECT domain_id, key, stay FROM store_staykey ORDER BY key, stay")  # fmt: skip


@pytest.fixture
def lives(store: StorePlace) -> None:
    gate = Gate()
    gate.receive(adt(), adt("A28", "C2", "7002"), adt("A28", "C3", "7003"))
    gate.receive(
        iti31(zfa="ZFA|ACTIF|20261101|||||||INO|20261118|IC|20261118"), iti31("A02", "E2", movement="M2")
    )
    gate.receive(iti31("A12", "E3", movement="M2", action="CANCEL"))
    gate.receive(iti31("A01", "E4", "7003", visit="V3", account="D3", movement="M3"))
    gate.receive(iti31("A44", "E5", "7002", prior=f"7001^^^{AUTHORITY}^PI||D1^^^{AUTHORITY}^AN"))
    gate.receive(adt("A40", "C4", "7002", prior=f"7003^^^{AUTHORITY}^PI"))
    gate.receive(iti31("A03", "E6", "7002", visit="V3", account="D3", movement="M4"))


def contents() -> list[list[tuple[object, ...]]]:
    return [list(rows(sql)) for sql in TABLES]


@pytest.mark.usefixtures("lives")
def test_a_rebuild_gives_back_every_stay_and_every_number() -> None:
    before = contents()
    assert compare_states().same and compare_states().stays == 2
    StayState.objects.filter(id=before[0][0][0]).update(state=b"{}", version=0)
    StayState.objects.filter(id=before[0][1][0]).delete()
    StayKey.objects.all().delete()
    StayKey.objects.create(domain_id=1, key="stray", stay="nothing")
    found = rebuild_states()
    assert (found.replaced, found.stays) == (True, 2)
    assert contents() == before
    assert compare_states().same


@pytest.mark.usefixtures("lives")
def test_a_comparison_names_the_stays_that_differ() -> None:
    (first, *_), (second, *_) = contents()[0]
    StayState.objects.filter(id=first).update(version=99)
    StayState.objects.filter(id=second).delete()
    StayState.objects.create(id="zzz", domain_id=1, patient="p", version=1, state=b"{}")
    StayKey.objects.filter(stay=first, key__contains="|VN|").delete()
    found = compare_states().differences
    assert [(one.what, one.how, one.name) for one in found] == [
        ("stay", "different", first),
        ("stay", "missing", second),
        ("stay", "extra", "zzz"),
        ("stay-key", "missing", first),
    ]
    for one in found:
        assert one.name in sentence(one).fr and one.name in sentence(one).en
