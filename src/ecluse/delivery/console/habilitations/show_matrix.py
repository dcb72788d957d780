"""The matrix of an establishment: shown, changed row by row, read back as it was."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.guard import Request, form, page
from ecluse.delivery.console.habilitations.common import (
    READ,
    WRITE,
    grouped,
    may_write,
    place_of,
    profession_words,
    rows,
    shown,
    spreadsheet,
)
from ecluse.delivery.console.habilitations.forms import RowForm
from ecluse.delivery.console.settings_pages.common import domains_of, now
from ecluse.services.export_habilitations import export_matrix
from ecluse.services.queries import habilitations as queries
from ecluse.services.queries.habilitations import LineDocument, VersionDocument
from ecluse.services.queries.places import places


@page(READ)
def every(request: Request) -> HttpResponse:
    """The establishments, with the version of their matrix and the day of its review."""
    clocks = {one.establishment: one for one in queries.clocks(now())}
    seen = places(domains_of(request, READ)).establishments
    listed = [(one.establishment, clocks.get(one.establishment.id)) for one in seen]
    return shown(request, "every", {"listed": listed})


@page(READ)
def matrix(request: Request, id_: int) -> HttpResponse:
    """The matrix in force."""
    place = place_of(request, id_, READ)
    found = queries.matrix(id_, now())
    clock = next((one for one in queries.clocks(now()) if one.establishment == id_), None)
    values = {"clock": clock, "reviews": [one for one in queries.reviews(id_, now()) if one.closed]}
    return shown(request, "matrix", {**_table(found), **values, **_shared(request, place.establishment, id_)})


@page(READ)
def version(request: Request, id_: int, number: int) -> HttpResponse:
    """The matrix as it was."""
    place = place_of(request, id_, READ)
    found = queries.matrix(id_, now(), number)
    if found is None:
        raise Http404
    return shown(request, "version", {**_table(found), **_shared(request, place.establishment, id_)})


@page(READ)
def versions(request: Request, id_: int) -> HttpResponse:
    """Every version and what it changed."""
    place = place_of(request, id_, READ)
    names = profession_words()
    told = [
        (one, grouped(one.added, names), grouped(one.removed, names)) for one in queries.changes(id_, now())
    ]
    return shown(request, "versions", {"told": told, **_shared(request, place.establishment, id_)})


@page(READ)
def export(request: Request, id_: int, number: int) -> HttpResponse:
    """A version as a table."""
    place_of(request, id_, READ)
    found = queries.matrix(id_, now(), number)
    if found is None:
        raise Http404
    return spreadsheet(export_matrix(found), f"habilitations-{id_}-v{number}.csv")


@form(WRITE, fresh=True)
def add(request: Request, id_: int) -> HttpResponse:
    """Add a row."""
    place, found = place_of(request, id_, WRITE), queries.matrix(id_, now())
    initial = {"expected": found.number if found is not None else 0}
    asked = RowForm(place, request.POST or None, initial=initial, new=True)
    before = found.lines if found is not None else ()
    if request.method == "POST" and asked.is_valid() and _kept(request, asked, id_, before):
        return HttpResponseRedirect(reverse("matrix", args=[id_]))
    return _form(request, asked, {"new": True, **_shared(request, place.establishment, id_)})


@form(WRITE, fresh=True)
def edit(request: Request, id_: int, rank: int) -> HttpResponse:
    """Change a row, or remove it: no right is left in it."""
    place, found = place_of(request, id_, WRITE), queries.matrix(id_, now())
    groups = grouped(found.lines, profession_words()) if found is not None else []
    row = next((one for one in groups if rank in one.ranks), None)
    if row is None or found is None:
        raise Http404
    line = found.lines[row.first]
    initial = {
        "profession": line.profession,
        "unit": "" if line.unit == "*" else line.unit,
        "site": str(line.site or ""),
        "rights": list(row.rights),
        "starts": line.starts,
        "ends": line.ends,
        "expected": found.number,
    }
    asked = RowForm(place, request.POST or None, initial=initial)
    others = [one for one in found.lines if one.rank not in row.ranks]
    if request.method == "POST" and asked.is_valid() and _kept(request, asked, id_, others):
        return HttpResponseRedirect(reverse("matrix", args=[id_]))
    return _form(request, asked, {"row": row, **_shared(request, place.establishment, id_)})


def _kept(request: Request, asked: RowForm, id_: int, others: Any) -> bool:
    """Have the row kept beside the others; when it is not, the form says why."""
    lines = [*(_told(one) for one in others), *asked.lines()]
    given = {
        "establishment": id_,
        "lines": lines,
        "reason": asked.cleaned_data["reason"],
        "expected": asked.cleaned_data["expected"],
    }
    result = ask(request, "habilitation.set", given)
    if result.done:
        tell(request, result)
        return True
    asked.add_error(None, sentence(result))
    return False


def _told(one: LineDocument) -> dict[str, Any]:
    return {
        "profession": one.profession,
        "site": one.site,
        "unit": one.unit,
        "right": one.right,
        "starts": one.starts,
        "ends": one.ends,
    }


def _table(found: VersionDocument | None) -> dict[str, Any]:
    columns, ticked = rows(grouped(found.lines, profession_words())) if found is not None else ([], [])
    with_sites = found is not None and any(one.site for one in found.lines)
    return {"found": found, "columns": columns, "rows": ticked, "with_sites": with_sites}


def _shared(request: Request, establishment: Any, id_: int) -> dict[str, Any]:
    return {"establishment": establishment, "may_write": may_write(request, id_)}


def _form(request: Request, asked: RowForm, values: dict[str, Any]) -> HttpResponse:
    status = 422 if asked.is_bound and asked.errors else 200
    return shown(request, "row_form", {"form": asked, **values}, status)
