"""SCIM of a gateway, asked without a socket, over a store of the test and a writer beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client, override_settings

from ecluse.main import web
from tests.store.databases import StorePlace

if TYPE_CHECKING:
    from ecluse.services.wire import Act, ActResult
    from tests.services.feeding import Gate


@dataclass
class Scim:
    """A gateway and the token of the software that provisions it. gate: its intake."""

    http: Client
    gate: Gate
    secret: str

    def token(self, *scopes: str, **more: Any) -> str:
        """The secret of a new token."""
        from ecluse.services.access import new_secret

        new = new_secret()
        given = {"id": new.id, "digest": new.digest, "name": "RH", "scopes": list(scopes), **more}
        result = self.gate.act("token.create", **given)
        assert result.done, result.text_en
        return new.secret

    def ask(self, method: str, address: str, body: Any = None, secret: str | None = None) -> Any:
        """A request under `/scim/v2`; the response."""
        headers = {"accept-language": "en"}
        if secret is None:
            secret = self.secret
        if secret:
            headers["authorization"] = f"Bearer {secret}"
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.http.generic(method, f"/scim/v2{address}", data, "application/scim+json", headers=headers)


@pytest.fixture
def scim(store: StorePlace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scim]:
    """A gateway without accounts."""
    from ecluse.delivery.scim import users
    from ecluse.services import access
    from ecluse.services.acts import perform
    from tests.services.feeding import Gate

    configuration = replace(store.configuration, minimum_free_bytes=1)
    settings.SECRET_KEY = "used by the tests alone"
    gate = Gate()

    def ask_writer(_path: object, wanted: Act, _patience: float) -> ActResult:
        gate.now += 1_000_000
        return perform(gate.intake, wanted, gate.now)

    monkeypatch.setattr(users, "ask_writer", ask_writer)
    monkeypatch.setattr(users, "now", lambda: gate.now)
    monkeypatch.setattr("ecluse.delivery.scim.guard.now", lambda: gate.now)
    with override_settings(**web.web_settings(configuration)):
        web.show(configuration)
        access.use(access.AccessSettings(rate=1e6, burst=1_000_000))
        one = Scim(Client(raise_request_exception=False, headers={"host": "localhost"}), gate, "")
        one.secret = one.token("users:write")
        yield one
    access.use(access.AccessSettings())
