"""What an examination tells of one thing."""

from __future__ import annotations

from typing import Literal, NamedTuple

Status = Literal["ok", "warning", "error", "unknown"]


class Check(NamedTuple):
    """One thing examined: a stable name, how it is, and what to do about it (empty: nothing)."""

    name: str
    status: Status
    text_fr: str
    text_en: str
    mend_fr: str = ""
    mend_en: str = ""
