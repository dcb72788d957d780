"""The situations a professional may act in: one exercice and one activity, chosen by the person when there are several.

Pro Santé Connect manages no profile: the application has the person choose (documentation of Pro Santé Connect).
"""

from __future__ import annotations

from typing import NamedTuple

from ecluse.protocols.oidc import Professional


class Situation(NamedTuple):
    """One situation. id: `exercice.activity`, by rank; profession: TRE_G15; the rest as the Annuaire writes it."""

    id: str
    profession: str
    category: str
    skill: str
    mode: str
    sector: str
    role: str
    structure: str
    finess: str
    siret: str
    technical: str


def situations(professional: Professional) -> tuple[Situation, ...]:
    """Every situation of a professional; an exercice without activity is one."""
    found = []
    for rank, exercice in enumerate(professional.exercices):
        common = (exercice.profession, exercice.category, exercice.skill)
        for place, one in enumerate(exercice.activities):
            where = one.structure
            found.append(
                Situation(
                    f"{rank}.{place}",
                    *common,
                    one.mode,
                    one.sector,
                    one.role,
                    where.name,
                    where.finess,
                    where.siret,
                    where.technical,
                )
            )
        if not exercice.activities:
            found.append(Situation(f"{rank}.", *common, "", "", "", "", "", "", ""))
    return tuple(found)
