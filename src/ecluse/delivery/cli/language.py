"""The language of the terminal: French when the locale says so, English otherwise."""

from __future__ import annotations

import os
from typing import Literal

from ecluse.services.typography import french

Language = Literal["fr", "en"]


def language() -> Language:
    """Language of the locale (POSIX: the first of LC_ALL, LC_MESSAGES and LANG that is set)."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "fr" if value.lower().startswith("fr") else "en"
    return "en"


def t(fr: str, en: str) -> str:
    """One of the two texts, by the locale. French gets its no-break spaces here, so that none is forgotten."""
    return french(fr) if language() == "fr" else en
