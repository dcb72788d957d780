"""Which rights follow from a profession, a unit and a site on a day, and how a matrix of them is reviewed.

Source: référentiel d'exigences of the DMP, EXI 20 (habilitations by profession and unit), reviewed at least every year.
"""

from ecluse.rules.habilitation.lines import (
    ANY,
    EVERYWHERE,
    Changes,
    Line,
    compare,
    in_force,
    ordered,
    rights_of,
    same_unit,
    wrong_dates,
)
from ecluse.rules.habilitation.reviews import (
    LONGEST_DAYS,
    SOON_DAYS,
    Alarm,
    Decision,
    Due,
    Verdict,
    after_review,
    due,
    latest_due,
    undecided,
)

__all__ = [
    "ANY",
    "EVERYWHERE",
    "LONGEST_DAYS",
    "SOON_DAYS",
    "Alarm",
    "Changes",
    "Decision",
    "Due",
    "Line",
    "Verdict",
    "after_review",
    "compare",
    "due",
    "in_force",
    "latest_due",
    "ordered",
    "rights_of",
    "same_unit",
    "undecided",
    "wrong_dates",
]
