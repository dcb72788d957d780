"""The REST interface of a gateway, asked without a socket, over a store of the test and a writer beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client, override_settings

from ecluse.main import web
from tests.conftest import NOW
from tests.store.databases import StorePlace

if TYPE_CHECKING:
    from ecluse.services.wire import Act, ActResult


@dataclass
class Api:
    """A gateway, asked by programs."""

    store: StorePlace
    http: Client
    perform: Any

    def token(self, *scopes: str, **more: Any) -> str:
        """The secret of a new token; all scopes when none is named."""
        from ecluse.services.access import SCOPES, new_secret

        new = new_secret()
        given = {
            "id": new.id,
            "digest": new.digest,
            "name": "Essai",
            "scopes": list(scopes or SCOPES),
            **more,
        }
        result = self.act("token.create", **given)
        assert result.done, result.text_en
        return new.secret

    def act(self, name: str, /, **arguments: Any) -> ActResult:
        """Have an act done."""
        from ecluse.services.wire import Act

        result: ActResult = self.perform(Act("cli:essai", name, arguments), NOW)
        return result

    def ask(
        self,
        method: str,
        address: str,
        secret: str = "",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """A request under `/api/v1`; the response."""
        asked = {"accept-language": "fr", **(headers or {})}
        if secret:
            asked["authorization"] = f"Bearer {secret}"
        data = b"" if body is None else json.dumps(body).encode()
        return self.http.generic(method, f"/api/v1{address}", data, "application/json", headers=asked)

    def get(self, address: str, secret: str = "", **headers: str) -> Any:
        """GET."""
        return self.ask("GET", address, secret, headers=headers)


@pytest.fixture
def api(sqlite_store: StorePlace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The interface of a gateway that knows nobody."""
    yield from _api(sqlite_store, monkeypatch)


@pytest.fixture
def any_api(store: StorePlace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The same on both databases."""
    yield from _api(store, monkeypatch)


def _api(store: StorePlace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    from ecluse.delivery.api import acts
    from ecluse.main.assembly import intake
    from ecluse.services import access

    configuration = replace(store.configuration, minimum_free_bytes=1)
    settings.SECRET_KEY = "used by the tests alone"
    access.use(access.AccessSettings(rate=1e6, burst=1_000_000))
    _, perform = intake(configuration)

    def ask_writer(_path: object, wanted: Act, _patience: float) -> ActResult:
        result: ActResult = perform(wanted, NOW)
        return result

    monkeypatch.setattr(acts, "ask_writer", ask_writer)
    monkeypatch.setattr("ecluse.delivery.api.guard.now", lambda: NOW)
    with ExitStack() as stack:
        stack.enter_context(override_settings(**web.web_settings(configuration)))
        web.show(configuration)
        yield Api(store, Client(raise_request_exception=False, headers={"host": "localhost"}), perform)
    access.use(access.AccessSettings())
