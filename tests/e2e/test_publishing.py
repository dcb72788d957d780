"""The event feed loses nothing and doubles nothing when the worker is killed again and again while messages flow."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from ecluse.main.configuration import Configuration
from ecluse.services.publish_events import Publisher, PublishSettings
from ecluse.simulators.hospital import SENDERS as HOSPITAL
from ecluse.store.turn import Turn
from tests.e2e.crash import trust
from tests.e2e.crash_traffic import Sender, Work
from tests.e2e.gateway import Gateway
from tests.e2e.worker import kill_child, settled
from tests.services.feeding import rows
from tests.store import databases
from tests.store.databases import PostgreSQL

pytestmark = pytest.mark.slow
"""Each starts gateways of its own, several seconds apiece: for `make test-all`."""

KILLS = 4
"""The supervisor waits longer before each restart: more kills would mostly kill nobody."""
SEED = 20_261_120
_numbers = count(1)
_COLUMNS = "cursor, line, patient, other, domain_id, type, version, at, data"
_TOLD = f"SELECT {_COLUMNS} FROM store_outwardevent ORDER BY cursor"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that is serving, on each kind of database."""
    one = Gateway(tmp_path / "data")
    server: PostgreSQL | None = None
    name = f"publishing_{next(_numbers)}"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql")
        server.create(name)
        one.env["ECLUSE_DATABASE_URL"] = server.url(name)
    with one:
        yield one
    databases.use(Configuration(data=Path("/nowhere")))
    if server is not None:
        server.drop(name)


def projected() -> list[tuple[Any, ...]]:
    """What a publisher that nobody kills tells of the same journal, from its first line."""
    with connection.cursor() as cursor:
        for table in ("outwardevent", "publishedpatient", "publishedlink", "position"):
            cursor.execute(f"DELETE FROM store_{table}")
    one = Publisher(Turn(None), PublishSettings("test"))
    while one.step():
        pass
    return rows(_TOLD)


def test_killed_workers_lose_and_double_nothing(gateway: Gateway) -> None:
    trust(gateway)
    rng = random.Random(SEED)
    stop, work = threading.Event(), Work(SEED)
    senders = [Sender(number, gateway.mllp, work, stop) for number in range(4)]
    for sender in senders:
        sender.start()
    sender = next(iter(HOSPITAL.values()))
    killed = 0
    for number in range(KILLS):
        killed = kill_child(gateway, "worker", rng.uniform(0.0, 2.0), killed)
        if number in (1, 2):
            verb = "refuse" if number == 1 else "confirm"
            gateway.run("sender", verb, sender.application, sender.facility)
    stop.set()
    for one in senders:
        one.join(60)
    settled(gateway)
    assert gateway.stop() == 0, gateway.log[-2000:]

    told = rows(_TOLD)
    assert len(told) > 50
    assert [row[0] for row in told] == list(range(1, len(told) + 1))
    versions: dict[str, int] = {}
    for row in told:
        versions[row[2]] = versions.get(row[2], 0) + 1
        assert row[6] == versions[row[2]], row
    assert {"patient.created", "patient.qualified"} <= {row[5] for row in told}
    assert told == projected()
