"""`ecluse backup`, `restore` and `doctor` on a real gateway."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.gateway import Gateway


def test_a_backup_of_a_running_gateway_restores_elsewhere_with_every_patient(
    gateway: Gateway, tmp_path: Path
) -> None:
    made = json.loads(gateway.run("backup", str(tmp_path / "kept"), "--format", "json").stdout)
    assert made["problems"] == [] and Path(made["file"]).stat().st_size == made["size"]
    copy = Gateway(tmp_path / "copy")
    done = json.loads(copy.run("restore", made["file"], "--format", "json").stdout)
    assert done["seq"] == made["seq"] and done["environment"] == "test"
    shown = ("patients", "show", "7712345", "--format", "json")
    assert copy.run(*shown).stdout == gateway.run(*shown).stdout


def test_restore_does_not_replace_data_without_force(gateway: Gateway, tmp_path: Path) -> None:
    archive = str(tmp_path / "backup.tar.gz")
    gateway.run("backup", archive)
    served = gateway.run("restore", "--force", archive, check=False)
    assert served.returncode == 2 and served.stderr.count("\n") == 1
    copy = Gateway(tmp_path / "copy")
    copy.run("restore", archive)
    again = copy.run("restore", archive, check=False)
    assert again.returncode == 2 and "--force" in again.stderr
    assert copy.run("restore", "--force", archive).returncode == 0


def test_what_is_no_backup_exits_2_with_one_line(tmp_path: Path) -> None:
    place = Gateway(tmp_path / "data")
    (tmp_path / "not.tar.gz").write_bytes(b"no archive")
    for file in ("not.tar.gz", "absent.tar.gz"):
        done = place.run("restore", str(tmp_path / file), check=False)
        assert done.returncode == 2 and done.stderr.count("\n") == 1 and file in done.stderr


def test_doctor_tells_what_is_wrong_and_how_to_mend_it(tmp_path: Path) -> None:
    place = Gateway(tmp_path / "data")
    place.run("sender", "add", "GAM", "CH-EXEMPLE")
    found = place.run("doctor", "--format", "json")
    checks = {one["check"]: one for one in json.loads(found.stdout)["checks"]}
    assert checks["database"]["status"] == "ok" and checks["senders"]["status"] == "ok"
    (place.data / "ecluse.db").chmod(0o644)
    done = place.run("doctor", "--lang", "en", check=False)
    assert done.returncode == 1 and "ecluse.db" in done.stdout and "chmod" in done.stdout


def test_doctor_of_an_absent_or_damaged_store_says_so(tmp_path: Path) -> None:
    place = Gateway(tmp_path / "data")
    done = place.run("doctor", check=False)
    assert done.returncode == 1 and "ecluse serve" in done.stdout
    place.run("sender", "add", "GAM", "CH-EXEMPLE")
    (place.data / "ecluse.db-wal").unlink(missing_ok=True)
    (place.data / "ecluse.db").write_bytes(b"SQLite format 3\0" + b"broken" * 2000)
    done = place.run("doctor", "--format", "json", check=False)
    checks = {one["check"]: one["status"] for one in json.loads(done.stdout)["checks"]}
    assert done.returncode == 1 and checks["database"] == "error"
