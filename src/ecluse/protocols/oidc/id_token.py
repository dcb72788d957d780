"""The id_token: who signed in, checked clause by clause (OpenID Connect Core 1.0, 3.1.3.7).

RS256 alone is accepted, with a key the provider publishes; what a token says of its own keys (`jku`, `jwk`, `x5c`) is
never looked at. The moment and the tolerance for clocks are passed in.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError

from ecluse.protocols.oidc.discovery import ALGORITHM
from ecluse.protocols.oidc.documents import moment, read_object, word, words
from ecluse.protocols.oidc.errors import AnswerRefused
from ecluse.protocols.oidc.keys import ProviderKeys

_REGISTRY = jws.JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)
_REGISTRY.max_header_length = 8192
_TYPES = ("", "jwt", "application/jwt")
"""Types of an id_token; another names another kind of token (RFC 8725, 3.11)."""
_LONGEST_SUBJECT = 255
"""OpenID Connect Core 1.0, 2."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an id_token must say.

    nonce: of the attempt; None for a token that renews a session, which need not repeat it (12.2); acr: the levels
    accepted, none: any, even none; now: seconds since 1970; skew: seconds by which clocks may differ; access: the
    access token that came with it, or empty; authenticated_since: the person must have proved who they are after that
    moment, None: whenever.
    """

    issuer: str
    client_id: str
    now: int
    skew: int
    nonce: str | None = field(default=None, repr=False)
    acr: tuple[str, ...] = ()
    access: str = field(default="", repr=False)
    authenticated_since: int | None = None


@dataclass(frozen=True, slots=True)
class IdToken:
    """Who signed in and how. subject: unique at this provider; acr, amr: level and methods, as the provider names them;
    authenticated: seconds since 1970, None: not said; session: at the provider (`sid`), or empty; claims: all it says.
    """

    subject: str
    acr: str
    amr: tuple[str, ...]
    authenticated: int | None
    session: str
    claims: dict[str, Any] = field(repr=False)


def check_id_token(text: str, keys: ProviderKeys, expected: Expected) -> IdToken:
    """Read an id_token and believe it only if every check passes.

    :raises UnknownKey: its key is not among those read; read them again, once.
    :raises AnswerRefused: with the code of the first check that fails.
    """
    if not text:
        raise AnswerRefused("id-token-missing")
    claims = read_signed(text, keys)
    _check_parties(claims, expected)
    _check_times(claims, expected)
    if expected.nonce is not None and not _same(claims.get("nonce"), expected.nonce):
        raise AnswerRefused("id-token-nonce")
    acr = word(claims.get("acr"))
    if expected.acr and acr not in expected.acr:
        raise AnswerRefused("id-token-acr" if acr else "id-token-acr-missing")
    if expected.access and "at_hash" in claims and not _same(claims["at_hash"], _half_hash(expected.access)):
        raise AnswerRefused("id-token-access-token")
    return IdToken(
        subject=word(claims.get("sub"), _LONGEST_SUBJECT),
        acr=acr,
        amr=words(claims.get("amr")),
        authenticated=moment(claims.get("auth_time")),
        session=word(claims.get("sid")) or word(claims.get("session_state")),
        claims=claims,
    )


def read_signed(text: str, keys: ProviderKeys) -> dict[str, Any]:
    """The claims of a token whose RS256 signature is the provider's; nothing else is checked.

    :raises UnknownKey, AnswerRefused: as `check_id_token`.
    """
    if text.count(".") == 4:
        raise AnswerRefused("id-token-encrypted")
    try:
        header = jws.extract_compact(text.encode("ascii"), registry=_REGISTRY).headers()
    except (JoseError, ValueError, TypeError, RecursionError):
        raise AnswerRefused("id-token-unreadable", "header") from None
    if header.get("alg") != ALGORITHM:
        raise AnswerRefused("id-token-algorithm", word(header.get("alg"), 40))
    if "crit" in header or "b64" in header or word(header.get("typ")).lower() not in _TYPES:
        raise AnswerRefused("id-token-unreadable", "header")
    kid = header.get("kid")
    if kid is not None and not word(kid):
        raise AnswerRefused("id-token-unreadable", "kid")
    key = keys.find(kid)
    try:
        payload = jws.deserialize_compact(text, key, registry=_REGISTRY).payload
    except (JoseError, ValueError, TypeError, RecursionError):
        raise AnswerRefused("id-token-signature") from None
    try:
        return read_object(payload)
    except ValueError as error:
        raise AnswerRefused("id-token-unreadable", str(error)) from None


def _check_parties(claims: dict[str, Any], expected: Expected) -> None:
    if claims.get("iss") != expected.issuer:
        raise AnswerRefused("id-token-issuer")
    told = claims.get("aud")
    audience = (told,) if isinstance(told, str) else words(told)
    if expected.client_id not in audience:
        raise AnswerRefused("id-token-audience")
    if isinstance(told, list) and len(told) > 1 and "azp" not in claims:
        raise AnswerRefused("id-token-azp", "several audiences")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise AnswerRefused("id-token-azp")
    if not word(claims.get("sub"), _LONGEST_SUBJECT):
        raise AnswerRefused("id-token-claims", "sub")


def _check_times(claims: dict[str, Any], expected: Expected) -> None:
    expires, issued = moment(claims.get("exp")), moment(claims.get("iat"))
    if expires is None or issued is None:
        raise AnswerRefused("id-token-claims", "exp" if expires is None else "iat")
    if expires <= expected.now - expected.skew:
        raise AnswerRefused("id-token-expired")
    before, authenticated = moment(claims.get("nbf", 0)), moment(claims.get("auth_time", 0))
    for name, one in (("iat", issued), ("nbf", before), ("auth_time", authenticated)):
        if one is None:
            raise AnswerRefused("id-token-claims", name)
        if one > expected.now + expected.skew:
            raise AnswerRefused("id-token-future", name)
    since = expected.authenticated_since
    if since is not None and (authenticated or 0) < since - expected.skew:
        raise AnswerRefused("id-token-old")


def _half_hash(token: str) -> str:
    """The left half of the digest of a token, as `at_hash` holds it for RS256 (OpenID Connect Core 1.0, 3.1.3.6)."""
    return base64.urlsafe_b64encode(sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()


def _same(told: object, expected: str) -> bool:
    return isinstance(told, str) and hmac.compare_digest(told.encode("utf-8", "replace"), expected.encode())
