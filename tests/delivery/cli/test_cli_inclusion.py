"""`ecluse inclusion`, on a real gateway: a list from its making to a patient who leaves it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.delivery.cli.conftest import to
from tests.delivery.cli.people import AUBERT, GIRAUD, created
from tests.e2e.gateway import Gateway


def told(gateway: Gateway, *arguments: str) -> Any:
    """The JSON document of a command."""
    return json.loads(gateway.run("inclusion", *arguments, "--format", "json").stdout)


@pytest.fixture
def two(gateway: Gateway, tmp_path: Path) -> Gateway:
    """The gateway, which knows a second patient."""
    (tmp_path / "aubert.hl7").write_bytes(created(AUBERT))
    gateway.run("send", "--to", to(gateway), str(tmp_path / "aubert.hl7"))
    return gateway


def test_a_device_maker_works_without_rest(two: Gateway, tmp_path: Path) -> None:
    """Made, filled by local identifiers, seen by the token of the list, emptied, purged."""
    made = told(two, "create", "Cardiologie")
    assert made["done"]
    assert "Cardiologie" in two.run("inclusion", "list").stdout
    token = json.loads(
        two.run(
            "token",
            "create",
            "Holter",
            "--scopes",
            "patients:read",
            "--inclusion",
            "Cardiologie",
            "--format",
            "json",
        ).stdout
    )["secret"]

    def status(patient: str) -> int:
        address = f"{two.http}/api/v1/patients/{patient}"
        return httpx.get(address, headers={"authorization": f"Bearer {token}"}).status_code

    (tmp_path / "liste.txt").write_text(f"{AUBERT.local}\n\n{GIRAUD.local}\n", "utf-8")
    included = told(two, "include", "Cardiologie", GIRAUD.local, "--from", str(tmp_path / "liste.txt"))
    girauds, auberts = included["patients"]
    (one,) = [one for one in told(two, "list")["lists"] if one["id"] == made["id"]]
    assert one["included"] == 2
    assert status(girauds) == status(auberts) == 200
    two.run("inclusion", "exclude", made["id"], girauds)
    assert (status(girauds), status(auberts)) == (404, 200)
    page = told(two, "show", "Cardiologie", "--limit", "1")
    rest = told(two, "show", "Cardiologie", "--after", page["next"])
    states = {
        each["patient"]: (each["included"], each["purge"]) for each in page["patients"] + rest["patients"]
    }
    assert states == {girauds: (False, False), auberts: (True, False)}
    assert told(two, "exclude", "Cardiologie", GIRAUD.local, AUBERT.local, "--purge", "--yes")["done"]
    assert status(auberts) == 404
    assert all(each["purge"] for each in told(two, "show", "Cardiologie")["patients"])
    shown = two.run("inclusion", "show", "Cardiologie").stdout
    assert "excluded" in shown and girauds in shown


def test_what_cannot_be_done_says_why(two: Gateway, tmp_path: Path) -> None:
    """An unknown list or patient, nobody named: one line, and nothing is done."""
    told(two, "create", "Pneumologie")
    (tmp_path / "latin.txt").write_bytes(b"\xe9")
    for arguments, code, said in (
        (("create", "Pneumologie"), 1, "already"),
        (("create", "x", "--domain", "nulle part"), 1, "Unknown domain"),
        (("show", "Rien"), 1, "inclusion list"),
        (("include", "Pneumologie"), 2, "--from"),
        (("include", "Pneumologie", GIRAUD.local, "999999"), 1, "999999"),
        (("include", "Pneumologie", "--from", str(tmp_path / "latin.txt")), 2, "UTF-8"),
        (("include", "Pneumologie", "--from", str(tmp_path / "absent")), 2, "cannot be read"),
        (("exclude", "Pneumologie", GIRAUD.local), 1, "not in this list"),
    ):
        done = two.run("inclusion", *arguments, check=False)
        assert (done.returncode, said in done.stderr) == (code, True), (arguments, done.stderr)
    (one,) = [one for one in told(two, "list")["lists"] if one["name"] == "Pneumologie"]
    assert one["included"] == 0
