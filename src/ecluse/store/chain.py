"""The journal chain: each line's digest covers its metadata, the digests of its bytes, and the line before."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

import msgspec

START = bytes(32)
"""Digest that stands before the first line."""

EVENT_SPAN = 4096
"""Event ids of journal line `seq` lie in [seq × EVENT_SPAN, (seq + 1) × EVENT_SPAN)."""

_encode = msgspec.json.Encoder().encode


class Line(NamedTuple):
    """Columns of a journal line, in the order of the table, without the digest."""

    seq: int
    at: int
    kind: str
    domain_id: int
    sender_id: int | None
    control_id: str
    event: str
    answer: str
    code: str
    content: bytes
    result: bytes
    details: bytes


def result_digest(answered: bytes, findings: bytes, events: list[tuple[str, str, int, bytes]]) -> bytes:
    """Digest of what a line produced: the answer, the findings (JSON) and the events (patient, type, version, data)."""
    parts = [len(answered).to_bytes(8, "big"), answered, len(findings).to_bytes(8, "big"), findings]
    for patient, kind, version, data in events:
        parts.append(f"{len(patient)}:{patient}{len(kind)}:{kind}{version}:{len(data)}:".encode())
        parts.append(data)
    return sha256(b"".join(parts)).digest()


def line_digest(previous: bytes, line: Line) -> bytes:
    """Digest of a line. Text and numbers are written as one JSON array, so that no two lines read the same."""
    return sha256(previous + _encode(line)).digest()
