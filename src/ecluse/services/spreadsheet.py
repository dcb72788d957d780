"""A table for a spreadsheet, as French ones open it: semicolons, UTF-8 with the mark they look for."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from ecluse.services.queries.simulation import simulated

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
SIMULATED = "SIMULATION : personnes et messages inventés"
"""First line of a table of a store that a simulator filled (design: honesty rules)."""


def spreadsheet(rows: Iterable[Iterable[object]]) -> bytes:
    """The file of these rows, CSV (RFC 4180 with semicolons); an empty row is an empty line.

    No cell is taken for a formula (OWASP, CSV injection): names come from outside. What cannot be said in UTF-8
    becomes a question mark.

    :raises DatabaseError: when the database does not say whether it holds a simulation.
    """
    text = io.StringIO(newline="")
    table = csv.writer(text, delimiter=";", lineterminator="\r\n")
    if simulated():
        table.writerow([SIMULATED])
    table.writerows([_plain(str(cell)) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")


def _plain(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
