"""Decides what a message means for the identities: pure functions over what is known and what the message says."""

from ecluse.protocols.findings import Rule, catalogue
from ecluse.rules.identity.decisions import decide, keys, more_keys
from ecluse.rules.identity.fold import UnknownEvent, fold, fold_all
from ecluse.rules.identity.identifiers import Sorted, index_keys, sort_all
from ecluse.rules.identity.model import (
    Decision,
    Environment,
    Event,
    Known,
    LocalIdentifier,
    Patient,
    Policy,
    Refusal,
    StoredIns,
    Trust,
)
from ecluse.rules.identity.registry import Registry
from ecluse.rules.identity.usability import Reason, trust, usability


def rules() -> dict[str, Rule]:
    """The catalogue of the rules of this room, by identifier (`IDN-…`, `INS-…`)."""
    return catalogue("ecluse.rules.identity", "data/rules.toml")


__all__ = [
    "Decision",
    "Environment",
    "Event",
    "Known",
    "LocalIdentifier",
    "Patient",
    "Policy",
    "Reason",
    "Refusal",
    "Registry",
    "Rule",
    "Sorted",
    "StoredIns",
    "Trust",
    "UnknownEvent",
    "decide",
    "fold",
    "fold_all",
    "index_keys",
    "keys",
    "more_keys",
    "rules",
    "sort_all",
    "trust",
    "usability",
]
