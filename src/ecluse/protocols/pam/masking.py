"""What a finding may show of a value: codes, versions, authorities and shapes, never who the person is."""

from __future__ import annotations

import re
from functools import cache

from ecluse.protocols.pam.profile import current_release, profile

_LONGEST = 40
_MATRICULE = re.compile(r"[0-9]{5}(?:[0-9]{2}|2[ABab])[0-9]{5,8}")
_OID = re.compile(r"[ ]*[0-2](?:\.[0-9]+){3,}[ ]*\Z")
_TRIGGER = re.compile(r"[A-Z][0-9]{2}\Z|[A-Z]{3}_[A-Z][0-9]{2}\Z|ORU|MDM|ZAM|ACK")
_KNOWN = frozenset(
    {"INS-NIR", "INS-NIA", "INS-NIR-TEST", "INS-C", "ASIP", "ASIP-SANTE-INS", "HL70357", "AL", "O"}
)


@cache
def _vocabulary() -> frozenset[str]:
    """Every code of every table of the profile: showing one tells nothing of a person."""
    tables = profile(current_release()).tables.values()
    return frozenset(code for table in tables for code in table.codes) | _KNOWN


def shape(text: str) -> str:
    """The form of a value: digits become 9, letters A or a, the rest stays (`12/05/1970` → `99/99/9999`)."""
    out = []
    for char in text[:_LONGEST]:
        if char.isdigit():
            out.append("9")
        elif char.isalpha():
            out.append("A" if char.isupper() else "a")
        else:
            out.append(char if char.isprintable() else "?")
    return "".join(out) + ("…" if len(text) > _LONGEST else "")


def mask_matricule(text: str) -> str:
    """A matricule with its first character only."""
    return f"{text[:1]}…"


def plain(text: str) -> str:
    """A version, an event, a message type as received: nothing of a person, unless a matricule strayed there."""
    if _MATRICULE.search(text.replace(" ", "")):
        return mask_matricule(text.strip())
    return "".join(char for char in text[:_LONGEST] if char.isprintable()) + (
        "…" if len(text) > _LONGEST else ""
    )


def safe(text: str) -> str:
    """A value as a finding may show it: known codes, OIDs and trigger events as they are, anything else as a shape."""
    if _MATRICULE.search(text.replace(" ", "")):
        return mask_matricule(text.strip())
    if len(text.strip()) <= 2 or text.strip() in _vocabulary() or _OID.match(text) or _TRIGGER.match(text):
        return text[:_LONGEST]
    return shape(text)
