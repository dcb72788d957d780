"""Show a defect once when the checks of the profile and the decision both tell it (`data/same_defect.toml`)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ecluse.protocols.findings import Finding

_WEIGHTS = ("info", "warning", "error")


class Pair(NamedTuple):
    """Two rules that tell one defect. same_location: only when both tell it at the same place."""

    keep: str
    drop: str
    same_location: bool = False


@cache
def pairs() -> tuple[Pair, ...]:
    """The pairs of the table."""
    text = files("ecluse.services").joinpath("data/same_defect.toml").read_text("utf-8")
    return tuple(Pair(**one) for one in tomllib.loads(text)["pair"])


@cache
def _dropped() -> frozenset[str]:
    return frozenset(one.drop for one in pairs())


def told_once(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings of one message, in their order, each defect told once.

    :returns: without the second telling of a defect; the one kept has the heavier of the two severities.
    """
    if len(findings) < 2 or _dropped().isdisjoint(one.rule for one in findings):
        return findings
    for pair in pairs():
        findings = _without(findings, pair)
    return findings


def _without(findings: tuple[Finding, ...], pair: Pair) -> tuple[Finding, ...]:
    places = {one.location for one in findings if one.rule == pair.keep}
    again = [
        one
        for one in findings
        if one.rule == pair.drop and places and (not pair.same_location or one.location in places)
    ]
    if not again:
        return findings
    heaviest = max((one.severity for one in again), key=_WEIGHTS.index)
    return tuple(
        one._replace(severity=max(one.severity, heaviest, key=_WEIGHTS.index))
        if one.rule == pair.keep
        else one
        for one in findings
        if one not in again
    )
