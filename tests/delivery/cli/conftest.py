"""A real gateway for the commands to talk to, and messages of invented people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.cli.people import AUBERT, GIRAUD, created, qualified
from tests.e2e.gateway import Gateway


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """`ecluse serve` on free ports; its sender is declared, and it knows one patient, qualified."""
    folder = tmp_path_factory.mktemp("cli")
    running = Gateway(folder / "data").start()
    try:
        running.run("sender", "add", "GAM", "CH-EXEMPLE")
        for name, content in (("a28.hl7", created(GIRAUD)), ("a31.hl7", qualified(GIRAUD))):
            (folder / name).write_bytes(content)
        running.run("send", "--to", to(running), str(folder / "a28.hl7"), str(folder / "a31.hl7"))
        yield running
        assert running.stop() == 0
    finally:
        running.__exit__(None, None, None)


def to(gateway: Gateway) -> str:
    """HOST:PORT of the gateway's listener."""
    return "{}:{}".format(*gateway.mllp)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A conforming message in a file."""
    place = tmp_path / "a28.hl7"
    place.write_bytes(created(AUBERT))
    return place
