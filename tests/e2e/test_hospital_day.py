"""A whole day of the simulated hospital through a real gateway, held against what its senders know."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from ecluse.simulators.hospital import SENDERS, Outgoing, day, expected, expected_stays, play
from tests.e2e import held_stays
from tests.e2e.gateway import Gateway
from tests.e2e.held import differences
from tests.store.databases import PostgreSQL

pytestmark = pytest.mark.slow
"""Each starts gateways of its own, several seconds apiece: for `make test-all`."""

_numbers = count(1)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gateway]:
    """A gateway of each kind of store, that trusts the three senders of the simulation."""
    gateway = Gateway(tmp_path / "data")
    server: PostgreSQL | None = None
    name = f"ecluse_day_{next(_numbers)}"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql")
        server.create(name)
        gateway.env["ECLUSE_DATABASE_URL"] = server.url(name)
    with gateway:
        for sender in SENDERS.values():
            gateway.run("sender", "add", sender.application, sender.facility)
        yield gateway
        assert gateway.stop() == 0, gateway.log[-2000:]
    assert "Traceback" not in gateway.log
    if server is not None:
        server.drop(name)


def test_a_day_leaves_what_its_senders_know(fresh: Gateway) -> None:
    messages = list(day(5, 40))
    summary = asyncio.run(play(messages, *fresh.mllp))
    assert not summary.unexpected, summary.unexpected[:5]
    exported = json.loads(fresh.run("patients", "export", "--format", "json").stdout)["patients"]
    by_number = {
        (one["value"], one["authority"]["oid"]): patient
        for patient in exported
        for one in patient["identifiers"]
    }
    wanted = expected(messages)
    wrong = [difference for one in wanted.values() for difference in differences(one, by_number)]
    assert not wrong, wrong[:10]
    assert not (wrong := list(_stays_otherwise(fresh, messages))), wrong
    verified = json.loads(fresh.run("journal", "verify", "--format", "json").stdout)
    assert verified["ok"], verified["problems"][:5]
    assert verified["messages"] == len(messages) + len(SENDERS)
    fresh.run("journal", "rebuild", "--check")


TOLD = ("transfer_cancelled", "moved", "sessions", "corrected", "forgotten", "leave_cancelled", "never_came")
"""Stories of stays read back through the command line; the others are in tests/simulators."""


def _stays_otherwise(gateway: Gateway, messages: list[Outgoing]) -> Iterator[str]:
    """What `patients stays` shows otherwise than the administration knows, one patient for each story."""
    wanted = expected_stays(messages)
    last = {one.story: one.stay.visit for one in messages if one.stay is not None}
    for patient in dict.fromkeys(wanted[last[story]].patient for story in TOLD):
        done = gateway.run("patients", "stays", patient, "--format", "json")
        held = held_stays.shown(json.loads(done.stdout)["stays"])
        mine = [one for one in wanted.values() if one.patient == patient]
        assert sorted(held) == sorted(one.visit for one in mine)
        for one in mine:
            yield from held_stays.differences(one, held)
