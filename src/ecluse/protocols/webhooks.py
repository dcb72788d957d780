"""Signed webhooks as the Standard Webhooks specification writes them (version 1, symmetric signatures).

The signature covers the id, the time and the body, so neither can be changed and an old request cannot be replayed
later; several keys may sign at once while one replaces the other.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from hashlib import sha256

PREFIX = "whsec_"
"""Begins the text of a symmetric secret (Standard Webhooks, “Signature scheme”)."""

_SHORTEST, _LONGEST = 24, 64
"""Bytes of a key (Standard Webhooks, “Signature scheme”)."""


def write_secret(key: bytes) -> str:
    """The text of a key, as its two holders exchange it."""
    return PREFIX + base64.b64encode(key).decode()


def read_secret(text: str) -> bytes:
    """The key of a text.

    :raises ValueError: when the text is not `whsec_` and base64, or the key has not from 24 to 64 bytes.
    """
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("a webhook secret is whsec_ and base64") from error
    if not text.startswith(PREFIX) or not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError("a webhook secret is whsec_ and from 24 to 64 bytes in base64")
    return key


def headers(identity: str, at: int, body: bytes, keys: tuple[bytes, ...]) -> dict[str, str]:
    """The three headers of a request.

    :param identity: id of the event, the same at every attempt, without a dot.
    :param at: time of this attempt, seconds since 1970.
    :param body: the exact bytes of the request; keys: each signs.
    :raises ValueError: for an id with a dot, which would make the signed text ambiguous.
    """
    if "." in identity:
        raise ValueError("the id of a webhook has no dot")
    signed = f"{identity}.{at}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(key, signed, sha256)).decode() for key in keys)
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }
