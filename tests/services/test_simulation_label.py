"""What a simulator produced says so (design: honesty rules): its store, then what leaves it."""

from __future__ import annotations

import json

import pytest

from ecluse.services.export_audit import export_accesses, export_acts
from ecluse.services.export_habilitations import export_matrix
from ecluse.services.queries import journal
from ecluse.services.queries.audit import Wanted
from ecluse.services.queries.habilitations import VersionDocument
from ecluse.services.queries.simulation import simulated
from ecluse.services.queries.vendor_letter import letter
from ecluse.services.simulated import SIMULATED_SENDERS
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


def test_tables_and_documents_say_first_that_they_tell_of_a_simulation() -> None:
    version = VersionDocument(1, "CH de Valmont", 1, "", "", "", None, ())
    exports = (export_accesses, export_acts)
    tables = [export_matrix(version), *(export(Wanted(), "csv").content for export in exports)]
    assert not any(b"SIMULATION" in one for one in tables)
    Gate().receive(adt(**SIMULATED))
    tables = [export_matrix(version), *(export(Wanted(), "csv").content for export in exports)]
    for table in tables:
        first = table.decode("utf-8-sig").splitlines()[0]
        assert first == "SIMULATION\N{NO-BREAK SPACE}: personnes et messages inventés"
    assert all(json.loads(export(Wanted(), "json").content)["simulation"] is True for export in exports)


def test_letter_to_a_maker_says_first_that_it_tells_of_a_simulation() -> None:
    Gate().receive(adt(**SIMULATED).replace(b"|M|||1 RUE", b"|Z|||1 RUE"))
    line = journal.show(1)
    assert line is not None
    written = letter(line, "fr")
    assert written is not None and written.mailto is not None
    assert written.subject.startswith("[SIMULATION] ") and written.body.startswith(
        "SIMULATION\N{NO-BREAK SPACE}:"
    )
    assert written.mailto.count("SIMULATION") == 2
