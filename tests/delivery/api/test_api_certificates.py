"""Tokens bound to a client certificate, told by a trusted proxy and by nobody else."""

from __future__ import annotations

import base64
from dataclasses import replace
from hashlib import sha256
from urllib.parse import quote

import pytest

from tests.conftest import NOW
from tests.delivery.api.conftest import Api

DER = b"0\x82 a certificate, as far as its fingerprint is concerned"
FINGERPRINT = sha256(DER).hexdigest()
PEM = f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(DER).decode()}\n-----END CERTIFICATE-----\n"


def trust(header: str = "X-Client-Certificate", *proxies: str) -> None:
    """Believe that header from this machine and these networks."""
    from ecluse.delivery.api.settings import current, use

    use(replace(current(), certificate_header=header, certificate_proxies=proxies))


def status(api: Api, secret: str, told: str = "", peer: str = "127.0.0.1") -> int:
    """How a request is answered."""
    headers = {"host": "localhost", "authorization": f"Bearer {secret}"}
    if told:
        headers["x-client-certificate"] = told
    return int(api.http.get("/api/v1/domains", headers=headers, REMOTE_ADDR=peer).status_code)


@pytest.mark.parametrize(
    "told",
    [FINGERPRINT, FINGERPRINT.upper(), ":".join(FINGERPRINT[i : i + 2] for i in range(0, 64, 2)), quote(PEM),
     PEM.replace("\n", " ")],
)  # fmt: skip
def test_a_bound_token_is_admitted_with_its_certificate(api: Api, told: str) -> None:
    """However the proxy writes it."""
    secret = api.token(certificate=FINGERPRINT)
    trust()
    assert status(api, secret, told) == 200


@pytest.mark.parametrize("told", ["", "ab" * 32, "x", quote(PEM.replace("MII", "!!")[:40]), "%00", PEM[:30]])
def test_a_bound_token_is_refused_without_it(api: Api, told: str) -> None:
    """Absent, another one, or no certificate at all."""
    secret = api.token(certificate=FINGERPRINT)
    trust()
    assert status(api, secret, told) == 401


def test_the_header_is_believed_only_when_configured(api: Api) -> None:
    """By default no header is; from a peer that is no proxy, never."""
    secret = api.token(certificate=FINGERPRINT)
    assert status(api, secret, FINGERPRINT) == 401
    trust()
    assert status(api, secret, FINGERPRINT, peer="10.1.9.7") == 401
    trust("X-Client-Certificate", "10.1.9.0/24")
    assert status(api, secret, FINGERPRINT, peer="10.1.9.7") == 200
    assert status(api, secret, FINGERPRINT, peer="10.1.8.7") == 401


def test_a_token_that_is_not_bound_needs_none(api: Api) -> None:
    """Whatever the header says."""
    trust()
    assert status(api, api.token(), "x") == 200


def test_a_token_made_by_another_is_no_stronger(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """It needs the same certificate and expires no later, whatever is asked."""
    from ecluse.delivery.api import guard

    monkeypatch.setattr(guard, "certificate", lambda _: "a" * 64)
    soon = NOW + 30 * 86_400_000_000
    secret = api.token("settings:write", certificate="a" * 64, expires=soon)
    for days in (None, 365):
        made = api.post("/tokens", secret, {"name": "t", "scopes": ["settings:write"], "days": days}).json()
        assert (made["token"]["certificate"], made["token"]["expires"][:10]) == ("a" * 64, "2026-12-18")
    short = api.post("/tokens", secret, {"name": "t", "scopes": ["settings:write"], "days": 1}).json()
    assert short["token"]["expires"][:10] == "2026-11-19"
    other = {"name": "t", "scopes": ["settings:write"], "certificate": "b" * 64}
    assert api.post("/tokens", secret, other).status_code == 403
    monkeypatch.setattr(guard, "certificate", lambda _: "")
    assert api.get("/tokens", made["secret"]).json()["code"] == "token-certificate"
