"""The Users of SCIM: list and search, create, read, replace, patch."""

from __future__ import annotations

import json
import re
from typing import Any

from django.http import HttpRequest, HttpResponse

from ecluse.delivery.scim import errors
from ecluse.delivery.scim.errors import ScimError, answer
from ecluse.delivery.scim.guard import now, provisioning
from ecluse.delivery.scim.patching import patched
from ecluse.delivery.scim.resources import resource, wanted
from ecluse.delivery.scim.settings import current
from ecluse.services.access import Caller
from ecluse.services.accounts import settings as accounts
from ecluse.services.accounts.codes import new_invitation
from ecluse.services.ask_writer import WriterSilent, ask_writer
from ecluse.services.provisioning import Unwanted, Wanted, plan
from ecluse.services.queries.users import UserDocument, every, named
from ecluse.services.wire import Act

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
PAGE, MOST = 100, 200
PATIENCE = 5.0
_FILTER = re.compile(r'\s*(userName|externalId)\s+eq\s+("(?:[^"\\]|\\.)*")\s*', re.IGNORECASE)


def search(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Every account, or the one of a name or external identifier."""
    found = _matching(every(now()), request.GET.get("filter"))
    start = max(1, _number(request, "startIndex", 1))
    count = min(MOST, max(0, _number(request, "count", PAGE)))
    page = found[start - 1 : start - 1 + count]
    return answer(
        {
            "schemas": [LIST],
            "totalResults": len(found),
            "startIndex": start,
            "itemsPerPage": len(page),
            "Resources": [resource(one, _base(request)) for one in page],
        }
    )


def create(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Make an account; an administrator hands over its code of invitation."""
    asked = wanted(_body(request))
    if named(asked.username, now()) is not None:
        raise ScimError(
            409,
            "Un compte a déjà ce userName.",
            "An account has this userName already.",
            "uniqueness",
        )
    _make(caller, asked, None)
    return _shown(request, asked.username, 201)


def show(request: HttpRequest, caller: Caller, id_: str) -> HttpResponse:
    """One account."""
    return answer(resource(_account(id_), _base(request)))


def replace(request: HttpRequest, caller: Caller, id_: str) -> HttpResponse:
    """Make an account what the User says, absent attributes erased; roles stay when they are not named."""
    account, asked = _account(id_), wanted(_body(request))
    if asked.username != account.username:
        raise ScimError(
            400,
            "Un compte ne change pas de userName : le journal le nomme. Fermez-le et créez-en un autre.",
            "An account does not change its userName: the journal names it. Close it, and create another one.",
            "mutability",
        )
    _make(caller, asked, account)
    return _shown(request, account.username)


def patch(request: HttpRequest, caller: Caller, id_: str) -> HttpResponse:
    """Change some attributes of an account; `active` closes it or opens it again."""
    account = _account(id_)
    before = Wanted(
        username=account.username,
        name=account.name,
        email=account.email,
        profession=account.profession,
        unit=account.unit,
        external=account.external,
        active=account.state != "closed",
    )
    _make(caller, patched(before, _body(request)), account)
    return _shown(request, account.username)


USERS = provisioning(GET=search, POST=create)
USER = provisioning(GET=show, PUT=replace, PATCH=patch)


def _make(caller: Caller, asked: Wanted, account: UserDocument | None) -> None:
    """Have every act of the plan done.

    :raises ScimError: one was refused; those before it stay done.
    """
    try:
        planned = plan(asked, account, new_invitation(now(), accounts.current().invitation_hours))
    except Unwanted as unwanted:
        raise errors.value(unwanted.text_fr, unwanted.text_en) from None
    for step in planned.steps:
        try:
            result = ask_writer(current().writer, Act(caller.id, step.act, step.arguments), PATIENCE)
        except WriterSilent:
            raise ScimError(
                503, "L’écrivain de la passerelle ne répond pas.", "The gateway’s writer does not answer."
            ) from None
        if not result.done:
            raise errors.value(result.text_fr, result.text_en)


def _shown(request: HttpRequest, username: str, status: int = 200) -> HttpResponse:
    account = named(username, now())
    if account is None:
        raise errors.unknown()
    body = resource(account, _base(request))
    return answer(body, status, {"Location": body["meta"]["location"]} if status == 201 else None)


def _account(id_: str) -> UserDocument:
    for one in every(now()):
        if str(one.id) == id_:
            return one
    raise errors.unknown()


def _matching(accounts: tuple[UserDocument, ...], told: str | None) -> list[UserDocument]:
    if told is None:
        return sorted(accounts, key=lambda one: one.id)
    match = _FILTER.fullmatch(told)
    try:
        value = json.loads(match[2]) if match else None
    except ValueError:
        value = None
    if match is None or not isinstance(value, str):
        raise ScimError(
            400,
            'Filtres servis : userName eq "…" et externalId eq "…".',
            'Filters served: userName eq "…" and externalId eq "…".',
            "invalidFilter",
        )
    if match[1].lower() == "username":
        return [one for one in accounts if one.username == value.strip().lower()]
    return [one for one in accounts if value and one.external == value]


def _number(request: HttpRequest, name: str, default: int) -> int:
    told = request.GET.get(name)
    if told is None:
        return default
    if not re.fullmatch(r"-?[0-9]{1,9}", told):
        raise errors.value(f"{name} est un nombre.", f"{name} is a number.")
    return int(told)


def _body(request: HttpRequest) -> Any:
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        raise errors.syntax("Le corps n’est pas du JSON.", "The body is not JSON.") from None


def _base(request: HttpRequest) -> str:
    return request.build_absolute_uri("/scim/v2")
