"""`ecluse patients dossier` and `ecluse patients note`: the rights of a person."""

from __future__ import annotations

import json
import stat
from pathlib import Path

from tests.delivery.cli.people import GIRAUD
from tests.e2e.gateway import Gateway
from tests.services.feeding import matricule


def test_a_dossier_is_a_file_of_its_owner_alone_with_everything(gateway: Gateway, tmp_path: Path) -> None:
    target = tmp_path / "dossier.json"
    done = gateway.run("patients", "dossier", "7712345", "--output", str(target))
    assert done.stdout == "" and "unmasked" in done.stderr
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    document = json.loads(target.read_text("utf-8"))
    assert list(document) == [
        "format", "made_at", "installation", "environment", "simulation", "asked", "identities", "senders",
        "messages", "accesses", "events", "shared",
    ]  # fmt: skip
    assert document["identities"][0]["state"]["ins"]["matricule"] == matricule(GIRAUD.matricule)
    assert [one["event"] for one in document["messages"] if one["kind"] == "message"][:2] == ["A28", "A31"]
    assert list(tmp_path.iterdir()) == [target]


def test_an_export_is_written_to_the_trail_before_it_is_made(gateway: Gateway) -> None:
    """Who exported, under the account of the system; the dossier tells of itself."""
    document = json.loads(gateway.run("patients", "dossier", "7712345").stdout)
    one = document["accesses"][-1]
    assert one["action"] == "patient.dossier" and one["caller"].startswith("cli:")
    assert one["patient"] == document["asked"]
    listed = json.loads(
        gateway.run("access", "list", "--patient", document["asked"], "--format", "json").stdout
    )
    assert listed["lines"][0]["caller"] == one["caller"]
    line = listed["lines"][0]["detail"].removeprefix("journal ")
    assert "patient.dossier" in gateway.run("journal", "show", line, "--format", "json").stdout


def test_without_a_file_the_dossier_is_one_document_on_stdout(gateway: Gateway) -> None:
    done = gateway.run("patients", "dossier", "7712345")
    assert json.loads(done.stdout)["format"] == 1


def test_a_dossier_of_nobody_or_nowhere_is_one_line(gateway: Gateway, tmp_path: Path) -> None:
    done = gateway.run("patients", "dossier", "nobody", check=False)
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.count("\n") == 1
    done = gateway.run(
        "patients", "dossier", "7712345", "--output", str(tmp_path / "no" / "where"), check=False
    )
    assert done.returncode == 2 and "cannot be written" in done.stderr


def test_a_note_is_written_from_standard_input_and_shown_in_the_history(gateway: Gateway) -> None:
    text = "Rectification demandée : prénom d’usage."
    done = gateway.run("patients", "note", "7712345", "--date", "2026-03-02", "--format", "json", input=text)
    result = json.loads(done.stdout)
    assert result["done"] is True
    shown = json.loads(gateway.run("patients", "show", "7712345", "--format", "json").stdout)
    last = shown["history"][-1]
    assert (last["event"], last["message"]) == ("patient.noted", str(result["seq"]))
    assert "prénom d’usage" in last["detail"]
    assert shown["trust"] == "qualifiee"
    assert gateway.run("journal", "verify", "--states").returncode == 0


def test_an_empty_note_is_refused(gateway: Gateway) -> None:
    assert gateway.run("patients", "note", "7712345", check=False, input="\n").returncode == 1
