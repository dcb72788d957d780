"""Alarms told to webhooks: an event `certificate.expiring`, signed as the others, for those that ask for that type.

It is about no patient, so it is not in the event feed and has no cursor: it is posted by the worker itself, and again
until the destination takes it (`alarms`). A subscriber that names no type does not get it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ecluse.protocols.cloudevents import notice
from ecluse.protocols.webhooks import headers, read_secret
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.services.deliveries.subscribers import NOTICES, SubscriberRecord, all_subscribers, owner
from ecluse.services.deliveries.webhook import CONTENT_TYPE
from ecluse.services.queries.presentation import moment
from ecluse.services.vault import Vault
from ecluse.store.access_turn import writing
from ecluse.store.errors import StoreError
from ecluse.store.models.certificates import CertificateAlarm
from ecluse.transports.destinations import networks
from ecluse.transports.webhook import WebhookClient

((TYPE, VERSION),) = NOTICES.items()
SOURCE = "/certificates"


def webhooks() -> tuple[SubscriberRecord, ...]:
    """The subscribers that ask for alarms."""
    return tuple(
        one
        for one in all_subscribers()
        if one.kind == "webhook" and one.status == "active" and TYPE in one.options.types
    )


def tell_subscribers(settings: CertificateSettings, waiting: Sequence[CertificateAlarm], now: int) -> int:
    """Post the alarms that wait; how many left. One whose subscriber is gone is given up."""
    if not waiting:
        return 0
    subscribers = {one.id: one for one in webhooks()}
    gone = [row.pk for row in waiting if row.target not in subscribers]
    left = asyncio.run(
        _post(settings, [row for row in waiting if row.target in subscribers], subscribers, now)
    )
    with writing():
        CertificateAlarm.objects.filter(id__in=left).update(error="")
        CertificateAlarm.objects.filter(id__in=gone).update(error="no subscriber")
    return len(left)


async def _post(
    settings: CertificateSettings,
    rows: Sequence[CertificateAlarm],
    subscribers: dict[str, SubscriberRecord],
    now: int,
) -> list[int]:
    client = WebhookClient(networks(settings.webhook_networks), settings.webhook_authorities)
    left = []
    try:
        for row in rows:
            one = subscribers[row.target]
            identity, body = f"alarm-{row.pk}", body_of(row)
            try:
                key = read_secret(Vault(settings.secrets).open(one.secret, owner(one.id)).decode())
            except (StoreError, ValueError):
                continue
            signed = headers(identity, now // 1_000_000, body, (key,))
            reply = await client.post(one.target, body, {"Content-Type": CONTENT_TYPE, **signed})
            if 200 <= reply.status < 300:
                left.append(row.pk)
    finally:
        await client.close()
    return left


def body_of(row: CertificateAlarm) -> bytes:
    """An alarm as a CloudEvents notice (schema `certificate.expiring.v1`)."""
    kind, _, id_ = row.about.partition(":")
    data = {
        "kind": kind,
        "id": id_,
        "ends": moment(row.ends) if row.ends else None,
        "threshold_days": row.threshold,
        "level": row.level,
        "text_fr": row.text_fr,
        "text_en": row.text_en,
    }
    return notice(f"alarm-{row.pk}", SOURCE, TYPE, VERSION, row.about, moment(row.at), data)
