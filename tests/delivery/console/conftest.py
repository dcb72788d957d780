"""The pages of a gateway, asked without a socket, over a store of the test."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, override_settings

from ecluse.main import web
from tests.store.databases import StorePlace


@dataclass
class Gateway:
    """A store, its pages and the socket where its writer would accept."""

    store: StorePlace
    browser: Client
    writer: socket.socket


@pytest.fixture
def gateway(sqlite_store: StorePlace) -> Iterator[Gateway]:
    """Pages of a gateway whose writer accepts connections, visited from this machine in French."""
    from ecluse.delivery.console.settings import current, use

    configuration = replace(sqlite_store.configuration, minimum_free_bytes=1)
    # Django refuses to put an empty key back at the end.
    settings.SECRET_KEY = "used by the tests alone"
    # The address of a Unix socket is short; the folder of a test may not be.
    with (
        tempfile.TemporaryDirectory(prefix="ecluse-") as folder,
        socket.socket(socket.AF_UNIX) as writer,
        override_settings(**web.web_settings(configuration)),
    ):
        writer.bind(f"{folder}/writer.sock")
        writer.listen()
        web.show(configuration)
        use(replace(current(), writer=Path(folder) / "writer.sock"))
        browser = Client(
            raise_request_exception=False, headers={"host": "localhost", "accept-language": "fr"}
        )
        yield Gateway(sqlite_store, browser, writer)
