"""One writer after another: after a death that left one behind, and between two nodes of one store."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from ecluse.transports.mllp_client import MllpClient
from tests.e2e.gateway import Gateway
from tests.e2e.test_serving import gone, refused
from tests.services.feeding import adt
from tests.store.databases import PostgreSQL

pytestmark = pytest.mark.slow
"""Each starts gateways of its own, several seconds apiece: for `make test-all`."""

_numbers = count(1)


def until(condition: Callable[[], object], gateway: Gateway) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, gateway.log[-2000:]
        time.sleep(0.02)


def answers(gateway: Gateway, control: str) -> bool:
    with MllpClient(*gateway.mllp) as client:
        return f"MSA|AA|{control}".encode() in client.send(adt(control=control, ipp="9101"))


def test_no_second_writer_beside_one_left_behind(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path / "data").start()
    assert gateway.process is not None
    writer = gateway.children()["writer"]
    os.kill(writer, signal.SIGSTOP)
    try:
        gateway.process.kill()
        gateway.process.wait()
        sentence = refused(gateway)
        assert str(gateway.process.pid) in sentence
        assert str(gateway.data / "run" / "lock") in sentence
    finally:
        os.kill(writer, signal.SIGCONT)
    # The old writer leaves now, and takes nothing of the new one with it.
    with gateway:
        until(lambda: gone(writer), gateway)
        assert answers(gateway, "W1")
        gateway.run("sender", "add", "GAM", "ELSEWHERE")  # goes through the new writer's socket
        assert gateway.stop() == 0


@pytest.fixture
def nodes(postgresql: PostgreSQL, tmp_path: Path) -> Iterator[list[Gateway]]:
    """Two gateways of one database; the first one writes."""
    name = f"ecluse_nodes_{next(_numbers)}"
    postgresql.create(name)
    both = [Gateway(tmp_path / node) for node in ("one", "two")]
    for gateway in both:
        gateway.env["ECLUSE_DATABASE_URL"] = postgresql.url(name)
    try:
        both[0].start().run("sender", "add", "GAM", "VALMONT")
        yield both
    finally:
        for gateway in both:
            gateway.__exit__(None, None, None)
        postgresql.drop(name)


def test_a_node_on_standby_takes_over_and_is_ready_only_then(nodes: list[Gateway]) -> None:
    first, second = nodes
    assert answers(first, "N1")
    starting = threading.Thread(target=second.start)
    starting.start()
    until(lambda: second.process is not None and "on standby" in second.log, second)
    assert second.http == ""
    assert answers(first, "N2")
    assert first.stop() == 0
    starting.join(30)
    assert answers(second, "N3")
    assert second.stop() == 0


def start_in_vain(gateway: Gateway) -> None:
    with pytest.raises(AssertionError, match="no ready line"):
        gateway.start()


def test_a_node_on_standby_stops_when_told_to(nodes: list[Gateway]) -> None:
    second = nodes[1]
    starting = threading.Thread(target=start_in_vain, args=(second,))
    starting.start()
    until(lambda: second.process is not None and "on standby" in second.log, second)
    assert second.stop() == 0
    starting.join(30)
    assert "Traceback" not in second.log
