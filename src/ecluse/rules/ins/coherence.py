"""Cross-checks between a matricule and the traits beside it: doubts to show, never reasons to refuse.

A matricule may legitimately disagree with present traits (change of sex, rectified civil status, communes that
merge), so a mismatch is a warning (Référentiel INS 2.1, restated in the implementation guide).
"""

from __future__ import annotations

from typing import Literal

Doubt = Literal["sex", "date", "place"]

_SEX = {"1": "M", "2": "F"}


def doubts(matricule: str, birth_date: str, sex: str, birth_place: str) -> tuple[Doubt, ...]:
    """Traits that disagree with a well-formed matricule; an absent trait or a pseudo-month raises no doubt.

    :param birth_date: YYYYMMDD, longer or shorter HL7 times accepted.
    :param sex: M or F; anything else is not compared.
    :param birth_place: COG code of the commune, or 99xxx for a country.
    """
    found: list[Doubt] = []
    if sex in ("M", "F") and _SEX.get(matricule[0], sex) != sex:
        found.append("sex")
    month = matricule[3:5]
    wrong_month = "01" <= month <= "12" and len(birth_date) >= 6 and birth_date[4:6] != month
    if wrong_month or (len(birth_date) >= 4 and birth_date[2:4] != matricule[1:3]):
        found.append("date")
    if birth_place and birth_place.upper() != matricule[5:10]:
        found.append("place")
    return tuple(found)
