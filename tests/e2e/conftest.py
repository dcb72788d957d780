"""Gateways shared by the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.gateway import Gateway


def serving(folder: Path, environment: str = "test") -> Iterator[Gateway]:
    """A gateway that knows and trusts the sender of the tests."""
    gateway = Gateway(folder / "data", environment=environment)
    with gateway:
        gateway.run("sender", "add", "GAM", "VALMONT")
        yield gateway
        assert gateway.stop() == 0, gateway.log[-2000:]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """In the test environment."""
    yield from serving(tmp_path_factory.mktemp("gateway"))


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """In the production environment."""
    yield from serving(tmp_path_factory.mktemp("production"), "production")
