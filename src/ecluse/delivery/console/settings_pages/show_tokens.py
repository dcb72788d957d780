"""Keys of the interfaces for programs: made (the secret is shown once), listed, revoked."""

from __future__ import annotations

import secrets as random
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import sentence, tell
from ecluse.delivery.console.guard import Request, act, form, page
from ecluse.delivery.console.settings_pages.common import READ, WRITE, domains_of, everywhere, now, show
from ecluse.delivery.console.settings_pages.forms import SCOPE_WORDS, TokenForm
from ecluse.services.access import Reach, new_secret
from ecluse.services.accounts.roles import SCOPE_RIGHTS
from ecluse.services.queries import settings
from ecluse.services.queries.access import TokenDocument, list_names, lists, token, tokens
from ecluse.services.queries.presentation import moment

_SECTION = "tokens"
_DAY = 86_400_000_000
_SOON = 30 * _DAY


@page(READ)
def every(request: Request) -> HttpResponse:
    """Those in force, then those that are not."""
    names, at = list_names(), now()
    found = [one for one in tokens() if _sees(request, one)]
    rows = [
        (one, state(one, at), names.get(one.inclusion or "", ""), [SCOPE_WORDS.get(s, s) for s in one.scopes])
        for one in found
    ]
    values = {
        "current": [row for row in rows if row[1] in ("ok", "warn")],
        "former": [row for row in rows if row[1] not in ("ok", "warn")],
    }
    return show(request, _SECTION, "tokens", values)


@form(WRITE, fresh=True)
@everywhere(WRITE)
def add(request: Request) -> HttpResponse:
    """A new one. Sent twice, the form makes one token: the second answer says that it was made already."""
    known = [(one.id, one.name) for one in lists(Reach(None, ""))]
    first = {"once": random.token_hex(16)}
    given = [scope for scope, right in SCOPE_RIGHTS.items() if request.visitor.everywhere(right)]
    asked = TokenForm(settings.domains(), known, given, request.POST or None, initial=first)
    if request.method == "POST" and asked.is_valid():
        made = new_secret()
        once = f"{request.visitor.operator} {asked.cleaned_data['once']}"[:80]
        result = ask(request, "token.create", _arguments(asked.cleaned_data, made.id, made.digest), once)
        if result.done:
            found = token(str(result.data["id"]))
            secret = "" if result.again else made.secret
            return show(request, _SECTION, "token_made", {"one": found, "secret": secret})
        asked.add_error(None, sentence(result))
    return show(request, _SECTION, "token_form", {"form": asked}, 422 if asked.errors else 200)


def _arguments(given: dict[str, Any], id_: str, digest: str) -> dict[str, Any]:
    days = int(given["days"])
    return {
        "id": id_,
        "digest": digest,
        "name": given["name"],
        "scopes": given["scopes"],
        "domain": given["domain"],
        "inclusion": given["inclusion"],
        "certificate": "",
        "expires": now() + days * _DAY if days else None,
    }


@act(WRITE, fresh=True)
@everywhere(WRITE)
def revoke(request: Request, id_: str) -> HttpResponse:
    """Have one refused from now on."""
    if token(id_) is None:
        raise Http404
    tell(request, ask(request, "token.revoke", {"id": id_}))
    return HttpResponseRedirect(reverse("tokens"))


def state(one: TokenDocument, at: int) -> str:
    """`ok`, `warn` when it expires soon, `revoked` or `expired`."""
    if one.revoked is not None:
        return "revoked"
    if one.expires is None:
        return "ok"
    if one.expires <= moment(at):
        return "expired"
    return "warn" if one.expires <= moment(at + _SOON) else "ok"


def _sees(request: Request, one: TokenDocument) -> bool:
    within = domains_of(request, READ)
    if within is None:
        return True
    return one.domain in {found.name for found in settings.domains() if found.id in within}
