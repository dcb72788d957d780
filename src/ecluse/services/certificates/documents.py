"""Documents attached to procedures: files of the data folder, named after their content (SHA-256), written once.

A file is on the disk before its row is in the store; one that no row names is left alone: it may be on its way.
"""

from __future__ import annotations

import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

FOLDER = "documents"
LARGEST = 20 * 1024 * 1024
"""Bytes of a document: a scanned form of some pages."""


class Kept(NamedTuple):
    """A document that is on the disk."""

    sha256: str
    size: int


def keep_document(data: Path, content: bytes) -> Kept:
    """Put a document in the data folder, durable.

    :raises ValueError: it is empty or larger than `LARGEST`; OSError: the disk is full.
    """
    if not 0 < len(content) <= LARGEST:
        raise ValueError(len(content))
    digest = sha256(content).hexdigest()
    place = path_of(data, digest)
    if not place.exists():
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = place.with_name(f".{secrets.token_hex(8)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(place)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        _sync(place.parent)
    return Kept(digest, len(content))


def read_document(data: Path, digest: str) -> bytes | None:
    """The content of a document; None when it is missing, or no longer what its name says."""
    try:
        content = path_of(data, digest).read_bytes()
    except OSError:
        return None
    return content if sha256(content).hexdigest() == digest else None


def path_of(data: Path, digest: str) -> Path:
    """Where a document is.

    :raises ValueError: this is no digest.
    """
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise ValueError(digest)
    return data / FOLDER / digest[:2] / digest


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
