"""A day sent by an MLLP client that is not ours, read back by REST and by FHIR: what its senders know, each time."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ecluse.simulators.hospital import SENDERS, Expected, Outgoing, day, expected
from tests.e2e.gateway import Gateway
from tests.e2e.held import differences

pytestmark = pytest.mark.slow
"""Each starts gateways of its own, several seconds apiece: for `make test-all`."""

SENDER = Path(__file__).parents[1] / "node" / "hl7_sender.mjs"
CODECS = {"UNICODE UTF-8": "utf-8", "8859/1": "iso8859-1", "8859/15": "iso8859-15"}
INS_OIDS = ("1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11")
SENDING_SECONDS = 90
Document = dict[str, Any]


@pytest.fixture(scope="module")
def sent() -> list[Outgoing]:
    return list(day(11, 25))


@pytest.fixture(scope="module")
def reading(sent: list[Outgoing], tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """The interfaces of a gateway to which the other client has sent the day."""
    gateway = Gateway(tmp_path_factory.mktemp("other") / "data")
    gateway.env["ECLUSE_API_RATE"], gateway.env["ECLUSE_API_BURST"] = "1000", "1000"
    with gateway:
        for sender in SENDERS.values():
            gateway.run("sender", "add", sender.application, sender.facility)
        send(sent, *gateway.mllp)
        given = ("--scopes", "patients:read", "--format", "json")
        token = json.loads(gateway.run("token", "create", "reader", *given).stdout)["secret"]
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=gateway.http, headers=headers, timeout=30) as client:
            yield client
        assert gateway.stop() == 0, gateway.log[-2000:]


def send(messages: list[Outgoing], host: str, port: int) -> None:
    """Send messages with @medplum/hl7, each acknowledged before the next one."""
    lines = "".join(json.dumps(text(one.raw)) + "\n" for one in messages)
    done = subprocess.run(
        ["node", str(SENDER), host, str(port)],
        input=lines, capture_output=True, text=True, check=False, timeout=SENDING_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert answers == [{"code": "AA", "control": one.control_id} for one in messages]


def text(raw: bytes) -> str:
    """Characters of a message, by MSH-18."""
    return raw.decode(CODECS[raw.split(b"\r")[0].split(b"|")[17].decode()])


def test_rest_tells_what_the_senders_know(sent: list[Outgoing], reading: httpx.Client) -> None:
    wanted = expected(sent)
    found: dict[tuple[str, str], Document] = {}
    for one in wanted.values():
        body = {"identifier": one.local, "authority": one.authority}
        answer = reading.post("/api/v1/patients/search", json=body).raise_for_status().json()
        (found[one.local, one.authority],) = answer["patients"]
    check(wanted, found, {key: patient["traits"]["birth_date"] for key, patient in found.items()})


def test_fhir_tells_what_the_senders_know(sent: list[Outgoing], reading: httpx.Client) -> None:
    wanted = expected(sent)
    found: dict[tuple[str, str], Document] = {}
    for one in wanted.values():
        answer = reading.get("/fhir/Patient", params={"identifier": f"urn:oid:{one.authority}|{one.local}"})
        (entry,) = answer.raise_for_status().json()["entry"]
        found[one.local, one.authority] = entry["resource"]
    read = {key: read_fhir(resource) for key, resource in found.items()}
    check(wanted, read, {key: resource.get("birthDate") for key, resource in found.items()})


def check(
    wanted: dict[str, Expected],
    found: dict[tuple[str, str], Document],
    born: dict[tuple[str, str], str | None],
) -> None:
    """Same numbers, status, INS, deaths, merges and birth dates as the senders know; some of each are in the day."""
    wrong = [difference for one in wanted.values() for difference in differences(one, found)]
    assert not wrong, wrong[:10]
    assert any(one.ins for one in wanted.values()) and any(one.merged_into for one in wanted.values())
    for one in wanted.values():
        if one.merged_into is None and not one.record.unknown:
            assert born[one.local, one.authority] == one.record.person.birth_date.isoformat(), one.local


def read_fhir(resource: Document) -> Document:
    """The same facts in a FHIR R4 Patient of FR Core 2.1."""
    identifiers = [
        {"value": one["value"], "oid": one.get("system", "").removeprefix("urn:oid:")}
        for one in resource["identifier"]
    ]
    ins = [one for one in identifiers if one["oid"] in INS_OIDS]
    replaced = [one["other"]["reference"] for one in resource.get("link", ()) if one["type"] == "replaced-by"]
    return {
        "id": resource["id"],
        "status": list(statuses(resource)),
        "ins": {"matricule": ins[0]["value"]} if ins else None,
        "ins_reason": None,
        "deceased": bool(resource.get("deceasedBoolean") or resource.get("deceasedDateTime")),
        "merged_into": replaced[0].removeprefix("Patient/") if replaced else None,
    }


def statuses(resource: Document) -> Iterator[str]:
    """Codes of PID-32, one extension each."""
    for extension in resource.get("extension", ()):
        if extension["url"].endswith("fr-core-identity-reliability"):
            yield from (
                one["valueCoding"]["code"] for one in extension["extension"] if one["url"] == "identityStatus"
            )
