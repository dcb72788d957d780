"""Is the gateway alive, and ready to take messages: for people, orchestrators and supervision."""

from __future__ import annotations

import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from django.http import HttpRequest, HttpResponse, JsonResponse

from ecluse.delivery.console.page import read_only
from ecluse.delivery.console.settings import ConsoleSettings, current
from ecluse.services.queries.events import publishing
from ecluse.services.queries.health import store_answers
from ecluse.services.wire import reachable

PATIENCE = 1.0
"""Seconds given to the writer to accept a connection."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """What the gateway needs to take messages; each true when it is there."""

    database: bool
    writer: bool
    disk: bool

    @property
    def all(self) -> bool:
        """Whether messages are taken."""
        return self.database and self.writer and self.disk


def readiness(settings: ConsoleSettings) -> Readiness:
    """Look at what the gateway needs, now."""
    return Readiness(store_answers(), _writer_accepts(settings.writer), _has_room(settings))


def _writer_accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PATIENCE)
        try:
            probe.connect(reachable(path))
        except OSError:
            return False
    return True


def _has_room(settings: ConsoleSettings) -> bool:
    try:
        return shutil.disk_usage(settings.data).free >= settings.minimum_free_bytes
    except OSError:
        return False


_PROBLEMS = {
    "database": "the database does not answer",
    "writer": "the writer process does not accept connections",
    "disk": "the disk of the data folder is nearly full (setting minimum_free_bytes)",
}


@read_only
def live(request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers."""
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")


@read_only
def ready(request: HttpRequest) -> HttpResponse:
    """200 when messages are taken, else 503 and what is wrong."""
    found = readiness(current())
    problems = [
        {"check": name, "problem": text} for name, text in _PROBLEMS.items() if not getattr(found, name)
    ]
    answer: dict[str, object] = {"ready": found.all, "problems": problems}
    if found.database:
        # Late events are no reason to refuse messages: told here, and watched by whoever wants to.
        at = publishing(time.time_ns() // 1000)
        answer["events"] = {"lag_lines": at.waiting, "lag_seconds": at.behind / 1_000_000}
    return JsonResponse(answer, status=200 if found.all else 503)
