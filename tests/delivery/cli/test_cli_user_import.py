"""`ecluse user import`, on a real gateway: shown first, done when asked."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.gateway import Gateway


def test_accounts_of_a_file_are_shown_then_made_changed_and_closed(gateway: Gateway, tmp_path: Path) -> None:
    file = tmp_path / "comptes.csv"
    file.write_text(
        "identifiant;nom;unite;externe;roles\nrh.claire;Claire Moreau;Cardiologie;E1;soignant\n"
        "rh.paul;Paul Durand;;E2;lecture\nrh.roi;Le Roi;;E3;administration\n"
    )
    before = json.loads(gateway.run("user", "list", "--format", "json").stdout)
    shown = gateway.run("user", "import", str(file), "--format", "json", check=False)
    told = json.loads(shown.stdout)
    assert (shown.returncode, told["applied"]) == (1, False)
    assert [(one["username"], one["what"]) for one in told["accounts"]] == [
        ("rh.claire", "create"),
        ("rh.paul", "create"),
        ("rh.roi", "refused"),
    ]
    assert json.loads(gateway.run("user", "list", "--format", "json").stdout) == before

    done = json.loads(
        gateway.run("user", "import", str(file), "--apply", "--format", "json", check=False).stdout
    )
    assert [one["code"] is not None for one in done["accounts"]] == [True, True, False]
    file.write_text("identifiant;nom;unite;externe\nrh.claire;Claire Moreau;Pédiatrie;E1\n")
    again = gateway.run("user", "import", str(file), "--apply", "--close-absent", "--format", "json")
    assert [
        (one["username"], one["what"], one["fields"]) for one in json.loads(again.stdout)["accounts"]
    ] == [
        ("rh.claire", "change", ["unit"]),
        ("rh.paul", "close", []),
    ]
    users = {
        one["username"]: one
        for one in json.loads(gateway.run("user", "list", "--format", "json").stdout)["users"]
    }
    assert (users["rh.claire"]["unit"], users["rh.paul"]["state"]) == ("Pédiatrie", "closed")
    assert [one["role"] for one in users["rh.claire"]["roles"]] == ["soignant"]
    assert "rh.roi" not in users


def test_other_file_is_refused_in_one_line(gateway: Gateway, tmp_path: Path) -> None:
    other = tmp_path / "x.csv"
    other.write_bytes(b"\xff\xfe\x00")
    for file in (other, tmp_path / "absent.csv"):
        refused = gateway.run("user", "import", str(file), check=False)
        assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)


def test_role_profession_and_hours_are_told_at_once(gateway: Gateway) -> None:
    """Only what the gateway knows is given; without --hours, the settings say how long a code is good."""
    made = gateway.run(
        "user", "add", "n.petit", "--role", "lecture", "--profession", "60", "--format", "json"
    )
    assert json.loads(made.stdout)["hours"] == 72
    users = json.loads(gateway.run("user", "list", "--format", "json").stdout)["users"]
    (one,) = [found for found in users if found["username"] == "n.petit"]
    assert (one["profession"], [grant["site"] for grant in one["roles"]]) == ("60", [None])
    for given, word in (
        (("--profession", "infirmier"), "--profession"),
        (("--role", "soignant", "--site", "Site nord"), "--establishment"),
        (("--role", "soignant", "--establishment", "Nulle part", "--site", "Site nord"), "Nulle part"),
    ):
        refused = gateway.run("user", "add", "n.autre", *given, check=False)
        assert (refused.returncode, word in refused.stderr) == (2, True), refused.stderr
