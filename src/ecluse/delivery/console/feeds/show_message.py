"""One message: its story, its tree, its text; what was found, what it changed, what to write to its maker."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from ecluse.delivery.console.feeds.common import READ, is_part, message, traced
from ecluse.delivery.console.guard import Request, page
from ecluse.delivery.console.settings import current
from ecluse.services.queries import journal
from ecluse.services.queries.access import visible
from ecluse.services.queries.decoded import decoded
from ecluse.services.queries.journal import JournalDocument
from ecluse.services.queries.message_effect import Effects, effects
from ecluse.services.queries.message_er7 import er7
from ecluse.services.queries.message_patients import shown_patients
from ecluse.services.queries.message_story import cause, story
from ecluse.services.queries.message_tree import tree
from ecluse.services.queries.operators import operators
from ecluse.services.queries.patients import PatientReader
from ecluse.services.queries.refusal_groups import of_line
from ecluse.services.queries.remedies import advised
from ecluse.services.queries.standing import Standings
from ecluse.services.queries.vendor_letter import Letter, letter

VIEWS = ("recit", "arbre", "brut")


@page(READ)
@traced
def show(request: Request, seq: int) -> HttpResponse:
    """The page, or the tab that is asked for alone."""
    document = message(request, seq, "message.read")
    view = request.GET.get("vue", "")
    view = view if view in VIEWS else VIEWS[0]
    done = effects(document, _standings(), request.visitor.reach(READ))
    values = {"document": document, "line": document.line, "view": view, **_tab(view, document, done)}
    if is_part(request):
        return render(request, "console/feeds/message_tab.html", values)
    why = cause(document)
    people = operators([str(document.details["operator"])] if document.details.get("operator") else ())
    values |= {
        "effects": done,
        "cause": why,
        "advices": advised(document.findings, why),
        "letter": _letter(document),
        "letter_open": bool(request.GET.get("lettre")),
        "group": of_line(seq) if why is not None else None,
        "open": _open(request, document),
        "people": people,
        "answered": er7(document.answered or "", ()),
    }
    return render(request, "console/feeds/message.html", values)


@page(READ)
@traced
def raw(request: Request, seq: int) -> HttpResponse:
    """The exact bytes received."""
    message(request, seq, "message.raw")
    found = journal.received(seq)
    if found is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{seq}.hl7"'}
    return HttpResponse(found, content_type="application/octet-stream", headers=headers)


@page(READ)
@traced
def letter_file(request: Request, seq: int) -> HttpResponse:
    """The letter to the maker, as a file."""
    found = _letter(message(request, seq, "message.letter"))
    if found is None:
        raise Http404
    text = f"{found.subject}\n\n{found.body}\n".replace("\n", "\r\n")
    headers = {"Content-Disposition": f'attachment; filename="message-{seq}.txt"'}
    return HttpResponse(text, content_type="text/plain; charset=utf-8", headers=headers)


def _tab(view: str, document: JournalDocument, done: Effects) -> dict[str, Any]:
    """What the tab asked for shows."""
    if view == "recit":
        return {"steps": story(document, done)}
    if view == "arbre":
        found = decoded(document.line.seq)
        return {"tree": None if found is None else tree(found, document.findings)}
    return {"lines": er7(document.text or "", document.findings)}


def _letter(document: JournalDocument) -> Letter | None:
    return letter(document, "en" if get_language() == "en" else "fr")


def _open(request: Request, document: JournalDocument) -> tuple[str, ...]:
    """Patients of the message whose page the visitor may open."""
    if not request.visitor.may("patients.read"):
        return ()
    patients = shown_patients(document)
    seen = visible(request.visitor.reach("patients.read"), patients)
    return tuple(one for one in patients if one in seen)


def _standings() -> Standings:
    settings = current()
    return PatientReader(
        settings.environment,
        require_strict_traits=settings.require_strict_traits,
        wrong_key=settings.wrong_key,
    ).standings()
