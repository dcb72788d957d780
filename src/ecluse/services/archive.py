"""The backup archive: one tar.gz file with a manifest, the database and the settings, and no secret.

```
manifest.json     what this is, schema, environment, last journal line, SHA-256 and size of every other member
ecluse.db         SQLite database     (or ecluse.dump: PostgreSQL, pg_dump custom format)
ecluse.toml       settings, passwords removed
documents.tar     documents attached to procedures, when there are some
```
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from ecluse.store.errors import BackupError

FORMAT = 1
MANIFEST = "manifest.json"
SQLITE = "ecluse.db"
POSTGRESQL = "ecluse.dump"
SETTINGS = "ecluse.toml"
DOCUMENTS = "documents.tar"
_MEMBERS = (SQLITE, POSTGRESQL, SETTINGS, DOCUMENTS)
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the archive."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds. at: ISO 8601 in UTC; seq, digest: last journal line and its chained digest
    (hex).
    """

    format: int
    version: str
    at: str
    installation: str
    environment: str
    database: str
    schema: str
    seq: int
    digest: str
    files: dict[str, Member]


def member(file: Path) -> Member:
    """Digest and size of a file."""
    with file.open("rb") as content:
        return Member(hashlib.file_digest(content, "sha256").hexdigest(), file.stat().st_size)


def write(archive: Path, manifest: Manifest, folder: Path) -> None:
    """Write the archive of a folder's files, which gets its name once it is whole and on disk."""
    partial = archive.with_name(f".{archive.name}.partial")
    try:
        descriptor = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as raw:
            with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=1) as tar:
                content = msgspec.json.format(msgspec.json.encode(asdict(manifest)), indent=2)
                head = tarfile.TarInfo(MANIFEST)
                head.size, head.mode = len(content), 0o600
                tar.addfile(head, io.BytesIO(content))
                for name in manifest.files:
                    tar.add(folder / name, arcname=name, filter=_anonymous)
            raw.flush()
            os.fsync(raw.fileno())
        partial.replace(archive)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise BackupError(
            f"La sauvegarde {archive} n’a pas pu être écrite : {error.strerror or error}.",
            f"The backup {archive} could not be written: {error.strerror or error}.",
        ) from None
    descriptor = os.open(archive.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(archive: Path, folder: Path) -> Manifest:
    """Extract an archive into an empty folder and verify every digest.

    :raises BackupError: the file is missing, is no backup of Écluse, or was damaged or changed.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            manifest = _manifest(archive, tar)
            for name in manifest.files:
                _extract(archive, tar, name, folder)
    except OSError as error:
        raise _unreadable(archive, error.strerror or str(error)) from None
    except (tarfile.TarError, EOFError, zlib.error, KeyError) as error:
        raise _unreadable(archive, str(error)) from None
    for name, expected in manifest.files.items():
        if member(folder / name) != expected:
            raise BackupError(
                f"Le fichier {name} de {archive} n’est pas celui que décrit son manifeste : la "
                "sauvegarde est abîmée.",
                f"The file {name} of {archive} is not the one its manifest describes: the backup is damaged.",
            )
    return manifest


def without_passwords(settings: str) -> str:
    """The text of ecluse.toml without the password of `database_url`."""
    return re.sub(r"(?m)^(\s*database_url\s*=\s*[\"']\w+://[^:@/\"']*):[^@\"']*@", r"\1@", settings)


def _manifest(archive: Path, tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > _BLOCK:
        raise _unreadable(archive, "no manifest")
    content = tar.extractfile(first)
    assert content is not None  # a regular file
    try:
        manifest = msgspec.json.decode(content.read(), type=Manifest)
    except msgspec.DecodeError as error:
        raise _unreadable(archive, str(error)) from None
    if manifest.format > FORMAT:
        raise BackupError(
            f"La sauvegarde {archive} a été écrite par une version plus récente d’Écluse "
            f"({manifest.version}).",
            f"The backup {archive} was written by a newer version of Écluse ({manifest.version}).",
        )
    if not set(manifest.files) <= set(_MEMBERS):
        raise _unreadable(archive, "unexpected files")
    return manifest


def _extract(archive: Path, tar: tarfile.TarFile, name: str, folder: Path) -> None:
    found = tar.getmember(name)
    content = tar.extractfile(found) if found.isreg() else None
    if content is None:
        raise _unreadable(archive, f"{name} is not a file")
    with os.fdopen(os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as target:
        while block := content.read(_BLOCK):
            target.write(block)
        target.flush()
        os.fsync(target.fileno())


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o600
    return info


def _unreadable(archive: Path, reason: str) -> BackupError:
    return BackupError(
        f"{archive} n’est pas une sauvegarde lisible d’Écluse ({reason}).",
        f"{archive} is not a readable backup of Écluse ({reason}).",
    )
