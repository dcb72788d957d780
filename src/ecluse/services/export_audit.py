"""Export acts and accesses for those who examine them elsewhere: CSV for a spreadsheet, JSON for a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from ecluse.services.audit_words import told
from ecluse.services.queries import audit
from ecluse.services.queries.audit import AccessDocument, ActDocument, Wanted
from ecluse.services.queries.simulation import simulated
from ecluse.services.spreadsheet import spreadsheet

MOST = 10_000
"""Lines of one export: a longer one is asked for by days."""
_PAGE = 500
FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}


class Export(NamedTuple):
    """A file. lines: how many; more: there are others, older."""

    content: bytes
    lines: int
    more: bool


def export_acts(wanted: Wanted, form: str, *, of_patients: bool = False) -> Export:
    """Acts, newest first. form: `csv` or `json`; of_patients: see `queries.audit.acts`."""
    lines, more = _all(lambda after: audit.acts(wanted, after, _PAGE, of_patients=of_patients))
    head = ("ligne", "instant", "qui", "nom", "acte", "libelle", "patients", "demande", "empreinte")
    return _file(form, "acts", head, lines, more, _act)


def export_accesses(wanted: Wanted, form: str) -> Export:
    """Lines of the access trail, newest first. form: `csv` or `json`."""
    lines, more = _all(lambda after: audit.accesses(wanted, after, _PAGE))
    head = ("numero", "instant", "qui", "nom", "pour", "action", "libelle", "patient", "precision")
    return _file(form, "accesses", head, lines, more, _access)


def _all(page: Callable[[str | None], Any]) -> tuple[list[Any], bool]:
    lines: list[Any] = []
    after: str | None = None
    while len(lines) < MOST:
        found = page(after)
        lines += found.lines
        after = found.next
        if after is None:
            break
    return lines[:MOST], after is not None


def _file(
    form: str,
    name: str,
    head: Sequence[str],
    lines: list[Any],
    more: bool,
    row: Callable[[Any], Iterator[object]],
) -> Export:
    if form == "json":
        document = msgspec.json.encode({"simulation": simulated(), name: lines, "more": more})
        return Export(msgspec.json.format(document, indent=2) + b"\n", len(lines), more)
    rows: list[Iterable[object]] = [head, *map(row, lines)]
    if more:
        rows.append((f"… {MOST} lignes au plus : resserrez les dates pour les suivantes",))
    return Export(spreadsheet(rows), len(lines), more)


def _act(one: ActDocument) -> Iterator[object]:
    asked = ", ".join(f"{name}={value}" for name, value in one.given)
    yield from (one.seq, one.at, one.operator.id, one.operator.name, one.act, told("acts", one.act, "fr"))
    yield from (" ".join(one.patients), asked, one.digest)


def _access(one: AccessDocument) -> Iterator[object]:
    yield from (one.id, one.at, one.operator.id, one.operator.name, one.on_behalf_of, one.action)
    yield from (told("accesses", one.action, "fr"), one.patient, one.detail)
