"""Keys and tokens for the tests: a provider's, and those of somebody who would like to be it."""

from __future__ import annotations

import base64
import hmac
import json
from functools import cache
from hashlib import sha256
from typing import Any

from joserfc import jws
from joserfc.jwk import RSAKey

from ecluse.protocols.oidc import Expected, ProviderKeys, read_keys

ISSUER = "https://auth.example/auth/realms/esante-wallet"
CLIENT = "ecluse-essai"
NOW = 1_795_000_000
NONCE = "n-0S6_WzA2Mj"


@cache
def key(name: str) -> RSAKey:
    """The private key of a name, the same during the tests."""
    return RSAKey.generate_key(2048, {"kid": name})


def published(*names: str) -> bytes:
    """The JWKS document of these keys."""
    keys = [key(name).as_dict(private=False) | {"use": "sig", "alg": "RS256"} for name in names]
    return json.dumps({"keys": keys}).encode()


def keys(*names: str) -> ProviderKeys:
    """The keys as read."""
    return read_keys(published(*(names or ("psc-1",))))


def claims(**changed: Any) -> dict[str, Any]:
    """The claims of a good id_token; a claim changed to None is left out."""
    told = {
        "iss": ISSUER,
        "sub": "f:0f1e:899700000013",
        "aud": CLIENT,
        "azp": CLIENT,
        "exp": NOW + 300,
        "iat": NOW,
        "nonce": NONCE,
        "acr": "eidas1",
        "auth_time": NOW - 5,
        **changed,
    }
    return {name: value for name, value in told.items() if value is not None}


def token(told: dict[str, Any] | bytes | None = None, signed_by: str = "psc-1", **header: Any) -> str:
    """A token signed with RS256."""
    payload = told if isinstance(told, bytes) else json.dumps(claims() if told is None else told).encode()
    head = {"alg": "RS256", "typ": "JWT", "kid": signed_by, **header}
    registry = jws.JWSRegistry(algorithms=["RS256"], strict_check_header=False)
    return jws.serialize_compact(
        {name: value for name, value in head.items() if value is not None},
        payload,
        key(signed_by),
        registry=registry,
    )


def unsigned(header: dict[str, Any], secret: bytes | None = None) -> str:
    """A token of any header, with no signature, or HMAC by a secret."""
    text = ".".join(encoded(json.dumps(one).encode()) for one in (header, claims()))
    return f"{text}." + ("" if secret is None else encoded(hmac.digest(secret, text.encode(), sha256)))


def encoded(content: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def expected(**changed: Any) -> Expected:
    """What the token must say."""
    given: dict[str, Any] = {
        "issuer": ISSUER, "client_id": CLIENT, "now": NOW, "skew": 30, "nonce": NONCE, "acr": ("eidas1",), **changed
    }  # fmt: skip
    return Expected(**given)
