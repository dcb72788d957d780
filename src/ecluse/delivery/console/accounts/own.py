"""One's own account: how one is known, means of sign-in, sessions, language."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from ecluse.delivery.console.accounts.adapters import now
from ecluse.delivery.console.guard import Request, act, own
from ecluse.delivery.console.page import THEME_COOKIE, THEMES
from ecluse.delivery.console.psc.kept import end_elsewhere
from ecluse.services.accounts import preferences, sign_in
from ecluse.services.accounts.roles import roles
from ecluse.services.accounts.visitor import Account
from ecluse.services.queries import users


@own
def show(request: Request) -> HttpResponse:
    """The account, its means, its sessions and its roles."""
    visitor = request.visitor
    sessions = UserSession.objects.purge_and_list(request.user)
    values = {
        "account": users.named(visitor.username, now()),
        "roles": roles(),
        "factors": _factors(request),
        "sessions": sorted(sessions, key=lambda one: one.last_seen_at, reverse=True),
        "means": users.means_of(visitor.id),
        "used": visitor.session,
    }
    return render(request, "console/accounts/own.html", values)


def _factors(request: Request) -> dict[str, Any]:
    found: dict[str, Any] = {"webauthn": []}
    for one in Authenticator.objects.filter(user_id=request.user.pk).order_by("pk"):
        if one.type == Authenticator.Type.WEBAUTHN:
            found["webauthn"].append(one.wrap())
        else:
            found[one.type] = one.wrap()
    if "recovery_codes" in found:
        found["codes_left"] = len(found["recovery_codes"].get_unused_codes())
    return found


@act("")
def end_session(request: Request) -> HttpResponse:
    """End one of one's own sessions, or all the others."""
    account = request.user
    assert isinstance(account, Account)
    mine = UserSession.objects.filter(user_id=request.user.pk)
    wanted = request.POST.get("session", "")
    others = mine.exclude(session_key=request.session.session_key)
    ended = others if wanted == "others" else others.filter(pk=wanted if wanted.isdigit() else 0)
    count = 0
    for one in ended:
        sign_in.trace(account, sign_in.ENDED, now(), "by its owner")
        end_elsewhere(one)
        count += 1
    messages.success(request, _("Sessions terminées : %(n)d.") % {"n": count})
    return HttpResponseRedirect("/compte/#sessions")


@act("")
def choose_language(request: Request) -> HttpResponse:
    """French or English, kept with the account."""
    preferences.choose_language(request.visitor.id, request.POST.get("language", ""))
    return HttpResponseRedirect(_back(request))


def choose_theme(request: Request) -> HttpResponse:
    """Light, dark, or that of the system: kept by the browser, signed in or not."""
    response = HttpResponseRedirect(_back(request))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        response.set_cookie(THEME_COOKIE, chosen, max_age=365 * 86_400, samesite="Lax", path="/")
    return response


def _back(request: Request) -> str:
    address = request.POST.get("next", "/")
    safe = url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if safe else "/"
