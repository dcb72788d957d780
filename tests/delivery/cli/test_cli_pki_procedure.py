"""`ecluse pki procedure`: the way to the certificates typed step by step, with its documents."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ecluse.delivery.cli import pki_keep, pki_shared, pki_steps
from tests.delivery.cli.pki_desk import Desk
from tests.store.databases import StorePlace


@pytest.fixture
def desk(sqlite_store: StorePlace) -> Iterator[Desk]:
    """Somebody at the command line of a gateway."""
    from ecluse.store.access_turn import use_turn
    from ecluse.store.turn import Turn
    from tests.services.certificates.house import House

    house = House(sqlite_store)
    yield Desk(house)
    house.close()
    use_turn(Turn(None))


def test_a_procedure_goes_step_by_step_and_back(desk: Desk, tmp_path: Path) -> None:
    id_ = desk.type("procedure", "open").stdout.strip()
    assert desk.type("procedure", "open").exit_code == 1
    assert desk.told("procedure", "do", id_, "contract_none")["state"] == "CONTRAT_A_SIGNER"
    desk.told("procedure", "do", id_, "representative_named", "--person", "Anne Lefort")
    contract = tmp_path / "contrat.pdf"
    contract.write_bytes(b"%PDF-1.7 signed")
    sent = ("contract_sent", "--by", "Anne Lefort", "--way", "EJ", "--document", f"contrat={contract}")
    desk.told("procedure", "do", id_, *sent)
    card = ("card_received", "--person", "Anne Lefort", "--card", "CDE:9900000001:2099-05-31")
    desk.told("procedure", "do", id_, *card)
    ending = datetime.fromtimestamp(desk.house.gate.now / 1_000_000, UTC) + timedelta(days=10)
    soon = f"CPE:9900000002:{ending:%Y-%m-%d}"
    desk.told("procedure", "do", id_, "card_received", "--person", "Noa Martin", "--card", soon)
    probed = desk.type("check").stdout
    assert "La carte CPE de Noa Martin" in probed, "a card that ends soon is told"
    assert desk.type("procedure", "undo", id_).exit_code == 0
    assert desk.told("procedure", "do", id_, "contract_processed")["state"] == "CONTRAT_OK"

    shown = desk.told("procedure", "show", id_)
    assert [one["event"]["name"] for one in shown["steps"]][-1] == "contract_processed"
    assert shown["procedure"]["next"][0]["event"] == "administrator_designated"
    (person,) = desk.told("procedure", "people", id_)["people"]
    assert (person["representative"], person["card"]["number"]) == (True, "9900000001")
    assert desk.type("procedure", "undo", id_).exit_code == 0
    assert desk.told("procedure", "list")["procedures"][0]["state"] == "CONTRAT_A_SIGNER"

    (document,) = desk.told("procedure", "document", id_)["documents"]
    copy = tmp_path / "copie.pdf"
    got = desk.type("procedure", "document", id_, "--get", document["sha256"][:12], "--out", str(copy))
    assert got.exit_code == 0, got.output
    assert copy.read_bytes() == contract.read_bytes()


def test_a_step_out_of_order_tells_what_comes_first(desk: Desk) -> None:
    id_ = desk.type("procedure", "open").stdout.strip()
    refused = desk.type("procedure", "do", id_, "certificate_ordered", "--product", "sign", "--way", "csr")
    assert refused.exit_code == 1
    assert refused.stderr.strip()
    for wrong in (("--on", "hier"), ("--card", "CDE:1"), ("--document", "999")):
        assert desk.type("procedure", "do", id_, "contract_none", *wrong).exit_code == 2
    text = desk.type("procedure", "show", id_).stdout
    assert "contract_none" in text and "esante.gouv.fr" in text
    assert desk.type("procedure", "close", id_).exit_code == 0
    assert desk.type("procedure", "show", "proc_unknown").exit_code == 2


def test_the_words_written_again_in_the_help_are_those_of_the_rules() -> None:
    from ecluse.rules.certificates.procedure import EVENTS
    from ecluse.rules.certificates.slots import uses
    from ecluse.services.acts.certificates import REASONS
    from ecluse.services.certificates.trust import STORES

    assert tuple(EVENTS) == pki_steps.EVENTS
    assert tuple(uses()) == pki_shared.USES
    assert {*pki_keep.REASONS, "told"} == set(REASONS)
    assert (*pki_shared.STORES, "public") == STORES
