"""Which entity signs the contract with ANS, the legal one (EJ) or a geographic one (EG), and why.

The certificates name whoever signed: partners see that entity only. Source: note certificats ROC §5.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from ecluse.rules.certificates.facts import data

Level = Literal["EJ", "EG"]


class Advice(NamedTuple):
    """Who signs, or signed. code: `already-ej`, `already-eg`, `several-eg`, `single-eg`; text: the reason."""

    code: str
    level: Level
    text_fr: str
    text_en: str
    source: str


def advise(signed_at: Level | None, several_sites: bool) -> Advice:
    """Which entity signs.

    :param signed_at: who signed the contract that exists, None: there is none; several_sites: the legal entity has
        more than one geographic entity.
    """
    code = {"EJ": "already-ej", "EG": "already-eg"}.get(
        signed_at or "", "several-eg" if several_sites else "single-eg"
    )
    return Advice(code, **data("procedure")["level"][code])
