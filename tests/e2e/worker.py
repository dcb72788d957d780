"""What works beside the writer of a real gateway: killed at work, and waited for."""

from __future__ import annotations

import os
import signal
import time

from ecluse.main.configuration import Configuration
from ecluse.services.queries.events import publishing
from tests.e2e.gateway import Gateway
from tests.services.feeding import rows
from tests.store import databases

SETTLING_SECONDS = 90.0


def kill_child(gateway: Gateway, role: str, after: float, former: int) -> int:
    """Kill the child that follows `former`, that many seconds after it is there, at work or not yet; its pid."""
    end = time.monotonic() + 60
    while (pid := gateway.children().get(role, former)) == former:
        assert time.monotonic() < end, gateway.log[-3000:]
        time.sleep(0.05)
    time.sleep(after)
    os.kill(pid, signal.SIGKILL)
    return pid


def settled(gateway: Gateway) -> None:
    """Wait until everything is published; the store of the gateway is then behind Django's connection."""
    databases.use(Configuration(data=gateway.data, database_url=gateway.env.get("ECLUSE_DATABASE_URL", "")))
    end = time.monotonic() + SETTLING_SECONDS
    while (at := publishing(0)).line < at.newest or _sweeping():
        assert time.monotonic() < end, f"{at}\n{gateway.log[-3000:]}"
        time.sleep(0.2)


def _sweeping() -> bool:
    return '"sweep":{' in str(rows("SELECT value FROM store_position WHERE name = 'publisher'"))
