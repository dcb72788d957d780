"""Long works asked from the pages (verify, back up): begun in a process of their own, then followed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from django.contrib import messages

from ecluse.delivery.console.visits import Request
from ecluse.services import access, works
from ecluse.services.deployment_view import current
from ecluse.services.queries.operators import operators
from ecluse.services.queries.presentation import moment


def followed(name: str) -> dict[str, Any]:
    """What a page shows of a work: it, when it began and last ended, and the names of who asked.

    :param name: of `services.works`.
    """
    work = works.follow(current().data, name)
    by = [work.by, *([work.last.by] if work.last else [])] if work else []
    return {
        "work": work,
        "started": moment(work.started) if work else None,
        "ended": moment(work.last.at) if work and work.last else None,
        "who": operators(by),
    }


def begin(
    request: Request, name: str, command: Sequence[str], right: str, action: str, running: str, failed: str
) -> None:
    """Begin a work in the visitor's name, once the access trail has it; the next page says what is wrong, if anything.

    :param command: what to run after the command of the gateway; right, action: of the line of the trail.
    :param running, failed: what to say when it is at work already, or cannot be begun.
    :raises TrailUnavailable: nothing is begun.
    """
    view = current()
    now = time.time_ns() // 1000
    wanted = [*view.command, *command, "--data", str(view.data), "--format", "json"]
    access.record(request.visitor.caller(right), action, [], now, "")
    try:
        works.start(view.data, name, request.visitor.operator, wanted, now)
    except works.AlreadyRunning:
        messages.info(request, running)
    except OSError:
        messages.error(request, failed)
