"""Metrics in the text format of Prometheus (exposition format 0.0.4). Documented in docs/settings.md."""

from __future__ import annotations

import ipaddress
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from ecluse.delivery.console import errors
from ecluse.delivery.console.health import readiness
from ecluse.delivery.console.page import read_only
from ecluse.delivery.console.settings import ConsoleSettings, current
from ecluse.delivery.console.watch import watch
from ecluse.services.certificates.settings import current as certificate_settings
from ecluse.services.listening.tally import tallies
from ecluse.services.queries.certificates_watch import list_ages, remaining
from ecluse.services.queries.events import publishing
from ecluse.services.queries.health import store_bytes
from ecluse.services.queries.overview import Overview
from ecluse.services.queries.subscribers import SubscriberDocument, every

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[dict[str, str], float]


@read_only
def show(request: HttpRequest) -> HttpResponse:
    """The metrics, for this machine and the networks of `metrics_peers`."""
    settings = current()
    if not admitted(request.META.get("REMOTE_ADDR", ""), settings.metrics_peers):
        return errors.measures(request)
    return HttpResponse("".join(_families(settings)), content_type=CONTENT_TYPE)


def admitted(peer: str, networks: tuple[str, ...]) -> bool:
    """Whether a peer may read the metrics: this machine always, others when a network of the setting holds them."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or any(address in ipaddress.ip_network(one, strict=False) for one in networks)


def _families(settings: ConsoleSettings) -> Iterator[str]:
    ready = readiness(settings)
    build = {"version": settings.version, "environment": settings.environment}
    yield family("ecluse_build_info", "gauge", "Version and environment.", [(build, 1)])
    yield family("ecluse_up", "gauge", "1 when messages are taken.", [({}, ready.all)])
    checks = [({"check": name}, getattr(ready, name)) for name in ("database", "writer", "disk")]
    yield family("ecluse_ready", "gauge", "1 when this part works.", checks)
    yield from _tls(settings)
    try:
        yield from _room(settings)
        yield from _events()
        yield from _subscribers()
        yield from _ends()
        numbers = watch(settings).read()
        if numbers is not None:
            yield from _counts(numbers[0])
    except DatabaseError:
        # Said above by ecluse_ready{check="database"}: supervision must read that much.
        return


def _tls(settings: ConsoleSettings) -> Iterator[str]:
    """Clients refused before they said anything; a reason that never came yet has no sample."""
    found = tallies(settings.writer)
    refused = [
        ({"listener": name, "check": check}, float(count))
        for name, by_check in sorted(found.refused.items())
        for check, count in sorted(by_check.items())
    ]
    if refused:
        text = "Connections refused by the TLS of a listener, by the check that failed."
        yield family("ecluse_tls_refused_total", "counter", text, refused)
    if found.doubtful:
        text = "Connections admitted although the revocation of the client could not be known."
        samples = [({"listener": name}, float(count)) for name, count in sorted(found.doubtful.items())]
        yield family("ecluse_tls_revocation_unknown_total", "counter", text, samples)


def _room(settings: ConsoleSettings) -> Iterator[str]:
    free = shutil.disk_usage(settings.data).free
    yield family("ecluse_disk_free_bytes", "gauge", "Room left for the data folder.", [({}, free)])
    size = store_bytes(settings.data)
    yield family("ecluse_database_bytes", "gauge", "Room taken by the database.", [({}, size)])


def _events() -> Iterator[str]:
    at = publishing(time.time_ns() // 1000)
    yield family("ecluse_events_cursor", "gauge", "Number of the last event told.", [({}, at.cursor)])
    text = "Number of the last journal line whose events are told."
    yield family("ecluse_events_journal_seq", "gauge", text, [({}, at.line)])
    text = "Journal lines whose events are not told yet."
    yield family("ecluse_events_lag_lines", "gauge", text, [({}, at.waiting)])
    text = "Age of the oldest of these lines."
    yield family("ecluse_events_lag_seconds", "gauge", text, [({}, at.behind / 1_000_000)])


def _subscribers() -> Iterator[str]:
    """By id: a name may be somebody's, and changes."""
    found = every(time.time_ns() // 1000)
    if not found:
        return
    counted: dict[str, tuple[str, Callable[[SubscriberDocument], float]]] = {
        "behind": ("Places of its feed that were not offered yet.", lambda one: one.behind),
        "waiting": ("Deliveries offered and not delivered.", lambda one: one.waiting),
        "parked": ("Deliveries that wait for a person.", lambda one: one.parked),
        "circuit_open": ("1 when its destination does not answer.", lambda one: one.circuit != "closed"),
        "active": ("0 when it is paused or wants nothing any more.", lambda one: one.status == "active"),
    }
    for name, (text, value) in counted.items():
        samples = [({"id": one.id, "kind": one.kind}, float(value(one))) for one in found]
        yield family(f"ecluse_subscriber_{name}", "gauge", text, samples)


def _ends() -> Iterator[str]:
    """By what never changes of it: the fingerprint of a certificate, the address of a list."""
    now = time.time_ns() // 1000
    found = remaining(certificate_settings(), now)
    if not found:
        return
    samples = [
        (
            {
                "kind": one.kind,
                "id": one.name,
                "uses": ",".join(one.uses),
                "family": one.family,
                "finess": one.finess,
            },
            float(one.seconds),
        )
        for one in found
    ]
    text = "Seconds before a certificate, a card, an authority or a list of revocation ends; negative once it has."
    yield family("ecluse_certificate_remaining_seconds", "gauge", text, samples)
    ages = list_ages(now)
    if ages:
        text = "Age of a list of revocation at hand, since its authority made it."
        aged = [({"address": one.address}, float(one.seconds)) for one in ages]
        yield family("ecluse_crl_age_seconds", "gauge", text, aged)
        text = "How long it has not been possible to fetch it; 0 when the last attempt went well."
        failing = [({"address": one.address}, float(one.failing)) for one in ages]
        yield family("ecluse_crl_failing_seconds", "gauge", text, failing)


def _counts(overview: Overview) -> Iterator[str]:
    answers = ("AA", "AE", "AR", "")
    samples = [({"answer": one or "none"}, overview.messages.get(one, 0)) for one in answers]
    yield family("ecluse_messages_total", "counter", "Messages received, by acknowledgement sent.", samples)
    yield family("ecluse_journal_seq", "gauge", "Number of the last journal line.", [({}, overview.seq)])
    waiting = overview.senders_to_confirm
    yield family("ecluse_senders_to_confirm", "gauge", "Senders that wait for a person.", [({}, waiting)])
    if overview.last_message is not None:
        last = datetime.fromisoformat(overview.last_message).timestamp()
        text = "When the last message was received."
        yield family("ecluse_last_message_timestamp_seconds", "gauge", text, [({}, last)])
    if overview.counted_at is not None:
        identities = [({"trust": name}, count) for name, count in sorted(overview.trust.items())]
        yield family("ecluse_identities", "gauge", "Identities not merged, by trust level.", identities)
        yield family("ecluse_identities_merged", "gauge", "Merged identities.", [({}, overview.merged)])
        waits = [({"reason": name}, count) for name, count in sorted(overview.waiting.items())]
        text = "Validated identities whose INS is kept but waits, by reason."
        yield family("ecluse_identities_waiting", "gauge", text, waits)
        text = "Identities that share an INS with another one whose traits differ."
        yield family("ecluse_identities_colliding", "gauge", text, [({}, overview.colliding)])
        counted = datetime.fromisoformat(overview.counted_at).timestamp()
        text = "When the identities were counted."
        yield family("ecluse_identities_counted_timestamp_seconds", "gauge", text, [({}, counted)])


def family(name: str, kind: str, text: str, samples: Sequence[Sample]) -> str:
    """A metric with its help, its type and its samples, one per line."""
    lines = [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
    for labels, value in samples:
        inside = ",".join(f'{label}="{_escape(one)}"' for label, one in labels.items())
        number = str(int(value)) if value == int(value) else repr(value)
        lines.append(f"{name}{{{inside}}} {number}" if inside else f"{name} {number}")
    return "\n".join(lines) + "\n"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
