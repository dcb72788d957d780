"""Say a sentence in a charset too small for it: for words meant for people, never for data."""

from __future__ import annotations

import unicodedata

from ecluse.protocols.hl7.charset import encode

_PLAIN = {
    "Œ": "OE", "œ": "oe", "Æ": "AE", "æ": "ae", "«": '"', "»": '"', "“": '"', "”": '"', "’": "'", "‘": "'",
    "–": "-", "—": "-", "…": "...", "€": "EUR", "\u00a0": " ", "\u202f": " ", "→": "->",
}  # fmt: skip


def approximate(text: str, codec: str) -> str:
    """The same sentence with only characters that the codec has: accents dropped, quotes and ligatures plain.

    Meant for the texts of an acknowledgement (ERR-8) sent to a system that reads ASCII or 8859/1. What has no
    plain form is written `?`: names and identifiers must not go through here. windows-1252 has no name in table
    0211 and is announced as 8859/1: only the characters of 8859/1 are then used.
    """
    if codec == "cp1252":
        codec = "iso8859-1"
    if _carried(text, codec):
        return text
    return "".join(_fit(character, codec) for character in text)


def _fit(character: str, codec: str) -> str:
    plain = _PLAIN.get(character) or unicodedata.normalize("NFKD", character)
    bare = "".join(part for part in plain if not unicodedata.combining(part))
    return next((form for form in (character, plain, bare) if _carried(form, codec)), "?")


def _carried(text: str, codec: str) -> bool:
    try:
        encode(text, codec)
    except UnicodeEncodeError:
        return False
    return bool(text)
