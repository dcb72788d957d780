"""Faults about stays: each is really faulty, and the gateway names it."""

from __future__ import annotations

import pytest

from ecluse.protocols.hl7 import Message
from ecluse.services.intake_settings import IntakeSettings, ListenerRule
from ecluse.services.queries import journal
from ecluse.services.read_frame import read_frame
from ecluse.services.receive_message import Intake
from ecluse.simulators.hospital import Outgoing, faults
from ecluse.simulators.hospital.stay_fault_makers import STAY_MAKERS
from ecluse.store.ledger import Ledger
from ecluse.store.senders import SenderBook
from ecluse.store.turn import Turn
from tests.conftest import NOW
from tests.store.databases import StorePlace

NAMED = {
    "stay-unknown-patient": ("AA", "IDN-STAY-001"),
    "stay-zbe-missing": ("AA", "STY-ZBE-001"),
    "stay-class-missing": ("AA", "PAM-PV1-2-U"),
    "stay-in-the-future": ("AA", "STY-ZBE-2-002"),
    "stay-unknown-correction": ("AA", "STY-UPDATE-003"),
    "stay-unknown-cancellation": ("AE", "STY-CANCEL-003"),
    "stay-cancelled-twice": ("AA", "STY-CANCEL-002"),
    "stay-corrected-after-cancellation": ("AE", "STY-UPDATE-001"),
    "stay-action-contradicts-event": ("AE", "STY-ZBE-4-001"),
    "stay-movement-without-number": ("AA", "STY-ZBE-1-001"),
    "stay-one-movement-two-stays": ("AA", "STY-ZBE-1-002"),
    "stay-visit-of-another": ("AE", "STY-OWNER-001"),
    "stay-visit-used-again": ("AA", "STY-VISIT-005"),
    "stay-before-the-admission": ("AA", "STY-ORDER-001"),
    "stay-account-missing": ("AE", "STY-ACCOUNT-002"),
}


@pytest.fixture(scope="module")
def sent() -> list[Outgoing]:
    return list(faults(3))


def preparation(sent: list[Outgoing], fault: str) -> list[Message]:
    """The messages that prepare a fault about a stay, and the faulty one last."""
    last = next(i for i, one in enumerate(sent) if one.fault == fault)
    first = next(i for i in range(last - 1, -1, -1) if sent[i].fault) + 1
    return [Message.parse(one.raw) for one in sent[first : last + 1]]


def test_the_gateway_names_each_fault(store: StorePlace) -> None:
    assert NAMED.keys() == STAY_MAKERS.keys()
    settings = IntakeSettings(listeners={"main": ListenerRule(unknown="confirm")})
    intake = Intake(Ledger(Turn(None)), SenderBook(), settings)
    messages = list(faults(3))
    for number, one in enumerate(messages):
        intake.process([read_frame(one.raw, listener="main")], NOW + number)
    lines = {line.control_id: line for line in journal.page(limit=10_000).lines}
    found = {}
    for one in messages:
        if one.fault in NAMED:
            line = lines[one.control_id]
            document = journal.show(line.seq)
            assert document is not None
            wanted = NAMED[one.fault][1]
            rules = [finding.rule for finding in document.findings]
            found[one.fault] = (line.answer, wanted if wanted in rules or not rules else ", ".join(rules))
            assert one.expects(line.answer or "")
    assert found == NAMED


def test_the_same_number_is_that_of_two_stays(sent: list[Outgoing]) -> None:
    first, second = preparation(sent, "stay-one-movement-two-stays")[-2:]
    assert first.get("ZBE-1") == second.get("ZBE-1")
    assert first.get("PV1-19") != second.get("PV1-19")


def test_a_visit_is_used_again_after_its_cancellation(sent: list[Outgoing]) -> None:
    _, admission, cancellation, again = preparation(sent, "stay-visit-used-again")
    assert cancellation.get("MSH-9.2") == "A11"
    assert admission.get("PV1-19") == cancellation.get("PV1-19") == again.get("PV1-19")
    assert admission.get("ZBE-1") == cancellation.get("ZBE-1") != again.get("ZBE-1")


def test_a_visit_of_another_patient(sent: list[Outgoing]) -> None:
    _, admission, _, transfer = preparation(sent, "stay-visit-of-another")
    assert admission.get("PV1-19") == transfer.get("PV1-19")
    assert admission.get("PID-3[1].1") != transfer.get("PID-3[1].1")


def test_the_cancellation_comes_twice(sent: list[Outgoing]) -> None:
    *_, once, twice = preparation(sent, "stay-cancelled-twice")
    assert [once.get("ZBE-4"), twice.get("ZBE-4")] == ["CANCEL", "CANCEL"]
    assert once.get("ZBE-1") == twice.get("ZBE-1") and once.get("MSH-10") != twice.get("MSH-10")
