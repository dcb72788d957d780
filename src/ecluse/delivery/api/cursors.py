"""Cursors of pages: opaque to clients, checked when they come back."""

from __future__ import annotations

import base64
import binascii

from ecluse.delivery.api.problems import Problem

_LONGEST = 400


def seal(kind: str, position: str) -> str:
    """A cursor of a list. kind: name of the list; position: where the next page begins."""
    return base64.urlsafe_b64encode(f"{kind}\n{position}".encode()).decode().rstrip("=")


def opened(kind: str, cursor: str | None, *, number: bool = False) -> str | None:
    """The position in a cursor; None for the first page.

    :param number: the position is a whole number.
    :raises Problem: it is no cursor of that list.
    """
    if cursor is None:
        return None
    try:
        text = base64.b64decode(cursor[:_LONGEST] + "=" * (-len(cursor) % 4), b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise Problem("cursor-invalid") from None
    name, between, position = text.partition("\n")
    fits = (
        position.isascii() and position.isdigit() and len(position) < 19 if number else position.isprintable()
    )
    if name != kind or not between or not position or not fits:
        raise Problem("cursor-invalid")
    return position
