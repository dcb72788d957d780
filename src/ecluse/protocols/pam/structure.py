"""Structure of a message: which segments, in which order, in which groups.

As a pattern for the fast check; as a walk that says what is missing, misplaced or too much. Source: PAM France 2.11.1,
message structures; HL7 v2.5, 2.12.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from ecluse.protocols.findings import Finding, Severity
from ecluse.protocols.hl7 import Segment
from ecluse.protocols.pam.profile import Element, Structure, load

FREE_Z_EVENTS = frozenset({"A40", "A47"})
"""Events for which the position of Z segments is not specified."""


_ORDERS: dict[str, Callable[[str], re.Match[str] | None]] = {}
"""Fast checks by structure (`ADT^A28^ADT_A05`), the same in every release."""


def elements_pattern(elements: tuple[Element, ...], segment: Callable[[str], str]) -> str:
    """Pattern of the elements of a structure, without those that give a finding when they are there.

    :param segment: pattern of a segment by name.
    """
    out = []
    for element in elements:
        if element.usage == "X" or element.finding:
            continue
        inner = elements_pattern(element.elements, segment) if element.elements else segment(element.segment)
        if element.maximum is None:
            out.append(f"(?:{inner}){'++' if element.usage == 'R' else '*+'}")
        else:
            out.append(inner if element.usage == "R" else f"(?:{inner}|)")
    return "".join(out)


def explain_structure(structure: Structure, segments: list[Segment]) -> Iterator[Finding]:
    """Findings on the segments of a message, in the order of the message."""
    if _order(structure)("".join([segment.name + "," for segment in segments])):
        return
    walker = _Walker(structure, segments)
    yield from walker.walk()


def _order(structure: Structure) -> Callable[[str], re.Match[str] | None]:
    """Fast check of the order of the segments, over their names, each followed by a comma."""
    found = _ORDERS.get(structure.structure)
    if found is None:
        pattern = elements_pattern(structure.elements, lambda name: name + ",")
        found = _ORDERS[structure.structure] = re.compile(pattern + r"\Z").match
    return found


@cache
def french_z_segments() -> frozenset[str]:
    """The Z segments that PAM France defines."""
    return frozenset(load("structures.json")["z_order"])


class _Walker:
    """Reads the segments against the structure, one at a time, and recovers after a wrong one."""

    def __init__(self, structure: Structure, segments: list[Segment]) -> None:
        self.structure = structure
        self.segments = segments
        self.index = 0
        self.counts: dict[str, int] = {}
        self.findings: list[Finding] = []

    def walk(self) -> list[Finding]:
        """Every finding on the structure."""
        self.sequence(self.structure.elements, frozenset())
        while self.index < len(self.segments):
            self.skip()
        return self.findings

    def sequence(self, elements: tuple[Element, ...], follow: frozenset[str]) -> None:
        """Consume the elements of a structure or of a group, in order.

        :param follow: names that may come after the whole sequence.
        """
        for position, element in enumerate(elements):
            later = follow | frozenset(_first(other) for other in elements[position + 1 :])
            first = _first(element)
            count = 0
            while True:
                name = self.current()
                if name == first and not (count == element.maximum and first in later):
                    count += 1
                    self.consume(element, later | {first})
                    if element.maximum is not None and count > element.maximum:
                        self.too_many(element)
                elif name is None or name in later:
                    break
                else:
                    self.skip()
            if count == 0 and element.usage == "R" and not self.comes_later(first):
                self.report("PAM-SEG-001", "error", first, expected=self.structure.structure)

    def current(self) -> str | None:
        """Name of the current segment, None at the end."""
        return self.segments[self.index].name if self.index < len(self.segments) else None

    def comes_later(self, name: str) -> bool:
        """Whether a segment is further on: it will be reported as misplaced, not as missing."""
        return any(segment.name == name for segment in self.segments[self.index :])

    def consume(self, element: Element, follow: frozenset[str]) -> None:
        """Read the element at the current segment."""
        if element.elements:
            self.sequence(element.elements, follow)
            return
        segment = self.take()
        where = self.path(segment)
        if element.usage == "X":
            if element.finding:
                self.report(element.finding, "warning", where, segment.name)
            else:
                self.report("PAM-SEG-005", "error", where, segment.name, self.structure.structure)
        elif element.finding:
            self.report(element.finding, "info", where, segment.name)

    def take(self) -> Segment:
        """The current segment; the next one becomes current."""
        segment = self.segments[self.index]
        self.index += 1
        self.counts[segment.name] = self.counts.get(segment.name, 0) + 1
        return segment

    def too_many(self, element: Element) -> None:
        """A segment or group is there more often than allowed."""
        segment = self.segments[self.index - 1]
        if element.segment == "PATIENT":
            self.report("PAM-MRG-001", "error", f"MRG[{self.counts.get('MRG', 1)}]", expected="1")
        else:
            self.report("PAM-SEG-003", "error", self.path(segment), segment.name, str(element.maximum))

    def skip(self) -> None:
        """Pass over a segment that has no place here."""
        segment = self.take()
        name, where = segment.name, self.path(segment)
        if not re.fullmatch(r"[A-Z][A-Z0-9]{2}", name):
            self.report("PAM-SEG-006", "error", "", expected="ABC|")
        elif name in french_z_segments():
            free = self.structure.event in FREE_Z_EVENTS
            self.report("PAM-SEG-011" if free else "PAM-SEG-012", "info" if free else "warning", where, name)
        elif name.startswith("Z"):
            self.report("PAM-SEG-004", "info", where, name)
        else:
            self.report("PAM-SEG-002", "error", where, name, self.structure.structure)

    def path(self, segment: Segment) -> str:
        """Where a segment just taken stands: `PID` or `PID[2]`."""
        count = self.counts[segment.name]
        return segment.name if count == 1 else f"{segment.name}[{count}]"

    def report(
        self, rule: str, severity: Severity, where: str, received: str = "", expected: str = ""
    ) -> None:
        """Keep a finding."""
        self.findings.append(Finding(rule, severity, where, received, expected))


def _first(element: Element) -> str:
    """Name of the segment that begins an element."""
    return element.elements[0].segment if element.elements else element.segment
