"""A FHIR server asked without a socket, over a store of the test that receives messages."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.test import Client

from tests.conftest import NOW
from tests.protocols.fhir.validator import Validator
from tests.services.feeding import Gate
from tests.store.databases import StorePlace

FORM = "application/x-www-form-urlencoded"


class Fhir:
    """A gateway, asked in FHIR by a client with all scopes unless another secret is given."""

    def __init__(self, store: StorePlace, validator: Validator) -> None:
        self.store = store
        self.validator = validator
        self.gate = Gate()
        self.http = Client(raise_request_exception=False, headers={"host": "localhost"})
        self.secret = self.token("patients:read consents:read stays:read")

    def token(self, scopes: str, **more: Any) -> str:
        """The secret of a new token."""
        from ecluse.services import access
        from ecluse.store.models.access import Token

        new = access.new_secret()
        Token(
            id=new.id, name="Télésuivi", digest=bytes.fromhex(new.digest), scopes=scopes, certificate="", created=NOW,
            **more,
        ).save(force_insert=True)  # fmt: skip
        return new.secret

    def ask(
        self, method: str, path: str, body: bytes = b"", secret: str | None = None, **headers: str
    ) -> Any:
        """A request under `/fhir`; the response, whose body is valid FHIR whatever the status."""
        asked = {"accept-language": "fr", **{name.replace("_", "-"): one for name, one in headers.items()}}
        if secret != "":
            asked["authorization"] = f"Bearer {secret or self.secret}"
        response = self.http.generic(
            method, f"/fhir{path}", body, headers.pop("content_type", FORM), headers=asked
        )
        assert response["Content-Type"] == "application/fhir+json; charset=utf-8", response.content
        assert response["Cache-Control"] == "no-store"
        if method != "HEAD":
            assert self.validator.problems(response.json()) == []
        return response

    def get(self, path: str, secret: str | None = None, **headers: str) -> Any:
        """GET."""
        return self.ask("GET", path, secret=secret, **headers)

    def post(self, kind: str, secret: str | None = None, /, **parameters: str) -> Any:
        """A search by POST."""
        pairs = {name.replace("since", "_lastUpdated"): value for name, value in parameters.items()}
        return self.ask("POST", f"/{kind}/_search", urlencode(pairs).encode(), secret)

    def ids(self, path: str, secret: str | None = None) -> list[str]:
        """Ids of the patients that a search finds on its first page."""
        return matches(self.get(path, secret).json())

    def patient(self, ipp: str) -> str:
        """Id of the patient with that local identifier."""
        found: list[str] = self.ids(f"/Patient?identifier={ipp}")
        assert len(found) == 1
        return found[0]


def matches(bundle: dict[str, Any]) -> list[str]:
    """Ids of the resources of a bundle, warnings aside."""
    entries = bundle.get("entry", [])
    return [one["resource"]["id"] for one in entries if one.get("search", {}).get("mode") != "outcome"]
