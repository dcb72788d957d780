"""The pages of a gateway, asked without a socket, over a store of the test."""

from __future__ import annotations

import select
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client, override_settings

from ecluse.main import web
from tests.delivery.console.people import Person, make_person, sign_in
from tests.store.databases import StorePlace

if TYPE_CHECKING:
    from tests.services.feeding import Gate
    from tests.services.psc.provider import TestedProvider


@dataclass
class Gateway:
    """A store, its pages and the socket where its writer would accept."""

    store: StorePlace
    browser: Client
    writer: socket.socket

    def __post_init__(self) -> None:
        self._gone = threading.Event()
        self._answering = threading.Thread(target=self._close_all, daemon=True)
        self._answering.start()

    def _close_all(self) -> None:
        """Answer nothing, at once: an act asked of this writer is told undone, and nobody waits."""
        while not self._gone.is_set():
            if select.select([self.writer], [], [], 0.02)[0]:
                self.writer.accept()[0].close()

    def writer_leaves(self) -> None:
        """From now on, nobody accepts there."""
        self._gone.set()
        self._answering.join()
        self.writer.close()


QUICK = "tests.delivery.console.people.QuickHasher"
"""The digest of the product takes 100 MiB and a tenth of a second on purpose; hundreds of tests sign people in."""

_numbers = count(1)

OWN_BACK = "http://127.0.0.1:8080/connexion/etablissement/retour"

SignedIn = Callable[..., Client]
"""`signed_in("soignant", …)`: a browser whose visitor has these roles; `establishment=` and `site=` restrict them."""


@pytest.fixture
def gateway(sqlite_store: StorePlace) -> Iterator[Gateway]:
    """Pages of a gateway whose writer accepts connections, visited from this machine in French."""
    yield from _pages(sqlite_store)


@pytest.fixture
def any_gateway(store: StorePlace) -> Iterator[Gateway]:
    """The same, on SQLite and on PostgreSQL."""
    yield from _pages(store)


def _pages(store: StorePlace) -> Iterator[Gateway]:
    from ecluse.delivery.console.settings import current, use

    configuration = replace(store.configuration, minimum_free_bytes=1, secrets=str(store.secrets))
    # Django refuses to put an empty key back at the end.
    settings.SECRET_KEY = "used by the tests alone"
    cache.clear()
    # The address of a Unix socket is short; the folder of a test may not be.
    with (
        tempfile.TemporaryDirectory(prefix="ecluse-") as folder,
        socket.socket(socket.AF_UNIX) as writer,
        override_settings(**web.web_settings(configuration) | {"PASSWORD_HASHERS": [QUICK]}),
    ):
        writer.bind(f"{folder}/writer.sock")
        writer.listen()
        web.show(configuration)
        use(replace(current(), writer=Path(folder) / "writer.sock"))
        gateway = Gateway(store, browser(), writer)
        yield gateway
        gateway.writer_leaves()


def browser() -> Client:
    """A browser of this machine, in French, that nobody signed in with."""
    return Client(raise_request_exception=False, headers={"host": "localhost", "accept-language": "fr"})


@pytest.fixture
def signed_in(gateway: Gateway) -> SignedIn:
    """Sign people in; each call makes an account with a password and a second factor, and gives her browser."""

    def make(
        *roles: str, establishment: int | None = None, site: int | None = None, username: str = ""
    ) -> Client:
        name = username or f"{'-'.join(roles)[:40] or 'personne'}{next(_numbers)}"
        person: Person = make_person(name, *roles, establishment=establishment, site=site)
        return sign_in(browser(), person)

    return make


@pytest.fixture(scope="module")
def running_provider() -> Iterator[TestedProvider]:
    from tests.services.psc.provider import BACK, running

    with running(redirect_uris=[BACK, OWN_BACK]) as one:
        yield one


@pytest.fixture
def psc(gateway: Gateway, running_provider: TestedProvider, tmp_path: Path) -> Iterator[TestedProvider]:
    """The provider, honest, offered on the page of sign-in."""
    from ecluse.services.psc import providers
    from ecluse.services.psc.settings import PscSettings
    from tests.services.psc.provider import AFTER, BACK

    running_provider.lie()
    secret = tmp_path / "psc.secret"
    secret.write_text(running_provider.client_secret)
    told = PscSettings(
        enabled=True,
        discovery=running_provider.discovery,
        client_id=running_provider.client_id,
        client_secret_file=secret,
        redirect_uri=BACK,
        after_logout_uri=AFTER,
    )
    own = replace(
        told,
        kind="establishment",
        label="Compte de l’hôpital",
        redirect_uri=OWN_BACK,
        required_acr=(),
        means=("amr=pwd+hwk -> known+held high",),
        account_claim="family_name",
    )
    providers.use([told, own])
    yield running_provider
    providers.use([])


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch, gateway: Gateway) -> Gate:
    """Acts are done by the writer's own code, without its socket."""
    from ecluse.delivery.console import acting
    from ecluse.services.acts import perform
    from tests.services.feeding import Gate

    gate = Gate()
    monkeypatch.setattr(
        acting, "ask_writer", lambda _socket, act, _patience: perform(gate.intake, act, gate.now)
    )
    return gate
