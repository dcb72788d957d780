"""Where an extract comes from: a text file, the ZIP of the agency, or the fictive extract of the package.

Read line by line, with its digest; a line without end, or a file that is no extract, stops the reading early.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import IO

from ecluse.protocols.annuaire import is_activities, published
from ecluse.services.directory.errors import DirectoryRefused

LONGEST_LINE = 65_536
FICTIVE = "PS_LibreAcces_Personne_activite_fictif.txt"
_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """An opened extract. name: of the file itself; published: `AAAAMMJJhhmm` or empty; size: bytes once unpacked."""

    name: str
    published: str
    size: int
    stream: IO[bytes]
    fictive: bool = False


class Lines:
    """The lines of a source, counted and digested as they are read. done: bytes read."""

    def __init__(self, source: Source) -> None:
        self._stream = source.stream
        self._digest = hashlib.sha256()
        self.done = 0

    def __iter__(self) -> Iterator[bytes]:
        try:
            while line := self._stream.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE:
                    raise DirectoryRefused(
                        "ce fichier n’est pas l’extraction : une ligne n’y finit pas.",
                        "this file is not the extraction: one of its lines has no end.",
                    )
                self._digest.update(line)
                self.done += len(line)
                yield line
        except (zipfile.BadZipFile, zlib.error, EOFError):
            raise _damaged() from None

    def digest(self) -> str:
        """SHA-256 of what was read, in hexadecimal."""
        return self._digest.hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """An extract on the disk: the ZIP of the agency, or its member Personne_activite.

    :raises DirectoryRefused: it is neither. :raises OSError: it cannot be read.
    """
    if zipfile.is_zipfile(path):
        with _unzipped(path) as source:
            yield source
        return
    with path.open("rb", _BUFFER) as stream:
        yield Source(path.name, published(path.name), path.stat().st_size, stream)


@contextmanager
def fictive() -> Iterator[Source]:
    """The extract of the package: people who do not exist, with numbers kept for tests (99700…)."""
    content = files(__package__).joinpath("data", FICTIVE).read_bytes()
    yield Source(FICTIVE, "", len(content), io.BytesIO(content), fictive=True)


@contextmanager
def _unzipped(path: Path) -> Iterator[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if is_activities(one.filename)]
            if len(members) != 1:
                raise DirectoryRefused(
                    f"l’archive {path.name} ne contient pas un fichier PS_LibreAcces_Personne_activite_… et un seul :"
                    " donnez le ZIP tel que l’Annuaire Santé le publie.",
                    f"the archive {path.name} does not hold exactly one file PS_LibreAcces_Personne_activite_…: give"
                    " the ZIP as the Annuaire Santé publishes it.",
                )
            member = members[0]
            name = member.filename.rpartition("/")[2]
            with archive.open(member) as packed, io.BufferedReader(packed, _BUFFER) as stream:  # type: ignore[type-var]
                yield Source(name, published(name), member.file_size, stream)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        raise _damaged() from None


def _damaged() -> DirectoryRefused:
    return DirectoryRefused(
        "l’archive est abîmée ou protégée : téléchargez-la de nouveau.",
        "the archive is damaged or protected: download it again.",
    )
