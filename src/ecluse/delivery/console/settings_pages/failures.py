"""Why deliveries of a subscriber fail, in words, and whether the settings of the gateway themselves keep it closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ecluse.services.deployment_view import current
from ecluse.services.new_subscriber import closed_host, opening
from ecluse.services.queries import subscribers
from ecluse.services.queries.subscribers import SubscriberDocument, WaitingDelivery

_WORDS = {
    "forbidden": gettext_noop("adresse fermée par vos réglages"),
    "tls": gettext_noop("chiffrement ou certificat refusé"),
    "timeout": gettext_noop("pas de réponse à temps"),
    "unreachable": gettext_noop("adresse injoignable"),
    "protocol": gettext_noop("réponse qui n’est pas de l’HTTP"),
}
"""By what `transports.webhook` calls the failure."""


class Blocked(NamedTuple):
    """A subscriber whose address no setting opens. line: what to write in the settings; address: the number that it
    opens, empty: a name that leads to a closed one, to be put in the place kept for it."""

    address: str
    line: str


def blocked(found: Iterable[SubscriberDocument]) -> dict[str, Blocked]:
    """Those among subscribers that the settings keep closed, by id."""
    allowed, failing = current().allowed_networks, subscribers.forbidden()
    told: dict[str, Blocked] = {}
    for one in found:
        address = closed_host(one.target, allowed) if one.kind == "webhook" else ""
        if address or one.id in failing:
            told[one.id] = Blocked(address, opening(address or "…", allowed))
    return told


def failures(one: SubscriberDocument) -> Iterator[tuple[WaitingDelivery, str]]:
    """Its deliveries that failed, each with why; none is tried again before its destination is."""
    for row in subscribers.failed(one.id):
        later = max(row.next_at or "", one.retry_at or "") or None
        code, _colon, detail = row.reason.partition(": ")
        word = _WORDS.get(code)
        # What the system says beside the code is in its own words, and of use to who looks for the cause.
        said = (
            f"{_(word)} ({detail})" if word and code in ("tls", "unreachable", "protocol") and detail else ""
        )
        yield replace(row, next_at=None if row.parked else later), said or (_(word) if word else row.reason)
