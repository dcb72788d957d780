"""What the gateway says to a provider: authorization request, token and revocation requests, logout address.

Source: OpenID Connect Core 1.0; PKCE (RFC 7636); mutual TLS (RFC 8705); revocation (RFC 7009); OpenID Connect
RP-Initiated Logout 1.0. Nothing is drawn here: what must be random is passed in.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal
from urllib.parse import quote_plus, urlencode

from ecluse.protocols.oidc.discovery import ProviderMetadata

Authentication = Literal["client_secret_basic", "client_secret_post", "tls_client_auth"]
"""How the gateway proves itself to the token endpoint (OpenID Connect Core 1.0, 9; RFC 8705, 2.1)."""


@dataclass(frozen=True, slots=True)
class Client:
    """The gateway as the provider knows it.

    redirect_uri: exactly as declared to the provider; scope, acr_values: separated by blanks, as they are sent.
    """

    client_id: str
    redirect_uri: str
    scope: str = "openid"
    acr_values: str = ""
    authentication: Authentication = "client_secret_basic"
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in that has begun. state, nonce, verifier: random texts, of 43 to 128 characters of base64url.

    at: when it began, seconds since 1970; fresh: a new authentication is asked for, however recent the last one.
    """

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    at: int
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class FormRequest:
    """A form to POST. authorization: the header of that name, or empty."""

    address: str
    form: tuple[tuple[str, str], ...] = field(repr=False)
    authorization: str = field(default="", repr=False)


def authorization_address(provider: ProviderMetadata, client: Client, attempt: Attempt) -> str:
    """Where the browser is sent to sign in (OpenID Connect Core 1.0, 3.1.2.1; RFC 7636, 4.3).

    `acr_values` is what Pro Santé Connect requires to be `eidas1`.
    """
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": client.scope,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": challenge(attempt.verifier),
        "code_challenge_method": "S256",
    }
    if client.acr_values:
        asked["acr_values"] = client.acr_values
    if attempt.fresh:
        # max_age makes auth_time required in the id_token, by which the new authentication is checked.
        asked |= {"prompt": "login", "max_age": "0"}
    return _with(provider.authorization, asked)


def challenge(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def exchange_code(provider: ProviderMetadata, client: Client, code: str, verifier: str) -> FormRequest:
    """The request that turns a code into tokens (OpenID Connect Core 1.0, 3.1.3.1)."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": verifier,
    }
    return _authenticated(_token_endpoint(provider, client), client, form)


def exchange_refresh(provider: ProviderMetadata, client: Client, refresh_token: str) -> FormRequest:
    """The request that renews tokens (OpenID Connect Core 1.0, 12.1)."""
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return _authenticated(_token_endpoint(provider, client), client, form)


def revoke(provider: ProviderMetadata, client: Client, refresh_token: str) -> FormRequest | None:
    """The request that ends a refresh token (RFC 7009, 2.1); None when the provider has no address for it."""
    if not provider.revocation:
        return None
    form = {"token": refresh_token, "token_type_hint": "refresh_token"}
    return _authenticated(provider.revocation, client, form)


def logout_address(
    provider: ProviderMetadata, client: Client, id_token: str, back_to: str, state: str
) -> str:
    """Where the browser is sent to sign out at the provider too, or empty when the provider has no such address.

    :param id_token: of the session that ends; back_to: declared to the provider beforehand, or empty.
    """
    if not provider.end_session:
        return ""
    asked = {"client_id": client.client_id, "id_token_hint": id_token}
    if back_to:
        asked |= {"post_logout_redirect_uri": back_to, "state": state}
    return _with(provider.end_session, asked)


def _token_endpoint(provider: ProviderMetadata, client: Client) -> str:
    return provider.token_mtls if client.authentication == "tls_client_auth" else provider.token


def _authenticated(address: str, client: Client, form: dict[str, str]) -> FormRequest:
    if client.authentication == "client_secret_basic":
        # Both parts are form-encoded before base64 (RFC 6749, 2.3.1).
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.secret)}"
        header = "Basic " + base64.b64encode(pair.encode()).decode()
        return FormRequest(address, tuple(form.items()), header)
    form = {**form, "client_id": client.client_id}
    if client.authentication == "client_secret_post":
        form["client_secret"] = client.secret
    return FormRequest(address, tuple(form.items()))


def _with(address: str, asked: dict[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"
