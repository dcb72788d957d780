"""A day of stays through the intake: each stay is what the administration knows, and its findings are none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ecluse.services.intake_settings import IntakeSettings, ListenerRule
from ecluse.services.queries import journal, stays
from ecluse.services.queries.patients import PatientReader
from ecluse.services.read_frame import read_frame
from ecluse.services.receive_message import Intake
from ecluse.simulators.hospital import Outgoing, day, expected, expected_stays
from ecluse.store.ledger import Ledger
from ecluse.store.senders import SenderBook
from ecluse.store.turn import Turn
from tests.conftest import NOW
from tests.e2e.held_stays import differences, shown
from tests.store.databases import StorePlace

BATCH = 25


def _receive(messages: list[Outgoing]) -> None:
    settings = IntakeSettings(listeners={"main": ListenerRule(unknown="confirm")})
    intake = Intake(Ledger(Turn(None)), SenderBook(), settings)
    for start in range(0, len(messages), BATCH):
        batch = [read_frame(one.raw, listener="main") for one in messages[start : start + BATCH]]
        intake.process(batch, NOW + start)


def _held(local: str, authority: str) -> Mapping[str, Any]:
    (patient,) = PatientReader("test").by_identifier(local, authority)
    return shown(msgspec.to_builtins(stays.of_patient(patient.id)))


def test_stays_kept_are_those_of_the_administration(store: StorePlace) -> None:
    messages = list(day(5, 60))
    _receive(messages)
    wanted = expected_stays(messages)
    by_patient = {
        one.local: _held(one.local, one.authority)
        for one in expected(messages).values()
        if one.merged_into is None
    }
    wrong = [text for one in wanted.values() for text in differences(one, by_patient[one.patient])]
    assert not wrong, wrong[:20]
    held = [visit for found in by_patient.values() for visit in found]
    assert sorted(held) == sorted(wanted)


def test_a_day_of_stays_is_integrated_without_a_remark_on_stays(store: StorePlace) -> None:
    _receive(list(day(1, 30)))
    found = set()
    for line in journal.page(limit=10_000).lines:
        document = journal.show(line.seq)
        assert document is not None
        found |= {(line.event, one.rule) for one in document.findings if one.rule.startswith("STY-")}
    assert not found
