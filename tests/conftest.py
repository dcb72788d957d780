"""Stores for the tests: each test that asks for `store` runs on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from ecluse.main.configuration import Configuration
from tests.store import databases
from tests.store.databases import PostgreSQL, StorePlace

NOW = 1_795_000_000_000_000
"""A moment for tests (18 November 2026), microseconds since 1970."""

_numbers = count(1)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The store, which writes the SQL, is tested on both databases each time; what stands on it, on SQLite each time
    and on PostgreSQL in the long run (`make test-all`).
    """
    store = Path(__file__).parent / "store"
    for item in items:
        given = getattr(getattr(item, "callspec", None), "params", {})
        if given.get("vendor") == "postgresql" and store not in item.path.parents:
            item.add_marker(pytest.mark.slow)


def pytest_configure() -> None:
    """Configure Django before models are imported; without a store of its own, a test finds no database."""
    databases.use(Configuration(data=Path("/nowhere: this test must ask for a store")))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A private PostgreSQL server, shared by the tests of this process."""
    server = PostgreSQL()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store that was just created, to be copied."""
    data = tmp_path_factory.mktemp("template")
    _create(Configuration(data=data))
    return data / "ecluse.db"


@pytest.fixture(scope="session")
def postgresql_template(postgresql: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PostgreSQL store that was just created, to be copied."""
    postgresql.create("ecluse_template")
    data = tmp_path_factory.mktemp("template")
    _create(Configuration(data=data, database_url=postgresql.url("ecluse_template")))
    return "ecluse_template"


@pytest.fixture(params=["sqlite", "postgresql"])
def vendor(request: pytest.FixtureRequest) -> str:
    """The kind of database."""
    return str(request.param)


@pytest.fixture
def store(vendor: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StorePlace]:
    """A store that was just created, behind Django's default connection."""
    yield from _place(vendor, tmp_path, request)


@pytest.fixture
def sqlite_store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StorePlace]:
    """The same on SQLite only, for what depends on its files."""
    yield from _place("sqlite", tmp_path, request)


@pytest.fixture
def postgresql_store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StorePlace]:
    """The same on PostgreSQL only."""
    yield from _place("postgresql", tmp_path, request)


def _place(vendor: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[StorePlace]:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    configuration = Configuration(data=data)
    server: PostgreSQL | None = None
    name = f"ecluse_{next(_numbers)}"
    if vendor == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), data / "ecluse.db")
    else:
        server = request.getfixturevalue("postgresql")
        server.create(name, request.getfixturevalue("postgresql_template"))
        configuration = Configuration(data=data, database_url=server.url(name))
    databases.use(configuration)
    yield StorePlace(configuration, vendor, tmp_path / "secrets")
    databases.leave()
    if server is not None:
        server.drop(name)


def _create(configuration: Configuration) -> None:
    databases.use(configuration)
    from ecluse.services.open_store import open_store

    open_store(configuration, NOW)
    databases.leave()
