"""Senders: who sends, how far it is trusted."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router, Status
from pydantic import Field, StrictBool

from ecluse.delivery.api.acts import act, located, unbound
from ecluse.delivery.api.interface import Scoped, caller
from ecluse.delivery.api.problems import Problem
from ecluse.delivery.api.shapes import Oid, Sent, Text
from ecluse.services.queries import senders
from ecluse.services.queries.access import domain_name
from ecluse.services.queries.senders import SenderDocument

router = Router(tags=["settings"])

Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Policy = Literal["tolerant", "strict"]
Fingerprint = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a client certificate (DER) in hexadecimal."""


class NewSender(Sent):
    """A sender to declare and confirm. application, facility: MSH-3 and MSH-4 as it sends them; listener: null for all;
    domain: name, made if it is new (then with domain_oid and foreign); timezone: of its times without zone.
    """

    application: Text
    facility: Text
    listener: Text | None = None
    domain: Text | None = None
    domain_oid: Oid | None = None
    foreign: StrictBool = False
    policy: Policy | None = None
    timezone: Annotated[str, Field(pattern=r"^[A-Za-z0-9_+/-]{1,64}$")] | None = None
    certificates: Annotated[tuple[Fingerprint, ...], Field(max_length=20)] = ()


@router.get(
    "/senders", operation_id="list_senders", auth=Scoped("settings:read"), response=list[SenderDocument]
)
def list_senders(
    request: HttpRequest, status: Literal["to_confirm", "confirmed", "refused"] | None = None
) -> Any:
    """Senders, those to confirm first."""
    only = caller(request).domain
    name = domain_name(only)
    return [one for one in senders.every(status) if only is None or one.domain == name]


@router.post(
    "/senders", operation_id="add_sender", auth=Scoped("settings:write"), response={201: SenderDocument}
)
def add_sender(request: HttpRequest, body: NewSender, response: HttpResponse) -> Any:
    """Declare a sender and confirm it. Its domain is declared before its first message and never changes."""
    arguments = {name: "" if value is None else value for name, value in body.model_dump().items()}
    act(unbound(caller(request)), "sender.add", arguments)
    made = next(
        one
        for one in senders.every()
        if (one.application, one.facility) == (body.application, body.facility)
        and one.listener == (body.listener or one.listener)
    )
    located(response, f"/senders/{made.id}")
    return Status(201, made)


@router.get(
    "/senders/{sender}", operation_id="read_sender", auth=Scoped("settings:read"), response=SenderDocument
)
def read_sender(request: HttpRequest, sender: Id) -> SenderDocument:
    """One sender."""
    found = _sender(sender)
    only = caller(request).domain
    if only is not None and found.domain != domain_name(only):
        raise Problem("not-found")
    return found


@router.post(
    "/senders/{sender}/confirm",
    operation_id="confirm_sender",
    auth=Scoped("settings:write"),
    response=SenderDocument,
)
def confirm(request: HttpRequest, sender: Id) -> SenderDocument:
    """Confirm a sender: the INS it sends become usable."""
    return _decide(request, sender, "sender.confirm")


@router.post(
    "/senders/{sender}/refuse",
    operation_id="refuse_sender",
    auth=Scoped("settings:write"),
    response=SenderDocument,
)
def refuse(request: HttpRequest, sender: Id) -> SenderDocument:
    """Refuse a sender: its messages get AR, the INS it sent are no longer usable."""
    return _decide(request, sender, "sender.refuse")


def _decide(request: HttpRequest, sender: int, name: str) -> SenderDocument:
    asking = unbound(caller(request))
    one = _sender(sender)
    names = {"application": one.application, "facility": one.facility, "listener": one.listener}
    act(asking, name, names)
    return _sender(sender)


def _sender(sender: int) -> SenderDocument:
    found = next((one for one in senders.every() if one.id == sender), None)
    if found is None:
        raise Problem("not-found")
    return found
