"""The forms of subscribers: what a client declares, and what it is shown, never a secret nor a path of this machine."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StringConstraints

from ecluse.delivery.api.shapes import Moment, Sent, Text
from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.subscribers import SubscriberDocument, masked_target

Target = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"^[!-~]+$")]
"""A URL or HOST:PORT, in ASCII."""
Type = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]{1,60}$")]
EventCursor = Annotated[str, Field(description="`next` of a page or `id` of an event, unchanged")]
"""Of any form here: what is no cursor is refused by the feed, with where to go on from."""
Position = Annotated[int, Field(strict=True, ge=0, le=2**62)]


class NewSubscriber(Sent):
    """A subscriber to declare. target: https URL of a webhook, HOST:PORT of a relay; domain: name of the only domain
    told; inclusion: id of the list outside of which nobody is told of; types: types of events (webhook) or trigger
    events (relay), empty: all; full: whole documents (webhook); parallel: deliveries at the same time, null: 8 for a
    webhook, 1 for a relay; timeout: seconds; tls, server_name: a relay over TLS and the name its certificate carries;
    ins_in_deletion: what becomes of the INS that an A47 deletes; from_start: from the oldest, and not from now on;
    allow_plaintext: accept an http URL, or a relay without TLS.
    """

    name: Text
    kind: Literal["webhook", "relay"]
    target: Target
    domain: Text | None = None
    inclusion: Text | None = None
    types: Annotated[list[Type], Field(max_length=100)] = []  # noqa: RUF012  (copied by pydantic)
    full: StrictBool = False
    parallel: Annotated[int, Field(strict=True, ge=1, le=64)] | None = None
    timeout: Annotated[float, Field(strict=True, ge=1, le=300, allow_inf_nan=False)] = 15.0
    tls: StrictBool = False
    server_name: Text | None = None
    ins_in_deletion: Literal["sent", "withheld"] = "sent"
    from_start: StrictBool = False
    allow_plaintext: StrictBool = False


class Parked(Sent):
    """Which parked delivery; null: all of them."""

    position: Position | None = None


class Skipped(Sent):
    """Which parked delivery is given up."""

    position: Position


class Replayed(Sent):
    """From where to deliver again, one of: after, a cursor of the event feed (webhook); line, a line of the journal
    (relay); since, a time.
    """

    after: EventCursor | None = None
    line: Position | None = None
    since: Moment | None = None


@dataclass(frozen=True, slots=True)
class SubscriberOptions:
    """How a subscriber is told (see NewSubscriber). own_authorities, own_certificate: whether its relay uses PEM files
    that `ecluse subscriber add` was given.
    """

    types: tuple[str, ...]
    full: bool
    inclusion: str | None
    parallel: int
    timeout: float
    tls: bool
    server_name: str | None
    ins_in_deletion: Literal["sent", "withheld"]
    own_authorities: bool
    own_certificate: bool


@dataclass(frozen=True, slots=True)
class Subscriber:
    """One subscriber, without its secret. target: its query string is shown as `?…`; behind: how many places of its
    feed come after the last one it was offered; waiting: offered and not delivered; parked: those that wait for a
    person; circuit: `closed` (deliveries go), `open` (the destination is left alone until `retry_at`) or `half-open`
    (one goes, to try); answered: last sign of life; revision: changes with every act, and the ETag with it.
    """

    id: str
    name: str
    kind: Literal["webhook", "relay"]
    target: str
    domain: str | None
    status: Literal["active", "paused", "gone"]
    reason: str | None
    created: str
    position: int
    behind: int
    waiting: int
    parked: int
    oldest: str | None
    circuit: Literal["closed", "open", "half-open"]
    failures: int
    retry_at: str | None
    answered: str | None
    revision: int
    options: SubscriberOptions


@dataclass(frozen=True, slots=True)
class MadeSubscriber:
    """A subscriber just declared, or its new key. secret: of a webhook, shown here and never again; null for a relay,
    and when the answer is given again; warning: what keeps anything from being sent there, and what to do, or null.
    """

    secret: str | None
    subscriber: Subscriber
    warning: Sentence | None


def shown(one: SubscriberDocument) -> Subscriber:
    """A subscriber as programs see it."""
    values: dict[str, Any] = {field.name: getattr(one, field.name) for field in fields(Subscriber)}
    given = one.options
    options = SubscriberOptions(
        types=tuple(given["types"]),
        full=given["full"],
        inclusion=given["inclusion"] or None,
        parallel=given["parallel"],
        timeout=given["timeout"],
        tls=given["tls"],
        server_name=given["server_name"] or None,
        ins_in_deletion=given["ins_in_deletion"],
        own_authorities=bool(given["authorities"]),
        own_certificate=bool(given["certificate"]),
    )
    return Subscriber(**{**values, "target": masked_target(one), "options": options})
