"""What moves a procedure: a step recorded with its documents, the last one taken back, a document attached."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.guard import Request, act, form
from ecluse.delivery.console.procedures.common import MANAGE, known, posted, show
from ecluse.delivery.console.procedures.forms import DocumentForm, StepForm, name_of
from ecluse.delivery.console.procedures.wording import EVENTS
from ecluse.services.certificates.documents import keep_document
from ecluse.services.certificates.settings import current
from ecluse.services.queries.certificate_pages import form_413, powers
from ecluse.services.queries.certificates_ways import WayView


@form(MANAGE)
def take(request: Request, id_: str, event: str) -> HttpResponse:
    """Record a step."""
    view = known(request, id_, MANAGE)
    if event not in EVENTS or view.document.closed:
        raise Http404
    first = {
        key: request.GET.get(name, "")[:200]
        for key, name in (("name", "personne"), ("person", "personne"), ("product", "certificat"), ("card_way", "par"))
        if name in request.GET
    }  # fmt: skip
    asked = StepForm(
        event,
        view,
        *posted(request),
        initial=first,
    )
    if request.method == "POST" and asked.is_valid() and _taken(request, asked, view):
        return HttpResponseRedirect(reverse("procedure", args=[id_]))
    values: dict[str, Any] = {
        "form": asked,
        "way": view.document,
        "event": event,
        "title": EVENTS[event],
        "fields": [asked[name] for name in asked.fields],
        "copies": form_413() if event == "habilitation_requested" else (),
        "powers": powers() if event == "mandataire_appointed" else (),
    }
    return show(request, "ways", "step", values, 422 if asked.errors else 200)


def _taken(request: Request, asked: StepForm, view: WayView) -> bool:
    """Attach the documents, then record the step; the form says what prevented it."""
    id_, kept = view.document.id, {}
    for name, title, content in asked.uploads():
        digest = _attach(request, id_, name, title, content, asked.cleaned_data["on"].isoformat())
        if digest is None:
            asked.add_error(
                f"file_{name}", _("Ce document n’a pas pu être gardé : vérifiez la place sur le disque.")
            )
            return False
        kept[name] = digest
    given = {
        "procedure": id_,
        "event": asked.told(kept),
        "note": asked.cleaned_data["note"],
        "revision": view.document.revision,
    }
    result = ask(request, "procedure.step", given)
    if not result.done:
        asked.add_error(None, sentence(result))
        return False
    tell(request, result)
    return True


def _attach(request: Request, id_: str, form: str, name: str, content: bytes, on: str) -> str | None:
    """The digest of a document, once it is on the disk and in the procedure."""
    try:
        kept = keep_document(current().data, content)
    except (OSError, ValueError):
        return None
    told = {"procedure": id_, "form": form, "name": name, "sha256": kept.sha256, "size": kept.size, "on": on}
    return kept.sha256 if ask(request, "procedure.attach", told).done else None


@form(MANAGE)
def attach(request: Request, id_: str) -> HttpResponse:
    """Attach a document without a step."""
    view = known(request, id_, MANAGE)
    asked = DocumentForm(
        *posted(request),
    )
    if request.method == "POST" and asked.is_valid():
        given = asked.cleaned_data
        name = name_of(asked, "file")
        on = given["on"].isoformat() if given["on"] else ""
        if _attach(request, id_, given["form"], name, given["file"], on) is not None:
            messages.success(request, _("Document joint."))
            return HttpResponseRedirect(reverse("procedure", args=[id_]) + "#documents")
        asked.add_error("file", _("Ce document n’a pas pu être gardé : vérifiez la place sur le disque."))
    values = {"form": asked, "way": view.document, "title": _("Joindre un document"), "fields": list(asked)}
    return show(request, "ways", "step", values, 422 if asked.errors else 200)


@act(MANAGE)
def undo(request: Request, id_: str) -> HttpResponse:
    """Take the last step back."""
    return _done(request, id_, "procedure.undo")


@act(MANAGE)
def close(request: Request, id_: str) -> HttpResponse:
    """Stop following a procedure."""
    return _done(request, id_, "procedure.close")


def _done(request: Request, id_: str, name: str) -> HttpResponse:
    view = known(request, id_, MANAGE)
    given = request.POST.get("revision", "")
    revision = int(given) if given.isascii() and given.isdigit() and len(given) < 9 else None
    tell(request, ask(request, name, {"procedure": view.document.id, "revision": revision}))
    return HttpResponseRedirect(reverse("procedure", args=[id_]))
