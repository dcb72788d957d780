"""`ecluse events` on a real gateway."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.delivery.cli.conftest import to
from tests.delivery.cli.people import Person, created
from tests.e2e.gateway import Gateway

SECONDS = 30
SERVAL = Person("7799001", "SERVAL", "LOUISE", "F", "19910214", "35238", "2910235238017")


@pytest.fixture(scope="module")
def told(gateway: Gateway) -> dict[str, Any]:
    """The first page, once the patient of the gateway is told qualified."""
    end = time.monotonic() + SECONDS
    while True:
        page: dict[str, Any] = json.loads(gateway.run("events", "list", "--format", "json").stdout)
        if "fr.ecluse.patient.qualified.v1" in [one["type"] for one in page["events"]]:
            return page
        assert time.monotonic() < end, gateway.log[-3000:]


def test_list_tells_cloud_events_from_the_oldest_on(gateway: Gateway, told: dict[str, Any]) -> None:
    first = told["events"][0]
    assert (first["specversion"], first["type"]) == ("1.0", "fr.ecluse.patient.created.v1")
    assert [one["patientversion"] for one in told["events"] if one["subject"] == first["subject"]][:2] == [
        1,
        2,
    ]
    shown = gateway.run("patients", "show", first["subject"], "--format", "json", check=False)
    assert "GIRAUD" not in json.dumps(told) and shown.returncode in (0, 1)


def test_pages_and_types(gateway: Gateway, told: dict[str, Any]) -> None:
    done = gateway.run("events", "list", "--limit", "1")
    assert "patient.created" in done.stdout and told["events"][0]["id"] in done.stderr
    after = gateway.run("events", "list", "--after", told["events"][0]["id"], "--format", "json").stdout
    assert [one["id"] for one in json.loads(after)["events"]][:1] == [told["events"][1]["id"]]
    only = gateway.run("events", "list", "--type", "patient.qualified", "--format", "json").stdout
    assert {one["type"] for one in json.loads(only)["events"]} == {"fr.ecluse.patient.qualified.v1"}


def test_a_cursor_that_is_none_is_one_line_that_says_what_to_do(
    gateway: Gateway, told: dict[str, Any]
) -> None:
    done = gateway.run("events", "list", "--after", "yesterday", check=False)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.count("\n") == 1
    done = gateway.run("events", "list", "--after", "0123456789ab-7", check=False)
    assert done.returncode == 2 and told["events"][0]["id"].partition("-")[0] in done.stderr


def test_follow_tells_what_comes(gateway: Gateway, told: dict[str, Any], tmp_path: Path) -> None:
    end = json.loads(gateway.run("events", "list", "--limit", "1000", "--format", "json").stdout)["next"]
    command = [
        sys.executable,
        "-m",
        "ecluse",
        "events",
        "list",
        "--after",
        end,
        "--follow",
        "--format",
        "json",
    ]
    with subprocess.Popen(
        [*command, "--data", str(gateway.data)], stdout=subprocess.PIPE, text=True, env=gateway.env
    ) as reader:
        assert reader.stdout is not None
        (tmp_path / "a28.hl7").write_bytes(created(SERVAL))
        gateway.run("send", "--to", to(gateway), str(tmp_path / "a28.hl7"))
        first = json.loads(reader.stdout.readline())
        reader.kill()
    assert first["type"] == "fr.ecluse.patient.created.v1"
    assert int(first["id"].partition("-")[2]) == int(end.partition("-")[2]) + 1
