"""What `doctor` says of disks, clocks and ports, from the texts Linux gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecluse.services.doctor import Installation, Listening, beyond_loopback, examine
from ecluse.services.machine import Mount, clock_check, encrypted, mount_of

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:45 / /srv rw,relatime - nfs4 server:/export rw
31 30 253:0 / /srv/my\\040data rw,relatime shared:2 master:1 - xfs /dev/mapper/data rw
"""


@pytest.mark.parametrize(
    ("folder", "mount"),
    [
        ("/var/lib/ecluse", Mount("8:1", "ext4")),
        ("/srv/other", Mount("0:45", "nfs4")),
        ("/srv/my data/ecluse", Mount("253:0", "xfs")),
        ("/srvx", Mount("8:1", "ext4")),
    ],
)
def test_the_deepest_mount_holds_the_folder(folder: str, mount: Mount) -> None:
    assert mount_of(Path(folder), MOUNTS) == mount


def _block(blocks: Path, device: str, uuid: str = "", below: tuple[str, ...] = ()) -> None:
    (blocks / device / "dm").mkdir(parents=True)
    (blocks / device / "dm" / "uuid").write_text(uuid)
    for number, one in enumerate(below):
        (blocks / device / "slaves" / f"sd{number}").mkdir(parents=True)
        (blocks / device / "slaves" / f"sd{number}" / "dev").write_text(f"{one}\n")


def test_encryption_is_seen_below_lvm_and_what_cannot_be_known_is_not_guessed(tmp_path: Path) -> None:
    _block(tmp_path, "8:1")
    _block(tmp_path, "253:0", "CRYPT-LUKS2-0123-data", ("8:1",))
    _block(tmp_path, "253:1", "LVM-abc", ("253:0",))
    _block(tmp_path, "253:2", "LVM-def", ("253:0", "8:1"))
    assert encrypted("253:0", tmp_path) is True
    assert encrypted("253:1", tmp_path) is True
    assert encrypted("253:2", tmp_path) is False
    assert encrypted("8:1", tmp_path) is False
    assert encrypted("0:45", tmp_path) is None
    assert encrypted("9:9", tmp_path) is None


def test_a_clock_is_right_off_or_unknown() -> None:
    assert clock_check(True, 500).status == "ok"
    assert (
        clock_check(True, 2_500_000).status == "warning" and "2.5 s" in clock_check(True, 2_500_000).text_en
    )
    assert clock_check(False, 0).status == clock_check(None, 0).status == "unknown"


@pytest.mark.parametrize(
    ("address", "outside"),
    [
        ("127.0.0.1:2575", False),
        ("[::1]:2575", False),
        ("localhost:2575", False),
        ("0.0.0.0:2575", True),
        ("[::]:2575", True),
        ("hl7.example:2575", True),
    ],
)
def test_who_can_reach_a_port(address: str, outside: bool) -> None:
    assert beyond_loopback(address) is outside


@pytest.mark.parametrize(("environment", "status"), [("test", "warning"), ("production", "error")])
def test_a_port_open_without_tls_is_told(tmp_path: Path, environment: str, status: str) -> None:
    found = Installation(
        data=tmp_path,
        environment="production" if environment == "production" else "test",
        secrets=tmp_path / "secrets",
        minimum_free=0,
        listening=(
            Listening("main", "0.0.0.0:2575"),
            Listening("lan", "127.0.0.1:2576", certificate="/absent.pem"),
        ),
        postgresql=True,
    )
    checks = {one.name: one for one in examine(found, 0)}
    assert checks["listener-main"].status == status and "without TLS" in checks["listener-main"].text_en
    assert checks["listener-lan"].status == "ok"
    assert (
        checks["tls_certificate-lan"].status == "error"
        and "/absent.pem" in checks["tls_certificate-lan"].text_fr
    )
    assert checks["secrets-place"].status == "error"
