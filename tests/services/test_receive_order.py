"""Order and batches: what is decided depends on the order of the messages, never on how they were grouped."""

from __future__ import annotations

import random

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecluse.services.queries.patients import PatientReader
from ecluse.simulators.hospital import day, faults
from tests.services.feeding import MARIN, Gate, adt, assert_sound, journal, rows

TABLES = (
    "store_identifierlink",
    "store_patientkey",
    "store_patientstate",
    "store_staykey",
    "store_staystate",
    "store_storedevent",
)


@pytest.mark.usefixtures("store")
def test_a_creation_and_an_update_in_one_batch() -> None:
    gate = Gate()
    batch = [adt(), adt("A31", "C2", street="2 QUAI NORD"), adt("A31", "C3", street="3 QUAI NORD")]
    assert gate.codes(*batch) == ["AA"] * 3
    (patient,) = PatientReader("test").by_identifier("7001")
    streets = [
        one.values for one in PatientReader("test").demographics(patient.id) if one.location == "PID-11"
    ]
    assert "3 QUAI NORD" in str(streets)
    assert [line.message for line in patient.history] == ["1", "2", "3"]
    assert_sound()


@pytest.mark.usefixtures("store")
def test_a_merge_and_what_follows_it_in_one_batch() -> None:
    gate = Gate()
    codes = gate.codes(
        adt(control="C1", ipp="7001"),
        adt(control="C2", ipp="7002"),
        adt("A40", "C3", "7001", prior="7002^^^VALMONT&1.2.250.1.999.7.1&ISO^PI"),
        adt("A31", "C4", "7002"),
        adt("A31", "C5", "7001"),
    )
    assert codes == ["AA", "AA", "AA", "AE 204", "AA"]
    (gone,) = PatientReader("test").by_identifier("7002")
    (kept,) = PatientReader("test").by_identifier("7001")
    assert gone.merged_into == kept.id
    assert_sound()


@pytest.mark.usefixtures("store")
def test_an_ins_given_and_taken_back_in_one_batch() -> None:
    gate = Gate()
    gate.act("sender.add", application="GAM", facility="VALMONT")
    deletion = adt(
        "A47",
        "C3",
        ins='""',
        status="PROV",
        prior=f"{MARIN}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS",
    )
    assert gate.codes(adt(), adt("A31", "C2", ins=MARIN, status="VALI"), deletion) == ["AA"] * 3
    (patient,) = PatientReader("test").by_identifier("7001")
    assert patient.ins is None
    assert rows(f"SELECT count(*) FROM store_patientkey WHERE key LIKE '%{MARIN}%'") == [(0,)]
    assert_sound()


@pytest.mark.usefixtures("store")
def test_numbers_follow_the_order_of_arrival() -> None:
    gate = Gate()
    sent = [adt(control=f"C{number}", ipp=str(number % 5)) for number in range(30)]
    for start in range(0, 30, 7):
        gate.receive(*sent[start : start + 7])
    assert rows("SELECT control_id FROM store_journalentry ORDER BY seq") == [
        (f"C{number}",) for number in range(30)
    ]


SENT = [bytes(one) for one in (*day(11, 24), *faults(11))]


def states() -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """The states and lines, under the order of creation of each patient and stay instead of its random id."""
    names: dict[str, str] = {}
    for (data,) in rows("SELECT data FROM store_storedevent WHERE type = 'stay.opened' ORDER BY id"):
        names[msgspec.json.decode(data)["stay"]] = f"stay {len(names)}"
    for (patient,) in rows("SELECT patient FROM store_storedevent WHERE patient <> '' ORDER BY id"):
        names.setdefault(patient, f"patient {len(names)}")

    def plain(value: object) -> object:
        if isinstance(value, bytes):
            value = value.decode("utf-8", "backslashreplace")
        if isinstance(value, str):
            for patient, name in names.items():
                value = value.replace(patient, name)
        return value

    events = rows("SELECT domain_id, patient, type, data FROM store_storedevent ORDER BY id")
    kept = rows("SELECT patient, key FROM store_patientkey") + rows("SELECT stay, key FROM store_staykey")
    lines = [(kind, answer, code) for kind, answer, code in journal()]
    found = [tuple(plain(value) for value in row) for row in (*events, *kept)]
    return sorted(map(repr, found)), lines  # type: ignore[return-value]


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**16), largest=st.sampled_from([2, 9, 60, 400]))
def test_the_size_of_the_batches_changes_nothing(emptied: EmptyStore, seed: int, largest: int) -> None:
    rng = random.Random(seed)
    sent = rng.sample(SENT, 120) if seed % 2 else list(SENT)
    sent += rng.sample(sent, 10)
    results = []
    for cut in (lambda: 1, lambda: rng.randint(1, largest)):
        emptied.empty()
        gate = Gate()
        gate.now += 0
        rest = list(sent)
        while rest:
            size = cut()
            batch, rest = rest[:size], rest[size:]
            gate.now = 1_795_000_000_000_000
            gate.receive(*batch)
        assert_sound()
        results.append(states())
    assert results[0][1] == results[1][1]
    assert results[0][0] == results[1][0]


class EmptyStore:
    """The store of the test, emptied between two runs."""

    def empty(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            for table in (*TABLES, "store_rawmessage", "store_journalentry", "store_sender"):
                cursor.execute(f"DELETE FROM {table}")


@pytest.fixture
def emptied(store: object) -> EmptyStore:
    return EmptyStore()
