"""Every rule a finding may name, whichever room checks it, and the sentence of a finding."""

from __future__ import annotations

from functools import cache
from typing import Literal

from ecluse.protocols import findings, pam
from ecluse.protocols.findings import Finding, Rule
from ecluse.rules import identity, stay


@cache
def rules() -> dict[str, Rule]:
    """All rules by identifier."""
    return {
        **pam.rules(),
        **identity.rules(),
        **stay.rules(),
        **findings.catalogue("ecluse.services", "data/rules.toml"),
    }


def describe(finding: Finding, language: Literal["fr", "en"] = "fr") -> str:
    """The sentence of a finding, in French or in English."""
    return findings.describe(finding, rules(), language)


def finding(rule: str, location: str = "", received: str = "", expected: str = "") -> Finding:
    """A finding with the severity its rule gives it."""
    return Finding(rule, rules()[rule].severity, location, received, expected)
