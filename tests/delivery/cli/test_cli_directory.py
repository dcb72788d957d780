"""`ecluse directory`, beside a real gateway that goes on serving."""

from __future__ import annotations

import json
from pathlib import Path

from tests.delivery.cli.commands import invoke
from tests.e2e.gateway import Gateway
from tests.services.directory.extract import extract, line, rpps

CLAIRE = rpps(12345)


def test_directory_is_imported_checked_and_taken_back_while_the_gateway_serves(
    gateway: Gateway, tmp_path: Path
) -> None:
    assert gateway.run("directory", "status", check=False).returncode == 1
    nobody = gateway.run("directory", "check", CLAIRE, "--format", "json", check=False)
    assert (nobody.returncode, json.loads(nobody.stdout)["state"]) == (1, "unchecked")

    made = json.loads(gateway.run("directory", "import", "--fictive", "--format", "json").stdout)
    assert (made["done"], made["current"]["fictive"], made["current"]["people"]) == (True, True, 24)
    check = json.loads(gateway.run("directory", "check", "99700100375", "--format", "json").stdout)
    assert (check["state"], check["source"]) == ("active", "extract")
    assert check["person"]["activities"][0]["structure"]["finess"] == "0B0100012"
    assert gateway.run("directory", "legal-entity", "0B0100012").stdout.strip() == "0B0100004"

    file = tmp_path / "PS_LibreAcces_Personne_activite.txt"
    file.write_bytes(extract([line(number=CLAIRE)]))
    gateway.run("directory", "import", str(file))
    shown = gateway.run("directory", "show", CLAIRE).stdout
    assert "MARTEL CLAIRE" in shown
    assert "CH DE VALMONT" in shown
    assert gateway.run("directory", "show", "99700100375", check=False).returncode == 1

    gateway.run("directory", "undo")
    listed = json.loads(gateway.run("directory", "status", "--format", "json").stdout)
    assert (listed["current"]["fictive"], listed["former"]["people"]) == (True, 1)
    acts = json.loads(gateway.run("journal", "list", "--format", "json").stdout)["lines"]
    assert [one["event"] for one in acts[:3]] == ["undo", "use", "use"]


def test_other_file_is_refused_in_one_line(gateway: Gateway, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("nom;prénom\n")
    refused = gateway.run("directory", "import", str(other), check=False)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "Identification nationale PP" in refused.stderr
    absent = gateway.run("directory", "import", str(tmp_path / "absent.txt"), check=False)
    assert (absent.returncode, absent.stderr.count("\n")) == (2, 1)


def test_import_needs_a_file_or_the_fictive_extract_and_not_both() -> None:
    assert invoke("directory", "import").exit_code == 2
    assert invoke("directory", "import", "--fictive", "x.txt").exit_code == 2
