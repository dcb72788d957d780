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
    from tests.services.feeding import Gate


@dataclass
class Api:
    """A gateway, asked by programs. gate: its intake."""

    store: StorePlace
    http: Client
    gate: Gate

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
        result = self.gate.act("token.create", **given)
        assert result.done, result.text_en
        return new.secret

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
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = asked.pop("content-type", "application/json")
        return self.http.generic(method, f"/api/v1{address}", data, kind, headers=asked)

    def get(self, address: str, secret: str = "", **headers: str) -> Any:
        """GET."""
        return self.ask("GET", address, secret, headers=headers)

    def post(self, address: str, secret: str, body: Any, **headers: str) -> Any:
        """POST of a JSON body."""
        return self.ask("POST", address, secret, body, headers)

    def patient(self, ipp: str = "7001") -> str:
        """Id of the patient with that local identifier."""
        from ecluse.services.queries.patients import PatientReader

        (found,) = PatientReader("test").by_identifier(ipp)
        return found.id

    def list_of(self, *patients: str, domain: str = "") -> str:
        """Id of an inclusion list of these patients."""
        made = self.gate.act("inclusion-list.create", name=f"Liste {self.gate.now}", domain=domain)
        if patients:
            assert self.gate.act("inclusion.include", list=made.data["id"], patients=list(patients)).done
        return str(made.data["id"])


@pytest.fixture
def api(sqlite_store: StorePlace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The interface of a gateway that knows nobody."""
    yield from _api(sqlite_store, monkeypatch)


@pytest.fixture
def both(store: StorePlace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The same on SQLite and on PostgreSQL."""
    yield from _api(store, monkeypatch)


def _api(store: StorePlace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    from ecluse.delivery.api import acts
    from ecluse.services import access
    from ecluse.services.acts import perform
    from tests.services.feeding import Gate

    configuration = replace(store.configuration, minimum_free_bytes=1)
    settings.SECRET_KEY = "used by the tests alone"
    gate = Gate()

    def ask_writer(_path: object, wanted: Act, _patience: float) -> ActResult:
        gate.now += 1_000_000
        return perform(gate.intake, wanted, gate.now)

    monkeypatch.setattr(acts, "ask_writer", ask_writer)
    for module in ("guard", "patients", "messages", "events", "inclusions", "tokens", "replay", "status"):
        monkeypatch.setattr(f"ecluse.delivery.api.{module}.now", lambda: NOW)
    with ExitStack() as stack:
        stack.enter_context(override_settings(**web.web_settings(configuration)))
        web.show(configuration)
        access.use(access.AccessSettings(rate=1e6, burst=1_000_000))
        yield Api(store, Client(raise_request_exception=False, headers={"host": "localhost"}), gate)
    access.use(access.AccessSettings())
