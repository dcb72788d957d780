"""The guided review: one row after the other, keep, limit or remove; then it closes, and the next one has its day."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.guard import Request, act, page
from ecluse.delivery.console.habilitations.common import (
    READ,
    WRITE,
    Group,
    grouped,
    may_write,
    place_of,
    profession_words,
    shown,
    spreadsheet,
)
from ecluse.delivery.console.habilitations.forms import CloseForm, DecisionForm
from ecluse.delivery.console.settings_pages.common import now
from ecluse.services.export_habilitations import export_review
from ecluse.services.queries import habilitations as queries
from ecluse.services.queries.habilitations import DecisionDocument, ReviewDocument


@act(WRITE, fresh=True)
def start(request: Request, id_: int) -> HttpResponse:
    """Open the review of a matrix."""
    place_of(request, id_, WRITE)
    result = tell(request, ask(request, "habilitation.review.open", {"establishment": id_}))
    if result.done:
        return HttpResponseRedirect(reverse("review", args=[result.data["review"]]))
    return HttpResponseRedirect(reverse("matrix", args=[id_]))


@page(READ)
def show(request: Request, id_: int) -> HttpResponse:
    """A review: what is left, one row at a time, then all that was said."""
    return _page(request, _review(request, id_, READ), request.GET.get("ligne", ""))


@act(WRITE, fresh=True)
def decide(request: Request, id_: int) -> HttpResponse:
    """Say of a row: keep, limit in time or remove."""
    review = _review(request, id_, WRITE)
    asked = DecisionForm(request.POST)
    groups = grouped([one.line for one in review.lines], profession_words())
    asked.is_valid()
    row = next((one for one in groups if one.first == asked.cleaned_data.get("row")), None)
    if row is None:
        raise Http404
    if asked.errors:
        return _page(request, review, str(row.first), asked, status=422)
    for given in _acts(review, row, asked.cleaned_data):
        result = ask(request, "habilitation.review.decide", given)
        if not result.done:
            asked.add_error(None, sentence(result))
            return _page(request, _review(request, id_, WRITE), str(row.first), asked, status=409)
    return HttpResponseRedirect(reverse("review", args=[id_]))


@act(WRITE, fresh=True)
def close(request: Request, id_: int) -> HttpResponse:
    """End a review."""
    review = _review(request, id_, WRITE)
    asked = CloseForm(request.POST)
    if not asked.is_valid():
        return _page(request, review, "", closing=asked, status=422)
    given = {"review": id_, "next_due": asked.cleaned_data["next_due"].isoformat()}
    result = ask(request, "habilitation.review.close", given)
    if not result.done:
        asked.add_error(None, sentence(result))
        return _page(request, review, "", closing=asked, status=409)
    tell(request, result)
    return HttpResponseRedirect(reverse("matrix", args=[review.establishment]))


@page(READ)
def export(request: Request, id_: int) -> HttpResponse:
    """A review as a table: each line with what was decided, by whom and when."""
    review = _review(request, id_, READ)
    return spreadsheet(export_review(review), f"revue-habilitations-{id_}.csv")


def _acts(review: ReviewDocument, row: Group, said: dict[str, Any]) -> list[dict[str, Any]]:
    """The acts of one decision: a limit is told line by line."""
    shared = {"review": review.id, "decision": said["decision"], "note": said["note"]}
    if said["decision"] != "change":
        return [{**shared, "ranks": list(row.ranks)}]
    ends = said["ends"].isoformat()
    return [
        {**shared, "ranks": [rank], "line": {**asdict(review.lines[rank].line), "ends": ends}}
        for rank in row.ranks
    ]


def _review(request: Request, id_: int, right: str) -> ReviewDocument:
    review = queries.review(id_, now())
    if review is None:
        raise Http404
    place_of(request, review.establishment, right)
    return review


def _page(
    request: Request, review: ReviewDocument, chosen: str, asked: DecisionForm | None = None,
    closing: CloseForm | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    groups = grouped([one.line for one in review.lines], profession_words())
    told = [(one, _said(review, one)) for one in groups]
    left = [one for one, said in told if said is None]
    current = next((one for one in groups if str(one.first) == chosen), left[0] if left else None)
    if review.closed or not may_write(request, review.establishment):
        current = None
    return shown(
        request,
        "review",
        {
            "review": review,
            "told": told,
            "total": len(groups),
            "done": len(groups) - len(left),
            "rank": groups.index(current) + 1 if current is not None else 0,
            "current": current,
            "said": _said(review, current) if current is not None else None,
            "holders": queries.holders(review.establishment, review.lines[current.first].line)
            if current
            else None,
            "form": asked,
            "closing": closing or CloseForm(initial={"next_due": queries.latest_next(now())}),
            "may_write": may_write(request, review.establishment),
        },
        status,
    )


def _said(review: ReviewDocument, row: Group) -> DecisionDocument | None:
    """What was said of a row: of its first line, once all are decided."""
    said = [review.lines[rank].decision for rank in row.ranks]
    return said[0] if all(said) else None
