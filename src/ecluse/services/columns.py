"""Texts of messages as columns of every database can hold them."""

from __future__ import annotations

from hashlib import sha256

LONGEST = 200
"""Characters of a column such as a control id or the name of an application."""


def column(text: str) -> str:
    """A text as it can stand in a column (PostgreSQL refuses NUL); a long one is cut, and ends with its digest."""
    if len(text) > LONGEST:
        # Two long texts that begin alike stay apart.
        text = text[:167] + "…" + sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
    return text.replace("\x00", "␀")
