"""Whether the gateway works, and what its problems mean."""

from __future__ import annotations

import shutil
import socket
from dataclasses import dataclass
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router

from ecluse.delivery.api.guard import now
from ecluse.delivery.api.interface import Scoped
from ecluse.delivery.api.problems import Problem
from ecluse.delivery.api.settings import current
from ecluse.services.problems import problem_types
from ecluse.services.queries.events import publishing
from ecluse.services.queries.health import store_answers
from ecluse.services.queries.simulation import simulated
from ecluse.services.queries.waiting import waiting
from ecluse.services.wire import reachable

router = Router(tags=["status"])

_SENDERS = 1000
_PATIENCE = 1.0


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """The gateway now. ready: messages are taken; writer, disk: what that needs; journal: number of the last line;
    events_behind: seconds by which the event feed is late; senders_to_confirm: they wait for a person, 1000 at most are
    counted; simulation: people and messages are invented.
    """

    version: str
    environment: Literal["test", "production"]
    simulation: bool
    ready: bool
    writer: bool
    disk: bool
    journal: int
    events_behind: float
    senders_to_confirm: int


@dataclass(frozen=True, slots=True)
class ProblemDocument:
    """A kind of problem. title: what happened; action: what to do."""

    code: str
    status: int
    title_fr: str
    title_en: str
    action_fr: str
    action_en: str


@router.get("/status", operation_id="read_status", auth=Scoped("status:read"), response=ServiceStatus)
def read_status(request: HttpRequest) -> ServiceStatus:
    """How the gateway is."""
    settings = current()
    if not store_answers():
        raise Problem("store-unavailable")
    writer, disk = _writer_accepts(), _has_room()
    feed = publishing(now())
    return ServiceStatus(
        version=settings.version,
        environment=settings.environment,
        simulation=simulated(),
        ready=writer and disk,
        writer=writer,
        disk=disk,
        journal=feed.newest,
        events_behind=feed.behind / 1_000_000,
        senders_to_confirm=len(waiting(_SENDERS)),
    )


def _writer_accepts() -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_PATIENCE)
        try:
            probe.connect(reachable(current().writer))
        except OSError:
            return False
    return True


def _has_room() -> bool:
    try:
        return shutil.disk_usage(current().data).free >= current().minimum_free_bytes
    except OSError:
        return False


@router.get("/problems", operation_id="list_problems", response=list[ProblemDocument])
def list_problems(request: HttpRequest) -> Any:
    """Every kind of problem these addresses may answer. No token needed."""
    return [ProblemDocument(*one) for one in problem_types().values()]


@router.get("/problems/{code}", operation_id="read_problem", response=ProblemDocument)
def read_problem(request: HttpRequest, code: str) -> ProblemDocument:
    """One kind of problem: the `type` of an error leads here. No token needed."""
    if code not in problem_types():
        raise Problem("not-found")
    return ProblemDocument(*problem_types()[code])
