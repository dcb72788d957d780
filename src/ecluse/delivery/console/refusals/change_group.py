"""What people do about a group of refusals; each is an act of the writer, in the journal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from datetime import time as day_time
from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.guard import Request, act
from ecluse.delivery.console.refusals.forms import HOURS, AssignForm, MuteForm, NoteForm, ResolveForm
from ecluse.delivery.console.refusals.show_groups import MANAGE, group_of, group_page, siblings
from ecluse.delivery.console.times import zone
from ecluse.services.queries.refusal_groups import GroupDocument


@act(MANAGE)
def assign(request: Request, group: str) -> HttpResponse:
    """Say who takes care of it."""
    document = group_of(request, group, MANAGE)
    given = {"owner": request.visitor.name} if request.POST.get("moi") else request.POST
    filled = AssignForm(given)
    if not filled.is_valid():
        return group_page(request, document, {"assign": filled}, 422)
    return _asked(request, document, "assign", filled, {"owner": filled.cleaned_data["owner"]})


@act(MANAGE)
def note(request: Request, group: str) -> HttpResponse:
    """Write what is known of it."""
    document = group_of(request, group, MANAGE)
    filled = NoteForm(request.POST)
    if not filled.is_valid():
        return group_page(request, document, {"note": filled}, 422)
    text = filled.cleaned_data["note"].replace("\r\n", "\n")
    return _asked(request, document, "note", filled, {"note": text})


@act(MANAGE)
def mute(request: Request, group: str) -> HttpResponse:
    """Ask no attention for it for a while, or ask it again."""
    document = group_of(request, group, MANAGE)
    if request.POST.get("fin"):
        return _asked(request, document, "mute", MuteForm(), {"until": ""})
    filled = MuteForm(request.POST)
    if not filled.is_valid():
        return group_page(request, document, {"mute": filled}, 422)
    return _asked(request, document, "mute", filled, {"until": _until(filled.cleaned_data).isoformat()})


@act(MANAGE)
def resolve(request: Request, group: str) -> HttpResponse:
    """Say that it is mended, and with it the same at other senders."""
    document = group_of(request, group, MANAGE)
    filled = ResolveForm(request.POST, siblings(document))
    if not filled.is_valid():
        return group_page(request, document, {"resolve": filled}, 422)
    given = filled.cleaned_data
    # Each one again: the visitor may read a group without being allowed to deal with it.
    also = [group_of(request, one, MANAGE).group.id for one in given.get("also", ())]
    arguments = {"note": given["note"].replace("\r\n", "\n"), "groups": [document.group.id, *also]}
    return _asked(request, document, "resolve", filled, arguments)


@act(MANAGE)
def reopen(request: Request, group: str) -> HttpResponse:
    """Say that it is not mended after all."""
    document = group_of(request, group, MANAGE)
    return _asked(request, document, "reopen", NoteForm(), {})


def _until(given: dict[str, Any]) -> datetime:
    hours = HOURS.get(given["span"])
    if hours is not None:
        return datetime.now(UTC) + timedelta(hours=hours)
    return datetime.combine(given["until"], day_time(23, 59), zone())


def _asked(
    request: Request, document: GroupDocument, verb: str, filled: forms.Form, arguments: dict[str, Any]
) -> HttpResponse:
    """Have an act done; a form that was refused stands with its error."""
    result = ask(request, f"refusal-group.{verb}", {"groups": [document.group.id], **arguments})
    if result.done or not filled.is_bound:
        tell(request, result)
        return HttpResponseRedirect(reverse("refusal", args=[document.group.id]))
    filled.add_error(None, sentence(result))
    return group_page(request, document, {verb: filled}, 422)
