"""The result of a validation."""

from __future__ import annotations

from typing import NamedTuple

from ecluse.protocols.findings import Finding


class Report(NamedTuple):
    """Findings of one message. event: `A28`; structure: `ADT^A28^ADT_A05` or empty when unknown; profile: the release
    the message was checked against (`2.11`); unchecked: True when that release's own differences are not known."""

    event: str
    structure: str
    profile: str
    findings: tuple[Finding, ...]
    unchecked: bool = False

    @property
    def conforming(self) -> bool:
        """True when no finding is an error."""
        return not any(finding.severity == "error" for finding in self.findings)
