"""The rules of the profile: those written one by one, and the generic ones built for each field from the data."""

from __future__ import annotations

from functools import cache
from typing import Literal

from ecluse.protocols import findings
from ecluse.protocols.findings import Finding, Rule
from ecluse.protocols.pam.profile import CODED, TEXTS, Component, Field, Profile, profile, releases

_PACKAGE = "ecluse.protocols.pam"
_FORMATTED = frozenset({"ST", "DT", "TM", "DTM", "TS", "NM", "SI"}) | CODED


@cache
def rules() -> dict[str, Rule]:
    """Every rule by identifier: those of `data/rules.toml`, then the generic rules of each field."""
    found = dict(findings.catalogue(_PACKAGE, "data/rules.toml"))
    for release in reversed(releases()):
        for rule in _generic_rules(profile(release)):
            found.setdefault(rule.id, rule)
    return found


def describe(finding: Finding, language: Literal["fr", "en"] = "fr") -> str:
    """The sentence of a finding, in French or in English."""
    return findings.describe(finding, rules(), language)


def error_code(finding: Finding) -> str:
    """Code of HL7 table 0357 for a finding."""
    return rules()[finding.rule].code


def generic_kinds(field: Field, of: Profile) -> str | list[str]:
    """Kinds of generic finding that a field can give, see `explain.SEVERITIES`."""
    if field.usage == "X":
        return [] if "X" in field.own else ["X"]
    kinds = ["E"] if field.type in TEXTS else ["E", "K"]
    if field.usage == "R":
        kinds.append("U")
    if field.maximum is not None:
        kinds.append("C")
    parts = _leaves(field, of)
    if field.length is not None or any(part.length is not None for part in parts):
        kinds.append("L")
    if any(part.type in _FORMATTED for part in parts):
        kinds.append("F")
    if any(_is_closed(part, of) for part in parts):
        kinds.append("T")
    if any(_is_closed(part, of) or part.type in _FORMATTED - CODED - {"ST"} for part in parts):
        kinds.append("B")
    if field.parts:
        kinds.append("PS")
        every = [*field.parts, *(sub for part in field.parts for sub in of.types.get(part.type, ()))]
        if any(part.usage == "R" for part in every):
            kinds.append("PU")
        if any(part.usage == "X" for part in every):
            kinds.append("PX")
    return [kind for kind in kinds if kind not in field.own]


def _leaves(field: Field, of: Profile) -> list[Component]:
    """The simple values of a field: itself, or its components and subcomponents."""
    if not field.parts:
        return [Component(1, field.name, field.type, field.length, field.usage, field.table)]
    leaves = []
    for part in field.parts:
        inner = of.types.get(part.type)
        if inner is None or part.usage == "X":
            leaves.append(part)
            continue
        leaves.append(inner[0]._replace(table=part.table or inner[0].table))
        leaves.extend(inner[1:])
    return [leaf for leaf in leaves if leaf.usage != "X"]


def _is_closed(part: Component, of: Profile) -> bool:
    table = of.tables.get(part.table or "")
    return part.type in CODED and table is not None and table.kind != "open"


def _generic_rules(of: Profile) -> list[Rule]:
    templates = findings.catalogue(_PACKAGE, "data/generic.toml")
    built = []
    for segment, fields in of.segments.items():
        for field in fields:
            for kind in generic_kinds(field, of):
                built.append(_complete(templates[kind], segment, field, kind))
    return built


def _complete(template: Rule, segment: str, field: Field, kind: str) -> Rule:
    label = f"{segment}-{field.n}"
    values = {"field": label, "name": field.name, "segment": segment}
    return Rule(
        id=f"PAM-{label}-{kind}",
        severity="warning" if kind in field.soft else template.severity,
        code=template.code,
        text_fr=template.text_fr.format(**values),
        text_en=template.text_en.format(**values),
        source=template.source.format(**values),
    )
