"""A whole simulated day through the intake: what is read is what the senders know, and everything verifies."""

from __future__ import annotations

import msgspec
import pytest

from ecluse.services.intake_settings import IntakeSettings, ListenerRule
from ecluse.services.queries import journal
from ecluse.services.queries.patients import PatientReader
from ecluse.services.read_frame import read_frame
from ecluse.services.rebuild_states import compare_states, rebuild_states
from ecluse.services.receive_message import Intake
from ecluse.services.verify_journal import verify
from ecluse.simulators.hospital import Expected, day, expected, faults
from ecluse.store.ledger import Ledger
from ecluse.store.senders import SenderBook
from ecluse.store.turn import Turn
from tests.conftest import NOW
from tests.store.databases import StorePlace

BATCH = 25


def _receive(messages: list[bytes]) -> None:
    settings = IntakeSettings(listeners={"main": ListenerRule(unknown="confirm")})
    intake = Intake(Ledger(Turn(None)), SenderBook(), settings)
    for start in range(0, len(messages), BATCH):
        batch = [read_frame(raw, listener="main") for raw in messages[start : start + BATCH]]
        intake.process(batch, NOW + start)


def _shown(reader: PatientReader, one: Expected) -> tuple[object, ...]:
    (found,) = reader.by_identifier(one.local, one.authority)
    survivor = reader.get(found.merged_into) if found.merged_into else None
    return (
        set(found.status),
        None if found.ins is None else (found.ins.matricule, found.ins.oid),
        found.deceased,
        None if survivor is None else survivor.identifiers[0].value,
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_read_is_what_the_senders_know(store: StorePlace, seed: int) -> None:
    messages = list(day(seed, 60))
    _receive([one.raw for one in messages])
    reader = PatientReader("test")
    for patient, one in expected(messages).items():
        ins = None if one.ins is None or one.merged_into else (one.ins.matricule, one.ins.oid)
        assert _shown(reader, one) == (set(one.statuses), ins, one.deceased, one.merged_into), patient


def test_a_day_with_every_fault_verifies_and_rebuilds(store: StorePlace) -> None:
    messages = [one.raw for one in day(3, 40)] + [one.raw for one in faults(3)]
    _receive(messages)
    found = verify(states=True)
    assert found.ok, found.problems
    assert found.messages == len(messages)
    before = list(PatientReader("test").every())
    assert rebuild_states().count == 0
    assert list(PatientReader("test").every()) == before and compare_states().same


def test_every_line_and_every_patient_can_be_shown(store: StorePlace) -> None:
    _receive([one.raw for one in faults(4)] + [one.raw for one in day(4, 21)])
    lines = journal.page(limit=10_000).lines
    for line in lines:
        shown = journal.show(line.seq)
        assert shown is not None
        for finding in shown.findings:
            assert finding.fr and finding.en and "{" not in finding.fr + finding.en
        msgspec.json.encode(shown)
    for patient in PatientReader("test").every():
        assert (patient.ins is None) != (patient.ins_reason is None)
        assert (patient.trust == "qualifiee") == (patient.ins is not None)
