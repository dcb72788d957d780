"""The matricule INS: its form, its key, and the value object that never travels without its OID.

Source: Référentiel INS 2.1 (matricule and OID are inseparable); CNAM INSi schema (13 characters and a key);
general rule of the NIR for Corsica (2A counts 19, 2B counts 18).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ecluse.rules.ins.authorities import Environment, Kind, allowed, kind_of

_INSIDE = re.compile(r"\d{5}(?:\d{2}|2[AB])\d{6}(?:\d{2})?", re.ASCII | re.IGNORECASE)
_FORM = re.compile(r"\d{5}(?:\d{2}|2[AB])\d{6}\d{2}\Z", re.ASCII)


def normalise(text: str) -> str:
    """The matricule in capitals and without blanks, as it is compared and kept."""
    return text if text.isdigit() else "".join(text.split()).upper()


def well_formed(matricule: str) -> bool:
    """True for fifteen characters of the national form: digits, `2A` or `2B` allowed in positions 6 and 7."""
    return _FORM.match(matricule) is not None


def mask(text: str) -> str:
    """A text that may be shown: whatever looks like a matricule, key included or not, becomes `•••`."""
    return _INSIDE.sub("•••", text)


def computed_key(body: str) -> str:
    """The two-digit key (01 to 97) of the first thirteen characters.

    :raises ValueError: when the text is not thirteen characters of the national form.
    """
    if len(body) != 13 or not well_formed(body + "00"):
        raise ValueError(
            "the body of a matricule is thirteen characters: digits, 2A or 2B in positions 6 and 7"
        )
    return _key(body)


def _key(body: str) -> str:
    number = body if body.isdigit() else body.replace("2A", "19").replace("2B", "18")
    return f"{97 - int(number) % 97:02d}"


def key_valid(matricule: str) -> bool:
    """True when a matricule is well formed and ends with the key of its first thirteen characters."""
    return well_formed(matricule) and matricule[13:] == _key(matricule[:13])


def is_matricule(text: str) -> bool:
    """True when a text that claims nothing cannot but be taken for a matricule: its form, its key, and no zero first.

    A number of fifteen digits padded with zeros is an ordinary identifier.
    """
    return text[:1] not in ("0", "9") and key_valid(text)


class Ins(NamedTuple):
    """A matricule with the OID of its authority. Equality is equality of both: a bare matricule identifies nobody."""

    matricule: str
    oid: str

    @property
    def kind(self) -> Kind | None:
        """NIR, NIA, test, demo or obsolete INS-C; None when the OID is not a national one."""
        return kind_of(self.oid)

    @property
    def key_valid(self) -> bool:
        """True when the last two characters are the computed key."""
        return key_valid(self.matricule)

    def allowed(self, environment: Environment) -> bool:
        """True when the OID may be adopted in this environment."""
        return allowed(self.oid, environment)

    @property
    def masked(self) -> str:
        """What may be shown in a log or an explanation: the OID, never the matricule."""
        return f"•••|{self.oid}"
