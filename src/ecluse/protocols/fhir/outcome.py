"""OperationOutcome: what went wrong, or what was ignored, for a program and for a person. Source: HL7 FHIR R4, 2.28."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ecluse.protocols.fhir import Resource
from ecluse.protocols.fhir.values import without_empty

Severity = Literal["fatal", "error", "warning", "information"]


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue. type: code of the value set issue-type; code: stable code of this gateway; words: the sentence for
    people; expression: the search parameter at fault, or empty.
    """

    severity: Severity
    type: str
    code: str
    words: str
    expression: str = ""


def outcome(*issues: Issue) -> Resource:
    """The resource of one or more issues."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(one) for one in issues]}


def _issue(one: Issue) -> Resource:
    return without_empty(
        {
            "severity": one.severity,
            "code": one.type,
            "details": {"coding": [{"code": one.code}], "text": one.words},
            "expression": [one.expression] if one.expression else None,
        }
    )
