"""Groups of refusals: all of them, and one with its history, its messages and what is like it."""

from __future__ import annotations

import time
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from ecluse.delivery.console.charts import Columns, Series
from ecluse.delivery.console.guard import Request, page
from ecluse.delivery.console.refusals.forms import (
    STATES,
    AssignForm,
    GroupForm,
    MuteForm,
    NoteForm,
    ResolveForm,
)
from ecluse.services.index_refusals import catch_up
from ecluse.services.queries import refusal_groups, sender_feeds
from ecluse.services.queries.operators import operators
from ecluse.services.queries.refusal_groups import Domains, GroupDocument, GroupFilter, GroupLine
from ecluse.services.queries.remedies import remedy

READ, MANAGE = "messages.read", "refusals.manage"


@page(READ)
def every(request: Request) -> HttpResponse:
    """The groups, those that ask for attention first."""
    catch_up()
    reach = domains(request, READ)
    form = GroupForm(request.GET, sender_feeds.names(reach))
    given = form.cleaned_data if form.is_valid() else {}
    wanted = GroupFilter(
        given.get("etat") or "todo",
        given.get("emetteur"),
        given["responsable"].strip() if request.GET.get("responsable") and given else None,
        (given.get("regle") or "").strip().upper() or None,
    )
    after = request.GET.get("avant", "")
    found = refusal_groups.page(wanted, now(), reach, after if _is_number(after) else None)
    query = request.GET.copy()
    query.pop("avant", None)
    states = query.copy()
    states.pop("etat", None)
    values = {
        "form": form,
        "found": found,
        "state": wanted.state,
        "states": STATES,
        "attention": refusal_groups.attention(now(), reach),
        "query": query.urlencode(),
        "others": states.urlencode(),
        "asked": any(value for name, value in query.items() if name != "etat"),
        "first": not _is_number(after),
    }
    response = render(
        request, f"console/refusals/{'groups_part' if _is_part(request) else 'groups'}.html", values
    )
    response["Vary"] = "Cookie, HX-Request, Accept-Language"
    return response


@page(READ)
def one(request: Request, group: str) -> HttpResponse:
    """One group."""
    return group_page(request, group_of(request, group, READ))


def group_of(request: Request, group: str, right: str) -> GroupDocument:
    """A group on which the visitor has a right.

    :raises Http404: there is none.
    """
    catch_up()
    found = refusal_groups.show(group, now(), domains(request, right))
    if found is None:
        raise Http404
    return found


def group_page(
    request: Request, document: GroupDocument, wrong: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """The page of a group. wrong: forms that were refused, by name."""
    line = document.group
    after = request.GET.get("avant", "")
    manages = request.visitor.may(MANAGE) and _within(request, line)
    forms: dict[str, Any] = {
        "assign": AssignForm(initial={"owner": line.owner}),
        "note": NoteForm(initial={"note": line.note}),
        "mute": MuteForm(),
        "resolve": ResolveForm(None, siblings(document)),
        **(wrong or {}),
    }
    values = {
        "group": line,
        "steps": document.steps,
        "people": operators({one.by for one in document.steps if one.by}),
        "chart": _chart(document),
        "similar": document.similar,
        "found": refusal_groups.messages(line.id, after if _is_number(after) else None),
        "remedy": remedy(line.rule),
        "forms": forms,
        "opened": next(iter(wrong or {}), ""),
        "wrong": next(iter((wrong or {}).values()), None),
        "manages": manages,
        "mine": line.owner == request.visitor.name,
    }
    return render(request, "console/refusals/group.html", values, status=status)


def siblings(document: GroupDocument) -> list[tuple[str, str]]:
    """Groups of the same rule at other senders that are not resolved: mended together, often."""
    return [
        (one.id, f"{one.sender.application} / {one.sender.facility} ({one.count})" if one.sender else one.id)
        for one in document.similar
        if one.rule == document.group.rule and one.state != "resolved"
    ]


def domains(request: Request, right: str) -> Domains:
    """Ids of the domains on which the visitor has a right; None: all."""
    return request.visitor.reach(right).domains


def now() -> int:
    """µs since 1970."""
    return time.time_ns() // 1000


def _within(request: Request, line: GroupLine) -> bool:
    return refusal_groups.show(line.id, now(), domains(request, MANAGE)) is not None


def _chart(document: GroupDocument) -> Columns:
    days = tuple(f"{one.day[8:10]}/{one.day[5:7]}" for one in document.days)
    counts = tuple(one.count for one in document.days)
    return Columns(_("Rejets par jour"), _("messages"), days, (Series(_("Rejets"), "bad", counts),))


def _is_part(request: Request) -> bool:
    asked = request.headers.get("HX-Request") == "true"
    return asked and request.headers.get("HX-History-Restore-Request") != "true"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16
