"""Write journal lines outside: an archive with the exact bytes, or documents one after the other."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from ecluse.delivery.cli.errors import CannotRun, because
from ecluse.services.queries import journal
from ecluse.services.queries.journal import Filter, JournalDocument

_PAGE = 1000


def numbers(wanted: Filter) -> list[int]:
    """Numbers of the lines wanted, oldest first."""
    found: list[int] = []
    after: str | None = None
    while True:
        page = journal.page(wanted, after, _PAGE)
        found += [one.seq for one in page.lines]
        after = page.next
        if after is None:
            return found[::-1]


def lines(wanted: Filter) -> Iterator[JournalDocument]:
    """The lines wanted, complete, oldest first."""
    for seq in numbers(wanted):
        found = journal.show(seq)
        if found is not None:
            yield found


def export_zip(target: Path, wanted: Filter, tell: Callable[[int, int | None], None]) -> int:
    """Write the archive, mode 0600; it takes its name once complete. Returns the number of lines.

    :raises CannotRun: the file cannot be written.
    """
    chosen = numbers(wanted)
    partial = target.with_name(f".{target.name}.partial")
    try:
        descriptor = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_RDWR, 0o600)
        with os.fdopen(descriptor, "w+b") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
            _fill(archive, chosen, tell)
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise CannotRun(
            f"{target} ne peut pas être écrit : {because(error)}.",
            f"{target} cannot be written: {because(error)}.",
        ) from error
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return len(chosen)


def _fill(archive: zipfile.ZipFile, chosen: list[int], tell: Callable[[int, int | None], None]) -> None:
    index: list[bytes] = []
    for done, seq in enumerate(chosen):
        tell(done, len(chosen))
        found = journal.show(seq)
        if found is None:
            continue
        index.append(msgspec.json.encode(found) + b"\n")
        received = journal.received(seq)
        if received is not None:
            archive.writestr(f"messages/{seq:012d}.hl7", received)
        if found.answered:
            archive.writestr(f"answers/{seq:012d}.hl7", found.answered.replace("\n", "\r").encode())
    archive.writestr("journal.ndjson", b"".join(index))
