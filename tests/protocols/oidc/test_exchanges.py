"""What the gateway asks a provider, and what it makes of answers that come by the browser and by the token endpoint."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.oidc import (
    Attempt,
    Client,
    OidcError,
    ProviderMetadata,
    authorization_address,
    code_of,
    error_texts,
    exchange_code,
    exchange_refresh,
    logout_address,
    read_answer,
    read_tokens,
    read_userinfo,
    refusal,
    revoke,
)
from tests.protocols.oidc.signing import CLIENT, ISSUER, claims, expected, keys, token

PROVIDER = ProviderMetadata(
    issuer=ISSUER,
    authorization="https://wallet.example/auth",
    token="https://auth.example/token",
    token_mtls="https://mtls.example/token",
    userinfo="https://auth.example/userinfo",
    keys="https://auth.example/certs",
    end_session="https://auth.example/logout",
    revocation="https://auth.example/revoke",
    names_itself=False,
)
BACK = "https://ecluse.example/connexion/psc/retour"
US = Client(CLIENT, BACK, "openid scope_all", "eidas1", "client_secret_basic", "100 % & co:")
ATTEMPT = Attempt("the-state", "the-nonce", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", 0)


def test_authorization_request_asks_what_pro_sante_connect_requires() -> None:
    parts = urlsplit(authorization_address(PROVIDER, US, ATTEMPT))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://wallet.example/auth"
    assert dict(parse_qsl(parts.query, strict_parsing=True)) == {
        "response_type": "code",
        "client_id": CLIENT,
        "redirect_uri": BACK,
        "scope": "openid scope_all",
        "acr_values": "eidas1",
        "state": "the-state",
        "nonce": "the-nonce",
        # RFC 7636, appendix B: the verifier and the challenge of the standard.
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }


def test_new_authentication_is_asked_for_by_prompt_and_max_age() -> None:
    address = authorization_address(PROVIDER, US, replace(ATTEMPT, fresh=True))
    asked = parse_qs(urlsplit(address).query)
    assert asked["prompt"] == ["login"] and asked["max_age"] == ["0"]


def test_query_of_an_authorization_endpoint_is_kept() -> None:
    address = authorization_address(replace(PROVIDER, authorization="https://w.example/a?x=1"), US, ATTEMPT)
    assert address.startswith("https://w.example/a?x=1&response_type=code&")


def test_secret_is_encoded_before_it_goes_into_the_header() -> None:
    request = exchange_code(PROVIDER, US, "the-code", ATTEMPT.verifier)
    assert request.address == PROVIDER.token
    assert request.authorization == "Basic " + base64.b64encode(b"ecluse-essai:100+%25+%26+co%3A").decode()
    assert dict(request.form) == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "redirect_uri": BACK,
        "code_verifier": ATTEMPT.verifier,
    }


def test_secret_goes_into_the_form_when_it_is_agreed_so() -> None:
    request = exchange_refresh(PROVIDER, replace(US, authentication="client_secret_post"), "the-refresh")
    assert not request.authorization
    assert dict(request.form) == {
        "grant_type": "refresh_token",
        "refresh_token": "the-refresh",
        "client_id": CLIENT,
        "client_secret": US.secret,
    }


def test_client_with_a_certificate_sends_no_secret() -> None:
    request = exchange_refresh(PROVIDER, replace(US, authentication="tls_client_auth"), "the-refresh")
    assert request.address == PROVIDER.token_mtls
    assert "client_secret" not in dict(request.form) and dict(request.form)["client_id"] == CLIENT


def test_nothing_secret_shows_in_what_is_printed() -> None:
    request = exchange_code(PROVIDER, US, "the-code", ATTEMPT.verifier)
    printed = f"{US!r} {ATTEMPT!r} {request!r} {read_tokens(answered())!r}"
    for secret in (
        US.secret,
        ATTEMPT.nonce,
        ATTEMPT.verifier,
        "the-code",
        request.authorization,
        "the-access",
    ):
        assert secret not in printed


def test_logout_names_the_session_and_where_to_come_back() -> None:
    address = logout_address(PROVIDER, US, "the-id-token", "https://ecluse.example/connexion/", "s")
    assert dict(parse_qsl(urlsplit(address).query)) == {
        "client_id": CLIENT,
        "id_token_hint": "the-id-token",
        "post_logout_redirect_uri": "https://ecluse.example/connexion/",
        "state": "s",
    }
    assert logout_address(replace(PROVIDER, end_session=""), US, "t", "", "s") == ""
    assert revoke(replace(PROVIDER, revocation=""), US, "the-refresh") is None


def code_or_error(query: str, provider: ProviderMetadata = PROVIDER) -> str:
    """The code of an answer, or the code of the error it is refused with."""
    try:
        return code_of(read_answer(query), provider)
    except OidcError as error:
        return error.code


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=s&code=the-code", "the-code"),
        (f"state=s&code=the-code&iss={ISSUER}", "the-code"),
        ("state=s&code=the-code&iss=https://hostile.example", "answer-issuer"),
        ("state=s&error=access_denied&error_description=x", "answer-denied"),
        ("state=s&error=server_error", "answer-error"),
        ("state=s&error=access_denied&code=the-code", "answer-denied"),
        ("state=s", "answer-unreadable"),
        ("", "answer-unreadable"),
        ("state=s&state=t&code=the-code", "answer-unreadable"),
        ("state=s&code=a&code=b", "answer-unreadable"),
        ("state=s&code=%FF", "answer-unreadable"),
        ("state=s&code=" + "a" * 20_000, "answer-unreadable"),
        ("&".join(f"a{n}=1" for n in range(31)), "answer-unreadable"),
    ],
)
def test_answer_brought_by_the_browser(query: str, found: str) -> None:
    assert code_or_error(query) == found


def test_provider_that_names_itself_must_do_so_each_time() -> None:
    provider = replace(PROVIDER, names_itself=True)
    assert code_or_error("state=s&code=c", provider) == "answer-issuer"
    assert code_or_error(f"state=s&code=c&iss={ISSUER}", provider) == "c"


def answered(**changed: Any) -> bytes:
    """An answer of the token endpoint."""
    told = {
        "access_token": "the-access",
        "token_type": "Bearer",
        "expires_in": 300,
        "refresh_token": "r",
        **changed,
    }
    return json.dumps({name: value for name, value in told.items() if value is not None}).encode()


def test_tokens_are_read() -> None:
    told = read_tokens(answered(id_token="a.b.c", refresh_expires_in=1800, token_type="bearer"))
    assert (told.access, told.expires, told.refresh, told.refresh_expires) == ("the-access", 300, "r", 1800)
    assert told.id_token == "a.b.c"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", answered(access_token=None), answered(access_token=["a"]), answered(access_token="a\nb"),
        answered(access_token="é"), answered(token_type="mac"), answered(token_type=None),
        answered(access_token="a" * 70_000),
    ],
)  # fmt: skip
def test_tokens_of_another_shape_are_refused(body: bytes) -> None:
    with pytest.raises(OidcError) as caught:
        read_tokens(body)
    assert caught.value.code == "token-unreadable"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"error": "invalid_grant"}', "token-grant"),
        (b'{"error": "invalid_client"}', "token-client"),
        (b'{"error": "unauthorized_client"}', "token-client"),
        (b'{"error": "invalid_request"}', "token-error"),
        (b'{"error": {}}', "token-error"),
        (b"<html>", "token-unreadable"),
    ],
)
def test_refusals_of_the_token_endpoint_are_told_apart(body: bytes, code: str) -> None:
    assert refusal(body).code == code


SUBJECT = "f:0f1e:899700000013"


def userinfo(body: bytes, media_type: str = "application/json") -> str:
    """The name given, or the code of the refusal."""
    try:
        return str(read_userinfo(body, media_type, keys(), expected(), SUBJECT).get("family_name"))
    except OidcError as error:
        return error.code


def test_userinfo_must_be_about_the_person_who_signed_in() -> None:
    assert userinfo(json.dumps({"sub": SUBJECT, "family_name": "ESSAI"}).encode()) == "ESSAI"
    for body in (b"{}", b'{"sub": "f:0f1e:899700000021"}', b'{"sub": ["f:0f1e:899700000013"]}'):
        assert userinfo(body) == "userinfo-subject"
    assert userinfo(b"sub") == "userinfo-unreadable"
    assert userinfo(b'{"sub": "a", "sub": "f:0f1e:899700000013"}') == "userinfo-unreadable"


def test_signed_userinfo_must_be_the_provider_s_and_ours() -> None:
    def signed(**changed: Any) -> str:
        return userinfo(
            token(claims(family_name="ESSAI", **changed)).encode(), "application/jwt; charset=utf-8"
        )

    assert signed() == signed(iss=None, aud=[CLIENT, "x"]) == "ESSAI"
    assert signed(iss="https://hostile.example") == signed(aud="x") == "userinfo-unreadable"
    assert signed(sub="f:0f1e:899700000021") == "userinfo-subject"
    assert (
        userinfo(token(signed_by="hostile", kid="psc-1").encode(), "application/jwt") == "id-token-signature"
    )
    assert userinfo("é".encode(), "application/jwt") == "id-token-unreadable"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80), st.binary(max_size=80))
def test_answers_of_any_shape_are_refused_never_a_crash(query: str, body: bytes) -> None:
    code_or_error(query)
    assert refusal(body).code in error_texts()
    for media_type in ("application/json", "application/jwt"):
        assert userinfo(body, media_type)[:3] in {"use", "id-"}
