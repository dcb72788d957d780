"""How an account is named at sign-in: one rule for the pages, the acts and the commands."""

from __future__ import annotations

import re
from typing import Any

PATTERN = r"[A-Za-z0-9][A-Za-z0-9._@-]{1,79}"
"""As people type it; it is kept in lower case."""
HELP_FR = "L’identifiant a 2 à 80 lettres sans accent, chiffres, points, tirets ou @ ; exemple : c.moreau."
HELP_EN = "A name of sign-in has 2 to 80 plain letters, digits, dots, dashes or @; example: c.moreau."
_NAME = re.compile(PATTERN)


def read_username(given: Any) -> str:
    """A name of sign-in as it is kept, empty when it is none."""
    name = given.strip().lower() if isinstance(given, str) else ""
    return name if _NAME.fullmatch(name) else ""
