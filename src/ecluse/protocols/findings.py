"""Findings: what was observed on a message, with the rule that says so and words a person can act on.

A rule lives in a TOML catalogue beside the room that checks it: identifier, severity, code of HL7 table 0357,
text in French and English, source clause. A finding carries only the identifier and the values of the case.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "info"]


class Finding(NamedTuple):
    """One observation on a message.

    rule: identifier in a catalogue (`PAM-PID-32-001`); severity: as decided for this case; location: HL7 path
    (`PID-3[2].4.2`) or the empty string; received, expected: values of the case, never a matricule.
    """

    rule: str
    severity: Severity
    location: str = ""
    received: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a catalogue. `text_fr` and `text_en` may use {location}, {received} and {expected}."""

    id: str
    severity: Severity
    code: str
    text_fr: str
    text_en: str
    source: str


@cache
def catalogue(package: str, resource: str) -> dict[str, Rule]:
    """Rules of a TOML catalogue shipped in `package`: one table per rule, keys of `Rule` without `id`."""
    data = tomllib.loads(files(package).joinpath(resource).read_text("utf-8"))
    return {name: Rule(id=name, **body) for name, body in data.items()}


def describe(finding: Finding, rules: dict[str, Rule], language: Literal["fr", "en"] = "fr") -> str:
    """The sentence of a finding in a language."""
    rule = rules[finding.rule]
    text = rule.text_fr if language == "fr" else rule.text_en
    return text.format(location=finding.location, received=finding.received, expected=finding.expected)
