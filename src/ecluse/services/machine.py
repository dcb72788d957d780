"""What Linux says of the disk under a folder and of the clock, for `services.doctor`."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ecluse.services.check import Check

NETWORK = frozenset(
    (
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "glusterfs",
        "lustre",
        "beegfs",
        "gpfs",
        "ncpfs",
        "virtiofs",
    )
)
"""File systems on which SQLite's write-ahead log is not safe (its shared memory needs one host)."""

_UNSYNCHRONISED, _NANOSECONDS = 0x40, 0x2000
LARGEST_ERROR = 1_000_000
"""Clock offset told, in µs (design: storage, trust)."""


class Mount(NamedTuple):
    """Where a folder is: device number (`253:0`), kind of file system."""

    device: str
    kind: str


def examine(folder: Path) -> Iterator[Check]:
    """The disk and the clock."""
    mount = mount_of(folder, _read("/proc/self/mountinfo"))
    yield _network(mount)
    yield _encryption(mount)
    yield clock_check(*read_clock())


def mount_of(folder: Path, mountinfo: str) -> Mount | None:
    """The mount of a folder, from the text of /proc/self/mountinfo (proc(5)): the deepest, the last of equals."""
    path = os.path.realpath(folder)
    best: tuple[int, Mount] | None = None
    for line in mountinfo.splitlines():
        parts = line.split(" ")
        if "-" not in parts[6:]:
            continue
        point = parts[4].encode().decode("unicode_escape").rstrip("/")
        if path == point or path.startswith(point + "/"):
            found = Mount(parts[2], parts[parts.index("-", 6) + 1])
            if best is None or len(point) >= best[0]:
                best = (len(point), found)
    return best[1] if best else None


def encrypted(device: str, blocks: Path = Path("/sys/dev/block")) -> bool | None:
    """Whether a block device lies on dm-crypt (LUKS), itself or below LVM or RAID; None when it cannot be known."""
    place = blocks / device
    if device.startswith("0:") or not place.exists():
        return None
    if _read(place / "dm" / "uuid").startswith("CRYPT-"):
        return True
    below = [_read(one / "dev").strip() for one in (place / "slaves").glob("*")]
    return bool(below) and all(encrypted(one, blocks) is True for one in below)


def read_clock() -> tuple[bool, int] | tuple[None, int]:
    """Whether the kernel says its clock is kept right, and its largest error in µs (adjtimex(2), read only)."""

    class Timex(ctypes.Structure):
        _fields_ = [
            ("modes", ctypes.c_uint),
            ("offset", ctypes.c_long),
            ("freq", ctypes.c_long),
            ("maxerror", ctypes.c_long),
            ("esterror", ctypes.c_long),
            ("status", ctypes.c_int),
            ("rest", ctypes.c_byte * 256),
        ]

    state = Timex()
    try:
        answer = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(state))
    except (OSError, AttributeError):
        return None, 0
    if answer < 0:
        return None, 0
    offset = abs(state.offset) // (1000 if state.status & _NANOSECONDS else 1)
    return not state.status & _UNSYNCHRONISED, max(offset, state.esterror)


def clock_check(right: bool | None, error: int) -> Check:
    """What to say of a clock. right: kept right by the kernel, None when unknown; error: µs."""
    mend = (
        "Activez la synchronisation : timedatectl set-ntp true (ou chrony).",
        "Turn synchronisation on: timedatectl set-ntp true (or chrony).",
    )
    if not right:
        return Check(
            "clock", "unknown",
            "L’écart de l’horloge n’est pas connu : le noyau ne la dit pas synchronisée.",
            "The offset of the clock is not known: the kernel does not say that it is synchronised.",
            *mend,
        )  # fmt: skip
    if error > LARGEST_ERROR:
        return Check(
            "clock",
            "warning",
            f"L’horloge s’écarte de {error / 1e6:.1f} s.",
            f"The clock is off by {error / 1e6:.1f} s.",
            *mend,
        )
    return Check("clock", "ok", "L’horloge est synchronisée.", "The clock is synchronised.")


def _network(mount: Mount | None) -> Check:
    if mount is None:
        return Check(
            "file-system",
            "unknown",
            "Le système de fichiers n’a pas pu être lu.",
            "The file system could not be read.",
        )
    if mount.kind in NETWORK or mount.kind.startswith("fuse."):
        return Check(
            "file-system", "error",
            f"Les données sont sur un système de fichiers réseau ({mount.kind}) : SQLite n’y garantit pas "
            "l’écriture.",
            f"The data is on a network file system ({mount.kind}): SQLite cannot guarantee its writes there.",
            "Placez le dossier de données sur un disque local, ou utilisez PostgreSQL (ECLUSE_DATABASE_URL).",
            "Put the data folder on a local disk, or use PostgreSQL (ECLUSE_DATABASE_URL).",
        )  # fmt: skip
    if mount.kind in ("tmpfs", "ramfs"):
        return Check(
            "file-system", "warning",
            f"Les données sont en mémoire ({mount.kind}) : elles disparaîtront au redémarrage.",
            f"The data is in memory ({mount.kind}): it will be gone at the next boot.",
            "Placez le dossier de données sur un disque.", "Put the data folder on a disk.",
        )  # fmt: skip
    return Check(
        "file-system",
        "ok",
        f"Système de fichiers local ({mount.kind}).",
        f"Local file system ({mount.kind}).",
    )


def _encryption(mount: Mount | None) -> Check:
    found = None if mount is None else encrypted(mount.device)
    mend = (
        "Des données de santé demandent un disque chiffré : LUKS, ou le chiffrement de l’hébergeur.",
        "Health data asks for an encrypted disk: LUKS, or the encryption of the hosting provider.",
    )
    if found:
        return Check(
            "encryption",
            "ok",
            "Le disque des données est chiffré (dm-crypt).",
            "The disk of the data is encrypted (dm-crypt).",
        )
    if found is None:
        return Check(
            "encryption",
            "unknown",
            "Le chiffrement du disque n’a pas pu être vérifié.",
            "The encryption of the disk could not be checked.",
            *mend,
        )
    return Check(
        "encryption",
        "warning",
        "Le disque des données n’est pas chiffré par dm-crypt.",
        "The disk of the data is not encrypted by dm-crypt.",
        *mend,
    )


def _read(path: str | Path) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""
