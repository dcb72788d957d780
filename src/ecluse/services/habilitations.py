"""How a habilitation matrix is kept: its lines, as the JSON list of a version, and the day of its next review."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

import msgspec

from ecluse.rules.habilitation import Line, latest_due
from ecluse.store.models.access import Establishment
from ecluse.store.models.habilitations import HabilitationReview, HabilitationVersion

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(tuple[Line, ...]).decode


def write_lines(lines: Iterable[Line]) -> bytes:
    """Lines as they are stored."""
    return _encode(list(lines))


def read_lines(stored: bytes | memoryview) -> tuple[Line, ...]:
    """Lines of a version, or the one that replaces another in a review."""
    return _decode(bytes(stored))


def due_day(establishment: Establishment) -> date:
    """The day by which a matrix must be reviewed: set at the last review, else a year after its first version."""
    reviews = HabilitationReview.objects.filter(establishment=establishment).exclude(closed=None)
    last = reviews.order_by("-id").first()
    if last is not None:
        return date.fromisoformat(last.next_due)
    first = HabilitationVersion.objects.filter(establishment=establishment).order_by("number").first()
    assert first is not None, "a matrix without version has no review"
    return latest_due(day_of(first.at))


def day_of(at: int) -> date:
    """The day of a time (µs), in UTC."""
    return datetime.fromtimestamp(at / 1_000_000, UTC).date()
