"""Which characters the bytes are: MSH-18, with a documented fallback and never a lost character."""

from __future__ import annotations

from typing import NamedTuple


class Charset(NamedTuple):
    """How the bytes were read.

    declared: MSH-18 as received, or the empty string; codec: Python codec used; issue: None when the declared
    codec was right, else one of `absent`, `unknown`, `failed`, `several`; bom: a byte order mark came first.
    """

    declared: str
    codec: str
    issue: str | None = None
    bom: bool = False


CODECS = {
    "8859/1": "iso8859-1",
    "8859/15": "iso8859-15",
    "UNICODE UTF-8": "utf-8",
    "ASCII": "ascii",
    "": "ascii",
}


def decode(raw: bytes) -> tuple[str, Charset]:
    """Text of a message and how it was read."""
    head = raw.split(b"\r", 1)[0].split(b"\n", 1)[0]
    fields = head.split(head[3:4]) if len(head) > 3 else []
    declared = fields[17].decode("latin-1").strip() if len(fields) > 17 else ""
    codec = CODECS.get(declared)
    for attempt, issue in ((codec, None), ("utf-8", "failed"), ("cp1252", "failed"), ("latin-1", "failed")):
        if attempt is None:
            continue
        try:
            return raw.decode(attempt), Charset(declared, attempt, issue)
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 decodes every byte")
