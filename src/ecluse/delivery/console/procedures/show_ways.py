"""Each establishment's way with its next action, one way in full, and who should sign the contract."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import tell
from ecluse.delivery.console.guard import Request, act, page
from ecluse.delivery.console.procedures.common import LARGEST, MANAGE, READ, known, places, sees, show, today
from ecluse.delivery.console.procedures.wording import (
    ALTERNATIVES,
    ASIDE,
    EVENTS,
    STATES,
    WHO,
    stages,
    track_kind,
    track_stages,
    track_word,
)
from ecluse.services.certificates.documents import read_document
from ecluse.services.certificates.settings import current
from ecluse.services.queries.certificate_pages import Step, advise, form_413, forms, powers
from ecluse.services.queries.certificates_ways import WayDocument, procedures
from ecluse.services.queries.operators import operators

_SIGNED = (
    ("", _("Aucun contrat")),
    ("EJ", _("Signé par l’entité juridique")),
    ("EG", _("Signé par une entité géographique")),
)


@page(READ)
def every(request: Request) -> HttpResponse:
    """The establishments within reach, those that have no procedure too."""
    near = places(request)
    reached = {one.id for one in near}
    rows = [one for one in procedures(today(), closed=True) if one.establishment in reached]
    seen = [one for one in rows if one.closed is None]
    begun = {one.establishment for one in seen}
    values: dict[str, Any] = {
        "ways": [(one, _told(one), [_next(step) for step in one.next[:2]]) for one in seen],
        "others": [one for one in near if one.id not in begun],
        "hers": {one.id for one in places(request, MANAGE)},
        "closed": [one for one in rows if one.closed is not None],
    }
    return show(request, "ways", "every", values)


def _told(way: WayDocument) -> dict[str, Any]:
    return {
        "state": STATES.get(way.state, way.state),
        "stages": stages(way),
        "tracks": [
            {"one": one, "word": track_word(one), "kind": track_kind(one), "stages": track_stages(one, way)}
            for one in way.tracks
        ],
    }


def _next(step: Step) -> dict[str, Any]:
    events = (step.event, *ALTERNATIVES.get(step.event, ()))
    known_forms = forms()
    return {
        "one": step,
        "who": WHO.get(step.who, step.who),
        "forms": [known_forms[one] for one in step.forms if one in known_forms],
        "events": [(name, EVENTS[name]) for name in events],
        "mail": "@" in step.contact.address,
    }


@page(READ)
def one(request: Request, id_: str) -> HttpResponse:
    """What to do now, where each certificate is, the people, what happened, the documents."""
    found = known(request, id_)
    way = found.document
    may_change = (
        way.closed is None and request.visitor.may(MANAGE) and sees(request, way.establishment, MANAGE)
    )
    values: dict[str, Any] = {
        "view": found,
        "way": way,
        "told": _told(way),
        "steps": [_next(step) for step in way.next],
        "happened": [(one, EVENTS.get(one.event.name, one.event.name)) for one in reversed(found.steps)],
        "aside": [(name, EVENTS[name]) for name in ASIDE],
        "copies": form_413(),
        "powers": powers(),
        "forms": forms(),
        "who": operators([*(one.by for one in found.steps), *(one.added_by for one in found.documents)]),
        "may_change": may_change,
        "largest": LARGEST,
    }
    return show(request, "ways", "one", values)


@act(MANAGE)
def begin(request: Request) -> HttpResponse:
    """Open a procedure for an establishment."""
    given = request.POST.get("establishment", "")
    establishment = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    if not any(one.id == establishment for one in places(request, MANAGE)):
        raise Http404
    result = tell(request, ask(request, "procedure.open", {"establishment": establishment}))
    if result.done:
        return HttpResponseRedirect(reverse("procedure", args=[str(result.data["id"])]))
    return HttpResponseRedirect(reverse("procedures"))


@page(READ)
def document(request: Request, id_: str, digest: str) -> HttpResponse:
    """A document that was attached, to download: never shown in the page, whatever it holds."""
    found = known(request, id_)
    row = next((one for one in found.documents if one.sha256 == digest), None)
    content = None if row is None else read_document(current().data, row.sha256)
    if row is None or content is None:
        raise Http404
    name = "".join(one if one.isalnum() or one in "._- " else "_" for one in row.name).encode(
        "ascii", "replace"
    )
    return HttpResponse(
        content,
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="{name.decode().replace("?", "_")}"',
            "Content-Security-Policy": "sandbox",
        },
    )  # fmt: skip


@page(READ)
def level(request: Request) -> HttpResponse:
    """EJ or EG: the advice and its reason."""
    signed, several = request.GET.get("contrat", ""), request.GET.get("entites") == "plusieurs"
    level_given: Any = signed if signed in ("EJ", "EG") else None
    advice = advise(level_given, several) if "contrat" in request.GET else None
    values = {"advice": advice, "signed": signed, "several": several, "choices": _SIGNED}
    return show(request, "level", "level", values)
