"""A provider that lies, or somebody who took its place, opens nothing: each forged answer is refused for what it is."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from ecluse.protocols.oidc import OidcError
from ecluse.services.psc import sign_in
from tests.services.psc.conftest import MakeGateway, now
from tests.services.psc.provider import Browser, TestedProvider

CERTS = "/protocol/openid-connect/certs"
TOKEN = "/protocol/openid-connect/token"
USERINFO = "/protocol/openid-connect/userinfo"
DISCOVERY = "/.well-known/wallet-openid-configuration"


def refused(gateway: MakeGateway, psc: TestedProvider, **lie: Any) -> str:
    """Code with which a sign-in is refused when the provider lies after it began."""
    provider, session = gateway(), dict[str, Any]()
    query = Browser().sign_in(sign_in.begin(provider, session, now()))
    psc.lie(**lie)
    with pytest.raises(OidcError) as caught:
        sign_in.finish(provider, session, query, now())
    return caught.value.code


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ({"claims": {"nonce": "another"}}, "id-token-nonce"),
        ({"drop": ["nonce"]}, "id-token-nonce"),
        ({"claims": {"aud": "another"}}, "id-token-audience"),
        ({"claims": {"aud": ["ecluse-essai", "another"]}}, "id-token-azp"),
        ({"claims": {"aud": ["ecluse-essai", "another"], "azp": "another"}}, "id-token-azp"),
        ({"claims": {"iss": "https://hostile.example"}}, "id-token-issuer"),
        ({"drop": ["acr"]}, "id-token-acr-missing"),
        ({"claims": {"acr": "eidas0"}}, "id-token-acr"),
        ({"claims": {"exp": 1_600_000_000}}, "id-token-expired"),
        ({"claims": {"iat": 4_000_000_000}}, "id-token-future"),
        ({"sign": "none"}, "id-token-algorithm"),
        ({"sign": "hs256-public"}, "id-token-algorithm"),
        ({"sign": "hostile"}, "id-token-signature"),
        ({"sign": "hostile", "header": {"kid": "unknown"}}, "id-token-key"),
        ({"header": {"kid": "unknown"}}, "id-token-key"),
        ({"claims": {"at_hash": "AAAA"}}, "id-token-access-token"),
    ],
)
def test_forged_id_token_is_refused(
    gateway: MakeGateway, psc: TestedProvider, token: dict[str, Any], code: str
) -> None:
    assert refused(gateway, psc, token=token) == code


@pytest.mark.parametrize(
    ("path", "answer", "code"),
    [
        (TOKEN, {"body": '{"access_token": "a", "token_type": "Bearer"}'}, "id-token-missing"),
        (TOKEN, {"body": "<html>"}, "token-unreadable"),
        (TOKEN, {"status": 400, "body": '{"error": "invalid_client"}'}, "token-client"),
        (TOKEN, {"status": 503}, "provider-status"),
        (TOKEN, {"status": 302, "location": "https://hostile.example/token"}, "provider-redirect"),
        (TOKEN, {"status": 307, "location": "https://hostile.example/token"}, "provider-redirect"),
        (TOKEN, {"filler": 600_000}, "provider-oversized"),
        (CERTS, {"body": '{"keys": []}'}, "keys-unreadable"),
        (CERTS, {"status": 500}, "provider-status"),
        (CERTS, {"filler": 600_000}, "provider-oversized"),
        (CERTS, {"status": 301, "location": "https://hostile.example/certs"}, "provider-redirect"),
        (USERINFO, {"body": "{}"}, "userinfo-subject"),
        (USERINFO, {"body": '{"sub": "f:0:899700000021"}'}, "userinfo-subject"),
        (USERINFO, {"status": 401, "body": "{}"}, "userinfo-unreadable"),
        (USERINFO, {"body": "a.b.c", "type": "application/jwt"}, "id-token-unreadable"),
        (USERINFO, {"filler": 600_000}, "provider-oversized"),
    ],
)
def test_forged_document_is_refused(
    gateway: MakeGateway, psc: TestedProvider, path: str, answer: dict[str, Any], code: str
) -> None:
    assert refused(gateway, psc, replace={path: answer}) == code


def test_userinfo_that_gives_two_numbers_is_refused(gateway: MakeGateway, psc: TestedProvider) -> None:
    other = [{"identifiant": "99700000021", "origine": "RPPS", "qualite": 1}]
    assert refused(gateway, psc, userinfo={"otherIds": other}) == "identity-conflict"


def test_userinfo_with_a_wrong_key_is_refused(gateway: MakeGateway, psc: TestedProvider) -> None:
    told = {"SubjectNameID": "899700000014", "otherIds": []}
    assert refused(gateway, psc, userinfo=told) == "identity-rpps"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"body": json.dumps({"issuer": "https://hostile.example"})}, "metadata-issuer"),
        ({"body": "[]"}, "metadata-unreadable"),
        ({"status": 404}, "provider-status"),
        ({"status": 302, "location": "https://hostile.example/"}, "provider-redirect"),
        ({"filler": 600_000}, "provider-oversized"),
    ],
)
def test_forged_discovery_document_begins_nothing(
    gateway: MakeGateway, psc: TestedProvider, answer: dict[str, Any], code: str
) -> None:
    psc.lie(replace={DISCOVERY: answer})
    with pytest.raises(OidcError) as caught:
        sign_in.begin(gateway(), {}, int(time.time()))
    assert caught.value.code == code


def test_provider_that_is_away_is_asked_by_one_person_and_not_by_all(
    gateway: MakeGateway, psc: TestedProvider
) -> None:
    psc.lie(replace={DISCOVERY: {"status": 503}})
    provider, moment = gateway(), now()
    with pytest.raises(OidcError, match="provider-status"):
        sign_in.begin(provider, {}, moment)
    psc.lie()
    with pytest.raises(OidcError, match="provider-status"):
        sign_in.begin(provider, {}, moment + 9)
    assert sign_in.begin(provider, {}, moment + 10)


def test_provider_without_tls_beyond_this_machine_is_never_called(gateway: MakeGateway) -> None:
    provider = gateway(discovery="http://psc.example/realms/x/.well-known/wallet-openid-configuration")
    with pytest.raises(OidcError) as caught:
        sign_in.begin(provider, {}, now())
    assert caught.value.code == "metadata-insecure"


def test_old_authentication_is_not_a_new_one(gateway: MakeGateway, psc: TestedProvider) -> None:
    provider, session = gateway(), dict[str, Any]()
    query = Browser().sign_in(sign_in.begin(provider, session, now(), fresh=True))
    psc.lie(token={"claims": {"auth_time": now() - 3600}})
    with pytest.raises(OidcError) as caught:
        sign_in.finish(provider, session, query, now())
    assert caught.value.code == "id-token-old"
