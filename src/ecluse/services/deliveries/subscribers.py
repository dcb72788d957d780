"""Subscribers as values: who is told, where, how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import msgspec

from ecluse.store.models.deliveries import Subscriber

Kind = Literal["webhook", "relay"]
Status = Literal["active", "paused", "gone"]

NOTICES = {"certificate.expiring": 1}
"""Types that concern no patient and are not in the event feed, with the version of their data: a webhook gets one when
it names it (`services.certificates.telling`)."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a subscriber is told.

    types: types of events (webhook) or trigger events (relay) it wants, none: all; full: whole documents instead of
    ids; inclusion: id of the inclusion list that limits it, or empty; parallel: deliveries on their way at the same
    time; timeout: seconds for one of them; tls: a relay over TLS; authorities, certificate, key: PEM files of the
    relay's TLS; server_name: name its certificate must carry, empty: the host; ins_in_deletion: what becomes of the INS
    that an A47 deletes (see docs: relay); former_secret: sealed key that signs too until `former_until`, while another
    replaces it.
    """

    types: tuple[str, ...] = ()
    full: bool = False
    inclusion: str = ""
    parallel: int = 8
    timeout: float = 15.0
    tls: bool = False
    authorities: str = ""
    certificate: str = ""
    key: str = ""
    server_name: str = ""
    ins_in_deletion: Literal["sent", "withheld"] = "sent"
    former_secret: bytes = b""
    former_until: int = 0


@dataclass(frozen=True, slots=True)
class SubscriberRecord:
    """One subscriber (see `store.models.deliveries.Subscriber`). secret: sealed."""

    id: str
    name: str
    kind: Kind
    domain: int | None
    target: str
    secret: bytes
    options: Options
    status: Status
    reason: str
    created: int
    position: int
    revision: int
    failures: int
    until: int
    answered: int


_options = msgspec.json.Decoder(Options).decode


def write_options(options: Options) -> bytes:
    """Options as they are kept."""
    return msgspec.json.encode(options)


def record_of(row: Subscriber) -> SubscriberRecord:
    """A row as a value."""
    return SubscriberRecord(
        id=row.id,
        name=row.name,
        kind=cast(Kind, row.kind),
        domain=row.domain_id,
        target=row.target,
        secret=bytes(row.secret or b""),
        options=_options(bytes(row.options)),
        status=cast(Status, row.status),
        reason=row.reason,
        created=row.created,
        position=row.position,
        revision=row.revision,
        failures=row.failures,
        until=row.until,
        answered=row.answered,
    )


def all_subscribers() -> tuple[SubscriberRecord, ...]:
    """Every subscriber, by name."""
    return tuple(map(record_of, Subscriber.objects.order_by("name")))


def owner(subscriber: str) -> str:
    """What the vault seals the secret of a subscriber for."""
    return f"subscriber:{subscriber}"
