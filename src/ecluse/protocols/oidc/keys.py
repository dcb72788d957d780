"""The public keys of a provider (JWKS, RFC 7517): only those that may have signed with RS256 are kept."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from ecluse.protocols.oidc.discovery import ALGORITHM
from ecluse.protocols.oidc.documents import read_object, word
from ecluse.protocols.oidc.errors import MetadataRefused, UnknownKey

_SHORTEST, _LONGEST = 2048, 8192
"""Bits of a modulus: fewer can be broken (RFC 7518, 3.3), more only cost us time."""
_MOST = 50
_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class ProviderKeys:
    """The keys of one provider, by their `kid`.

    :param keys: usable keys; a name given twice designates the first.
    """

    def __init__(self, keys: list[tuple[str, RSAKey]]) -> None:
        self._by_kid = dict(reversed(keys))
        self._only = keys[0][1] if len(keys) == 1 else None

    def __len__(self) -> int:
        return len(self._by_kid)

    def find(self, kid: str | None) -> RSAKey:
        """The key that signed.

        :param kid: as the token names it; None: it names none, which a provider with a single key may do (OpenID
            Connect Core 1.0, 10.1).
        :raises UnknownKey: there is none of that name: read the keys again, once.
        """
        found = self._by_kid.get(kid) if kid is not None else self._only
        if found is None:
            raise UnknownKey("id-token-key")
        return found


def read_keys(document: bytes) -> ProviderKeys:
    """The usable keys of a JWKS document; others are left aside (RFC 7517, 5).

    Usable: RSA, public, for signatures with RS256, from 2048 to 8192 bits.

    :raises MetadataRefused: it is not a JWKS, or holds no usable key.
    """
    try:
        listed = read_object(document).get("keys")
    except ValueError as error:
        raise MetadataRefused("keys-unreadable", str(error)) from None
    if not isinstance(listed, list):
        raise MetadataRefused("keys-unreadable", "keys")
    usable = [(word(one.get("kid")), key) for one in listed[:_MOST] if (key := _key(one)) is not None]
    if not usable:
        raise MetadataRefused("keys-unreadable", f"no {ALGORITHM} key")
    return ProviderKeys(usable)


def _key(told: Any) -> RSAKey | None:
    if not isinstance(told, dict) or told.get("kty") != "RSA" or _PRIVATE & told.keys():
        return None
    if told.get("use", "sig") != "sig" or told.get("alg", ALGORITHM) != ALGORITHM:
        return None
    if not _SHORTEST <= _bits(told.get("n")) <= _LONGEST or not 2 <= _bits(told.get("e")) <= 32:
        return None
    try:
        return RSAKey.import_key({"kty": "RSA", "n": told["n"], "e": told["e"]})
    except (JoseError, ValueError, TypeError):
        return None


def _bits(value: object) -> int:
    """Length of a number in base64url (RFC 7518, 6.3.1); 0 when it is none."""
    if not isinstance(value, str) or len(value) > _LONGEST // 4:
        return 0
    try:
        number = base64.b64decode(value + "=" * (-len(value) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError):
        return 0
    return int.from_bytes(number, "big").bit_length()
