"""Tokens: made (the secret is shown once), listed, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import Field

from ecluse.delivery.api.acts import act, located
from ecluse.delivery.api.guard import now
from ecluse.delivery.api.interface import Scoped, caller
from ecluse.delivery.api.problems import Problem
from ecluse.delivery.api.replay import show_once
from ecluse.delivery.api.senders import Fingerprint
from ecluse.delivery.api.shapes import Sent, Text
from ecluse.services import access
from ecluse.services.access import Caller
from ecluse.services.queries import access as queries
from ecluse.services.queries.access import TokenDocument, domain_name

router = Router(tags=["tokens"])

DAY = 86_400_000_000
Scope = Literal[
    "patients:read", "stays:read", "consents:read", "consents:write", "identities:write", "messages:read",
    "events:read", "inclusions:read", "inclusions:write", "settings:read", "settings:write", "status:read",
    "users:write", "calendar:read",
]  # fmt: skip
"""`services.access.SCOPES`, written again for the OpenAPI document; a test compares them."""


class NewToken(Sent):
    """A token to make. domain: name of the only domain it sees; inclusion: id of the list outside of which it sees
    nobody; certificate: SHA-256 of the client certificate it needs; days: until it expires, null: never.
    """

    name: Text
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=20)]
    domain: Text | None = None
    inclusion: Text | None = None
    certificate: Fingerprint | None = None
    days: Annotated[int, Field(strict=True, ge=1, le=3660)] | None = 365


@dataclass(frozen=True, slots=True)
class MadeToken:
    """A token just made. secret: shown here and never again; null when the answer is given again."""

    secret: str | None
    token: TokenDocument


@router.get("/tokens", operation_id="list_tokens", auth=Scoped("settings:read"), response=list[TokenDocument])
def list_tokens(request: HttpRequest) -> Any:
    """Tokens, the newest first; a bound token sees those bound as it is."""
    asking = caller(request)
    return [one for one in queries.tokens(asking.domain) if _sees(asking, one)]


@router.get(
    "/tokens/{token}", operation_id="read_token", auth=Scoped("settings:read"), response=TokenDocument
)
def read_token(request: HttpRequest, token: str) -> TokenDocument:
    """One token."""
    return _token(caller(request), token)


@router.post("/tokens", operation_id="create_token", auth=Scoped("settings:write"), response={201: MadeToken})
def create_token(request: HttpRequest, body: NewToken, response: HttpResponse) -> Any:
    """Make a token. It may do no more than the one that makes it, is bound as that one is, to its domain, its list and
    its certificate, and expires no later.
    """
    asking = caller(request)
    _check(asking, body)
    new = access.new_secret()
    arguments = {
        "id": new.id,
        "digest": new.digest,
        "name": body.name,
        "scopes": list(body.scopes),
        "domain": body.domain or domain_name(asking.domain) or "",
        "inclusion": body.inclusion or asking.inclusion,
        "certificate": body.certificate or asking.certificate,
        "expires": _expires(asking, body.days),
    }
    made = queries.token(act(asking, "token.create", arguments).data["id"])
    assert made is not None
    show_once(request, msgspec.json.encode(MadeToken(None, made)))
    located(response, f"/tokens/{made.id}")
    return Status(201, MadeToken(new.secret, made))


def _check(asking: Caller, body: NewToken) -> None:
    """Nobody gives more than it has."""
    if more := sorted(set(body.scopes) - asking.scopes):
        names = ", ".join(more)
        raise Problem("scope-missing", f"Ce jeton n’a pas : {names}.", f"This token does not have: {names}.")
    elsewhere = asking.domain is not None and body.domain not in (None, domain_name(asking.domain))
    if elsewhere or (asking.inclusion and body.inclusion not in (None, asking.inclusion)):
        raise Problem("token-bound")
    if asking.certificate and body.certificate not in (None, asking.certificate):
        raise Problem("token-bound")


def _expires(asking: Caller, days: int | None) -> int | None:
    """When a token made now expires: no later than the one that makes it."""
    wanted = None if days is None else now() + days * DAY
    return min((one for one in (wanted, asking.expires) if one is not None), default=None)


@router.delete(
    "/tokens/{token}", operation_id="revoke_token", auth=Scoped("settings:write"), response={204: None}
)
def revoke_token(request: HttpRequest, token: str) -> Any:
    """Revoke a token: it is refused from now on. Revoking it again changes nothing."""
    asking = caller(request)
    if _token(asking, token).revoked is None:
        act(asking, "token.revoke", {"id": token})
    return Status(204, None)


def _token(asking: Caller, token: str) -> TokenDocument:
    found = queries.token(token)
    if found is None or not _sees(asking, found):
        raise Problem("not-found")
    return found


def _sees(asking: Caller, token: TokenDocument) -> bool:
    if asking.domain is not None and token.domain != domain_name(asking.domain):
        return False
    return not asking.inclusion or token.inclusion == asking.inclusion
