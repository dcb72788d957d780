"""The life of an INS through a real gateway: same shapes as the national examples, about invented people.

Source: PAM France 2.11.1, INS life cycle messages (A31, A47); ANS webinar of 20/10/2022 (PID example).
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecluse.transports.mllp_client import MllpClient
from tests.e2e.gateway import Gateway
from tests.services.feeding import AUTHORITY, MARIN, NIA, NIR, NIR_TEST, adt, matricule

OTHER = matricule("1700129123999")
TEST_OID = "1.2.250.1.213.1.4.10"
LYRE = matricule("1700129123888")


def exchange(gateway: Gateway, *messages: bytes) -> list[str]:
    """MSA-1 of each message, one connection; with the code of the first error when it is refused."""
    found = []
    with MllpClient(*gateway.mllp) as client:
        for message in messages:
            segments = [one.split("|") for one in client.send(message).decode().split("\r")]
            code = next(one[1] for one in segments if one[0] == "MSA")
            error = next((" " + one[3].split("^")[0] for one in segments if one[0] == "ERR"), "")
            found.append(code + error)
    return found


def show(gateway: Gateway, ipp: str) -> dict[str, Any]:
    document = json.loads(gateway.run("patients", "show", "--identifier", ipp, "--format", "json").stdout)
    assert isinstance(document, dict)
    return document


def test_obtained_then_changed(gateway: Gateway) -> None:
    codes = exchange(
        gateway,
        adt("A28", "N1", "5001"),
        adt("A31", "N2", "5001", ins=MARIN, status="VALI"),
        adt("A47", "N3", "5001", ins=OTHER, status="VALI", prior=f"{MARIN}^^^{NIR_TEST}^INS"),
    )
    assert codes == ["AA", "AA", "AA"]
    patient = show(gateway, "5001")
    assert patient["ins"] == {
        "matricule": OTHER, "oid": TEST_OID, "kind": "NIR", "environment": "test", "key_valid": True,
    }  # fmt: skip
    assert (patient["trust"], patient["status"], patient["ins_reason"]) == ("qualifiee", ["VALI"], None)
    assert patient["traits"]["birth_place_code"] == "29019"


def test_a_nia_becomes_a_nir(gateway: Gateway) -> None:
    waiting, final = matricule("1700129888111"), matricule("1700129123777")
    both = adt("A31", "N12", "5002", ins=final, status="VALI").replace(
        f"~{final}".encode(), f"~{waiting}^^^{NIA}^INS~{final}".encode()
    )
    codes = exchange(gateway, adt("A28", "N11", "5002", ins=waiting, ins_from=NIA, status="VALI"), both)
    assert codes == ["AA", "AA"]
    patient = show(gateway, "5002")
    assert (patient["ins"]["matricule"], patient["ins"]["kind"]) == (final, "NIR")
    assert patient["trust"] == "qualifiee"


def test_deleted_while_the_printed_example_leaves_the_status_validated(gateway: Gateway) -> None:
    gone = matricule("1700129123666")
    codes = exchange(
        gateway,
        adt("A28", "N21", "5003", ins=gone, status="VALI"),
        adt("A47", "N22", "5003", ins='""', status="VALI", prior=f"{gone}^^^{NIR_TEST}^INS"),
    )
    assert codes == ["AA", "AA"]
    patient = show(gateway, "5003")
    assert patient["ins"] is None and patient["ins_reason"]
    assert (patient["status"], patient["trust"]) == (["VALI"], "validee")
    assert gone not in json.dumps(patient)
    found = gateway.run("patients", "show", "--ins", "-", "--format", "json", input=gone, check=False)
    assert (found.returncode, found.stdout.count(gone)) == (1, 0)


def test_downgraded(gateway: Gateway) -> None:
    gone = matricule("1700129123555")
    codes = exchange(
        gateway,
        adt("A28", "N31", "5004", ins=gone, status="VALI"),
        adt("A47", "N32", "5004", ins='""', status="PROV", prior=f"{gone}^^^{NIR_TEST}^INS"),
    )
    assert codes == ["AA", "AA"]
    patient = show(gateway, "5004")
    assert (patient["ins"], patient["status"], patient["trust"]) == (None, ["PROV"], "provisoire")


def test_a_wrong_key_is_usable_with_a_warning_in_a_test_environment(gateway: Gateway) -> None:
    wrong = LYRE[:13] + f"{int(LYRE[13:]) % 97 + 1:02}"
    assert exchange(gateway, adt("A28", "N41", "5005", ins=wrong, status="VALI")) == ["AA"]
    patient = show(gateway, "5005")
    assert patient["ins"]["matricule"] == wrong
    assert patient["ins"]["key_valid"] is False


def test_the_defects_of_the_webinar_example_are_accepted_and_explained(gateway: Gateway) -> None:
    # Wrong key, sex digit 2 against PID-8 M, birth address in PID-10, no list of given names.
    wrong = matricule("2500892154002")[:13] + "11"
    message = adt("A28", "N51", "5006", ins=wrong, status="VALI")
    lines = message.decode().split("\r")
    lines[2] = (
        f"PID|1||5006^^^{AUTHORITY}^PI~{wrong}^^^{NIR_TEST}^INS||KERVADEC^BERTRAND^^^M.^^L||19500813|M||"
        "^^^^^^BDL^^92154||||||||||||||||||||||VALI"
    )
    assert exchange(gateway, "\r".join(lines).encode()) == ["AA"]
    patient = show(gateway, "5006")
    assert patient["ins"] is None and patient["ins_reason"]
    last = patient["history"][-1]["message"]
    line = json.loads(gateway.run("journal", "show", last, "--format", "json").stdout)
    told = {(one["severity"], one["location"].split("[")[0].split(".")[0]) for one in line["findings"]}
    assert {place for _, place in told} >= {"PID-3", "PID-5", "PID-10"}, line["findings"]


def test_nothing_is_wrong_in_the_end(gateway: Gateway) -> None:
    verified = json.loads(gateway.run("journal", "verify", "--format", "json").stdout)
    assert verified["ok"] and verified["messages"] >= 11
    gateway.run("journal", "rebuild", "--check")


@pytest.mark.parametrize(
    ("control", "ins", "ins_from"),
    [("P1", LYRE[:13] + f"{int(LYRE[13:]) % 97 + 1:02}", NIR), ("P2", LYRE, NIR_TEST)],
    ids=["wrong key", "test authority"],
)
def test_in_production_the_message_is_accepted_without_its_ins(
    production: Gateway, control: str, ins: str, ins_from: str
) -> None:
    assert exchange(
        production, adt("A28", control, f"60{control}", ins=ins, ins_from=ins_from, status="VALI")
    ) == ["AA"]
    patient = show(production, f"60{control}")
    assert patient["ins"] is None and patient["ins_reason"]
    assert ins not in json.dumps(patient)


@pytest.mark.parametrize("processing", ["D", "T"])
def test_in_production_debugging_and_training_messages_get_ar_202(
    production: Gateway, processing: str
) -> None:
    assert exchange(production, adt("A28", f"P{processing}", "6009", processing=processing)) == ["AR 202"]


def test_in_production_the_real_authority_is_usable(production: Gateway) -> None:
    assert exchange(production, adt("A28", "P9", "6010", ins=MARIN, ins_from=NIR, status="VALI")) == ["AA"]
    assert show(production, "6010")["ins"]["environment"] == "production"
