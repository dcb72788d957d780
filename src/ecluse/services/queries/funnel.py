"""How far the identities come on the way to a usable INS, from the numbers of the overview.

Each identity that is not usable has one reason, the first that stops it (`rules.identity.usability`): the steps follow
that order, so each tells exactly how many came so far.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ecluse.services.queries.overview import Overview

Gate = Literal["known", "validated", "with-ins", "coherent", "conforming", "usable"]
_INVALID = ("environment", "key", "missing-traits")
_NOT_VOUCHED = ("sender", "domain")


@dataclass(frozen=True, slots=True)
class Passed:
    """How many identities passed a gate.

    gate: `known` (all that are not merged), `validated` (VALI, neither DOUT nor FICT), `with-ins` (an INS is kept),
    `coherent` (its traits were not contradicted, nobody else carries it), `conforming` (OID, key and strict traits),
    `usable` (its sender is confirmed and its domain ours: qualifiée).
    """

    gate: Gate
    count: int


def funnel(overview: Overview) -> tuple[Passed, ...]:
    """The gates in order, each with how many identities passed it."""
    usable = overview.trust.get("qualifiee", 0)
    validated = usable + overview.trust.get("validee", 0)
    waiting = overview.waiting
    vouched = usable + sum(waiting.get(one, 0) for one in _NOT_VOUCHED)
    conforming = vouched + sum(waiting.get(one, 0) for one in _INVALID)
    kept = usable + sum(waiting.values())
    known = sum(overview.trust.values())
    return (
        Passed("known", known),
        Passed("validated", validated),
        Passed("with-ins", kept),
        Passed("coherent", conforming),
        Passed("conforming", vouched),
        Passed("usable", usable),
    )
