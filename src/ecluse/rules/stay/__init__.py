"""Decides what an ITI-31 message means for a stay: pure functions over what is known and what the message says."""

from ecluse.protocols.findings import Rule, catalogue
from ecluse.rules.stay.decisions import decide
from ecluse.rules.stay.fold import concerns_stay, fold_stay
from ecluse.rules.stay.keys import asked_keys, index_keys
from ecluse.rules.stay.model import KnownStays, Movement, Status, Stay
from ecluse.rules.stay.situation import Situation, Unit, live, situation


def rules() -> dict[str, Rule]:
    """The catalogue of the rules of this room, by identifier (`STY-…`)."""
    return catalogue("ecluse.rules.stay", "data/rules.toml")


__all__ = [
    "KnownStays",
    "Movement",
    "Situation",
    "Status",
    "Stay",
    "Unit",
    "asked_keys",
    "concerns_stay",
    "decide",
    "fold_stay",
    "index_keys",
    "live",
    "rules",
    "situation",
]
