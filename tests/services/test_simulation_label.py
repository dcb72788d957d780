"""What a simulator produced says so (design: honesty rules), first of all its store."""

from __future__ import annotations

import pytest

from ecluse.services.mark_simulation import SIMULATED_SENDERS
from ecluse.services.queries.simulation import simulated
from ecluse.simulators.hospital import SENDERS
from tests.services.feeding import Gate, adt, rows

pytestmark = pytest.mark.usefixtures("store")

SIMULATED = {"application": "GAM-SIMU", "facility": "CH-VALMONT"}


def test_message_of_the_simulated_hospital_labels_a_store_of_test() -> None:
    gate = Gate()
    gate.receive(adt(application="GAM", control="C1"))
    assert not simulated()
    gate.receive(adt(**SIMULATED, control="C2", ipp="7002"))
    assert simulated()
    assert rows("SELECT value FROM store_meta WHERE name = 'simulation'") == [("hospital",)]


def test_senders_declared_in_advance_label_it_at_their_first_message_only() -> None:
    gate = Gate()
    assert gate.act("sender.add", **SIMULATED).done
    assert not simulated()
    gate.receive(adt(**SIMULATED))
    assert simulated()
    gate.receive(adt("A31", "C2", **SIMULATED))
    assert rows("SELECT value FROM store_meta WHERE name = 'simulation'") == [("hospital",)]


def test_gateway_in_production_is_never_labelled_by_a_name_that_a_message_claims() -> None:
    gate = Gate(environment="production")
    gate.receive(adt(**SIMULATED, processing="P"))
    assert rows("SELECT answer FROM store_journalentry") == [("AA",)]
    assert not simulated()


def test_label_is_written_by_the_next_batch_when_the_store_refused_the_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = Gate()
    with monkeypatch.context() as patch:
        patch.setattr(gate.intake.ledger, "write", _refuse)
        assert gate.codes(adt(**SIMULATED)) == ["AR 207"]
    assert not simulated()
    assert gate.codes(adt(**SIMULATED)) == ["AA"]
    assert simulated()


def _refuse(*_: object) -> None:
    raise OSError("disk full")


def test_names_of_the_simulated_hospital_are_those_it_sends() -> None:
    assert {(one.application, one.facility) for one in SENDERS.values()} == SIMULATED_SENDERS
