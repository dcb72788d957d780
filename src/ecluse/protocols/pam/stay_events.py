"""What each event of ITI-31 does to a stay, from `data/stay_events.toml`.

Source: PAM France 2.11.1, ITI-31 (insert, cancel, correct); IHE ITI TF-2, 3.31 (pending and temporary events).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from ecluse.protocols.pam.facts import MessageFacts

Verb = Literal["insert", "cancel", "update", "move", "renumber"]
Effect = Literal[
    "",
    "admit",
    "preadmit",
    "change",
    "leave",
    "return",
    "discharge",
    "expect-admission",
    "expect-transfer",
    "expect-discharge",
    "depart",
    "arrive",
]


@dataclass(frozen=True, slots=True)
class StayEvent:
    """An event: its verb, the events it may cancel, the effect of its movement, and its name."""

    verb: Verb
    label_fr: str
    label_en: str
    cancels: tuple[str, ...] = ()
    effect: Effect = ""


@cache
def stay_events() -> Mapping[str, StayEvent]:
    """Every event of ITI-31, by its code."""
    data = tomllib.loads(files("ecluse.protocols.pam").joinpath("data/stay_events.toml").read_text("utf-8"))
    return {
        code: StayEvent(**{**body, "cancels": tuple(body.get("cancels", ()))}) for code, body in data.items()
    }


STAY_EVENTS = frozenset(stay_events())
"""Trigger events of ITI-31, options included."""


def verb(facts: MessageFacts) -> Verb:
    """What a message of ITI-31 asks. A06 and A07 cancel one another when ZBE-4 says so; else the event alone says."""
    event = stay_events()[facts.header.event]
    if event.verb == "insert" and event.cancels and facts.stay is not None:
        movements = facts.stay.movements
        if movements and movements[0].action == "CANCEL":
            return "cancel"
    return event.verb
