"""What to do about a finding, and who does it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.journal import FindingDocument


@dataclass(frozen=True, slots=True)
class Remedy:
    """Who does what: `vendor`, `operator` or `identity`; page: where, `senders` or empty."""

    who: str
    page: str
    said: Sentence


@dataclass(frozen=True, slots=True)
class Advice:
    """A finding with what to do about it; null when nothing is to be done."""

    finding: FindingDocument
    remedy: Remedy | None


@cache
def _remedies() -> dict[str, Remedy]:
    tables = tomllib.loads(files("ecluse.services").joinpath("data/remedies.toml").read_text("utf-8"))
    return {
        name: Remedy(one["who"], one["page"], Sentence(one["fr"], one["en"])) for name, one in tables.items()
    }


def remedy(rule: str) -> Remedy | None:
    """What to do about a rule: what the longest beginning of it says."""
    found = [name for name in _remedies() if rule.startswith(name)]
    return _remedies()[max(found, key=len)] if found else None


def advised(
    findings: tuple[FindingDocument, ...], cause: FindingDocument | None = None
) -> tuple[Advice, ...]:
    """Findings with what to do, the one that decided first, then by weight; each remedy is told once."""
    weights = {"error": 0, "warning": 1, "info": 2}
    order = sorted(findings, key=lambda one: (one is not cause, weights.get(one.severity, 3)))
    told: set[Sentence] = set()
    advices = []
    for one in order:
        wanted = remedy(one.rule) if one.severity != "info" or one is cause else None
        if wanted is not None and wanted.said in told:
            wanted = None
        if wanted is not None:
            told.add(wanted.said)
        advices.append(Advice(one, wanted))
    return tuple(advices)
