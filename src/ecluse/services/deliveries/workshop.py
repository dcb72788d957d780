"""What lines are made of: for each subscriber its feed and its way, as the settings of the gateway allow."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from django.db.models import Max

from ecluse.protocols.pam.withhold import Withheld
from ecluse.protocols.webhooks import read_secret
from ecluse.services.deliveries.departures import Departures
from ecluse.services.deliveries.engine import Workshop
from ecluse.services.deliveries.events import OutwardFeed
from ecluse.services.deliveries.line import Database
from ecluse.services.deliveries.messages import MessageFeed
from ecluse.services.deliveries.ports import Feed, Way
from ecluse.services.deliveries.relay import RelayWay
from ecluse.services.deliveries.subscribers import SubscriberRecord, owner
from ecluse.services.deliveries.webhook import WebhookWay
from ecluse.services.queries.events import EventFeed, told_up_to
from ecluse.services.queries.patients import PatientReader
from ecluse.services.vault import Vault
from ecluse.store.models import JournalEntry
from ecluse.transports.destinations import networks
from ecluse.transports.webhook import WebhookClient


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """environment, require_strict_traits, wrong_key: when an INS is usable; secrets: folder of the master key.

    allowed_networks: private networks that webhooks may be in; authorities: PEM file of more authorities for their
    certificates, or empty.
    """

    environment: Literal["test", "production"]
    secrets: Path
    require_strict_traits: bool = True
    wrong_key: Literal["by-environment", "never-usable", "warn"] = "by-environment"
    allowed_networks: tuple[str, ...] = ()
    authorities: str = ""


def workshop(settings: DeliverySettings) -> Workshop:
    """The workshop of a gateway."""
    reader = PatientReader(
        settings.environment,
        require_strict_traits=settings.require_strict_traits,
        wrong_key=settings.wrong_key,
    )
    vault = Vault(settings.secrets)

    def feed(subscriber: SubscriberRecord) -> Feed:
        if subscriber.kind == "relay":
            return MessageFeed(subscriber)
        return OutwardFeed(EventFeed(reader), subscriber)

    def way(subscriber: SubscriberRecord, call: Database) -> Way:
        if subscriber.kind == "relay":
            return _relay(settings, subscriber, call)
        client = WebhookClient(
            networks(settings.allowed_networks), settings.authorities, subscriber.options.timeout
        )
        return WebhookWay(client, subscriber.target, _keys(vault, subscriber))

    return Workshop(feed, way, _ends)


def _keys(vault: Vault, subscriber: SubscriberRecord) -> Callable[[int], tuple[bytes, ...]]:
    """The keys of a webhook at a time, opened once."""
    current = read_secret(vault.open(subscriber.secret, owner(subscriber.id)).decode())
    former, until = subscriber.options.former_secret, subscriber.options.former_until
    both = (current, read_secret(vault.open(former, owner(subscriber.id)).decode())) if former else (current,)
    return lambda now: both if now < until else (current,)


def _relay(settings: DeliverySettings, subscriber: SubscriberRecord, call: Database) -> RelayWay:
    options = subscriber.options
    departures = Departures(
        settings.environment, settings.require_strict_traits, settings.wrong_key, options.ins_in_deletion
    )

    async def prepare(raw: bytes, event: str, domain: int) -> Withheld:
        found = await call(departures.prepare, raw, event, domain)
        assert isinstance(found, Withheld)
        return found

    parts = urlsplit(f"mllp://{subscriber.target}")
    assert parts.hostname and parts.port, "checked when the subscriber was added"
    tls = _client_context(options.authorities, options.certificate, options.key) if options.tls else None
    return RelayWay(parts.hostname, parts.port, prepare, options.timeout, tls, options.server_name)


def _client_context(authorities: str, certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authorities or None)
    context.hostname_checks_common_name = False  # RFC 9525 §2: other names alone
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate:
        context.load_cert_chain(certificate, key or None)
    return context


def _ends() -> dict[str, int]:
    return {
        "webhook": told_up_to(),
        "relay": JournalEntry.objects.aggregate(end=Max("seq"))["end"] or 0,
    }
