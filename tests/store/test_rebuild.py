"""The events alone give back the states, the keys and the links."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection

from ecluse.rules.identity.vocabulary import event
from ecluse.services.rebuild_states import compare_states, rebuild_states, sentence
from ecluse.store.errors import StoreError, StoreInUseError
from ecluse.store.models import IdentifierLink, PatientKey, PatientState, StoredEvent
from ecluse.store.writer_place import WRITER
from tests.store.databases import StorePlace
from tests.store.writing import ALIX, BORIS, Writer, adopted, created, merged

KEY = "1.2.250.1.999.7.1|PI|"


@pytest.fixture
def life(store: StorePlace) -> StorePlace:
    """Patients whose lives are mixed in the journal: INS changed, merge, links made and undone."""
    writer = Writer()
    writer.message(created("P-2", "7002"))
    writer.message(
        created("p-1", "7001", details={"PID-13": [["0600000000"]], "PID-11": [["RUE"]]}), adopted("p-1")
    )
    writer.message(created("é-3", "7003"))
    writer.message(
        event("ins.superseded", "p-1", {"ins": [ALIX, "1.2.250.1.213.1.4.8", "1", "2026-11-18T08:00:00Z"]}),
        adopted("p-1", BORIS),
    )
    writer.message(event("patient.updated", "p-1", {"details": {"PID-13": [], "PID-14": [["0700000000"]]}}))
    writer.message(*merged("P-2", "p-1"))
    for kind, one, other in (
        ("linked", "7001", "7003"),
        ("linked", "7003", "9999"),
        ("unlinked", "7003", "7001"),
    ):
        data = {"a": f"{KEY}{one}", "b": f"{KEY}{other}"}
        writer.message(event(f"identifiers.{kind}", "é-3" if kind == "linked" else "", data))
    return store


def test_a_store_is_what_its_events_say(life: StorePlace) -> None:
    found = compare_states()
    assert (found.same, found.patients, found.replaced) == (True, 3, False)


def test_a_rebuild_gives_back_everything_that_was_lost(life: StorePlace) -> None:
    before = _contents()
    assert [len(rows) for rows in before] == [3, 5, 1]
    PatientState.objects.filter(id="p-1").update(state=b"{}", version=0)
    PatientKey.objects.all().delete()
    PatientKey.objects.create(domain_id=1, key="stray", patient="P-2")
    IdentifierLink.objects.all().delete()
    told: list[int] = []
    found = rebuild_states(told.append)
    assert found.replaced and found.patients == 3 and found.count == 8
    assert _contents() == before
    assert compare_states().same


def test_a_comparison_changes_nothing_and_names_the_patients(life: StorePlace) -> None:
    PatientState.objects.filter(id="é-3").delete()
    PatientKey.objects.filter(patient="P-2").delete()
    before = _contents()
    found = compare_states()
    assert [tuple(one) for one in found.differences] == [
        ("state", "missing", "é-3"),
        ("key", "missing", "P-2"),
    ]
    assert _contents() == before
    for difference in found.differences:
        assert difference.name in sentence(difference).fr and difference.name in sentence(difference).en


def test_a_state_written_before_a_field_was_added_is_the_same(life: StorePlace) -> None:
    row = PatientState.objects.get(id="p-1")
    state = bytes(row.state)
    assert state.endswith(b',[],""]'), "the last fields of a patient: not a duplicate, not merged"
    PatientState.objects.filter(id="p-1").update(state=state.removesuffix(b',[],""]') + b"]")
    assert compare_states().same


def test_a_rebuild_that_fails_changes_nothing(life: StorePlace) -> None:
    last = StoredEvent.objects.filter(patient="é-3").order_by("-id")[0]
    StoredEvent.objects.filter(id=last.id).update(type="from.the.future")
    PatientKey.objects.all().delete()
    before = _contents()
    with pytest.raises(StoreError, match="cannot be read again"):
        rebuild_states()
    assert _contents() == before


def test_a_gateway_at_work_on_postgresql_is_noticed(postgresql_store: StorePlace) -> None:
    with psycopg.connect(postgresql_store.configuration.database_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [WRITER])
        with pytest.raises(StoreInUseError, match="stop it"):
            rebuild_states()
        other.execute("SELECT pg_advisory_unlock(%s)", [WRITER])
    assert rebuild_states().replaced


def _contents() -> tuple[list[tuple[object, ...]], ...]:
    tables = ("patientstate", "patientkey", "identifierlink")
    with connection.cursor() as cursor:
        found = []
        for table in tables:
            cursor.execute(f"SELECT * FROM store_{table}")
            rows = [
                tuple(bytes(one) if isinstance(one, memoryview) else one for one in row) for row in cursor
            ]
            found.append(sorted(rows, key=repr))
    return tuple(found)
