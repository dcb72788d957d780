"""Fold refusals and the acts of people into groups, in the order of the journal (see `index_refusals`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from ecluse.services.queries.presentation import microseconds
from ecluse.store.models.refusals import RefusalDay, RefusalGroup, RefusalStep, RefusedLine

DAY = 86_400_000_000
"""Microseconds."""


class Refused(NamedTuple):
    """A refused line. at: µs since 1970; sender: 0 when none could be told; rule: the one that decided."""

    seq: int
    at: int
    sender: int
    rule: str
    location: str


class Act(NamedTuple):
    """What somebody did about groups: verb of the act, who, and its arguments."""

    seq: int
    at: int
    verb: str
    by: str
    arguments: dict[str, Any]


def group_id(sender: int, rule: str) -> str:
    """Id of the group of a sender and a rule."""
    return f"{sender}-{rule}"


class Folding:
    """What some lines of the journal make of the groups, until it is written."""

    def __init__(self) -> None:
        self.groups: dict[str, RefusalGroup] = {}
        self.days: dict[tuple[str, int], RefusalDay] = {}
        self.lines: list[RefusedLine] = []
        self.steps: list[RefusalStep] = []

    def add(self, one: Refused | Act) -> None:
        """Take in the next line."""
        if isinstance(one, Refused):
            self._refused(one)
            return
        for id_ in one.arguments.get("groups", ()):
            group = self._group(id_)
            if group is not None:
                self._done(group, one)

    def _group(self, id_: str) -> RefusalGroup | None:
        if id_ not in self.groups:
            found = RefusalGroup.objects.filter(id=id_).first()
            if found is None:
                return None
            self.groups[id_] = found
        return self.groups[id_]

    def _refused(self, one: Refused) -> None:
        id_ = group_id(one.sender, one.rule)
        group = self._group(id_)
        if group is None:
            group = self.groups[id_] = RefusalGroup(
                id=id_, sender=one.sender, rule=one.rule, count=0, first_seq=one.seq, first_at=one.at
            )
            self._step(group, one.seq, one.at, "first")
        group.count += 1
        group.last_seq, group.last_at, group.location = one.seq, one.at, one.location
        if group.resolved:
            if not group.since:
                self._step(group, one.seq, one.at, "again")
            group.since += 1
        self.lines.append(RefusedLine(seq=one.seq, group=id_))
        self._count_day(id_, one.at // DAY)

    def _count_day(self, id_: str, day: int) -> None:
        place = (id_, day)
        if place not in self.days:
            found = RefusalDay.objects.filter(group=id_, day=day).first()
            self.days[place] = found or RefusalDay(group=id_, day=day, count=0)
        self.days[place].count += 1

    def _done(self, group: RefusalGroup, one: Act) -> None:
        given, text = one.arguments, ""
        if one.verb == "assign":
            group.owner = text = given["owner"]
        elif one.verb == "note":
            group.note = text = given["note"]
        elif one.verb == "mute":
            text = given["until"]
            group.muted_until = microseconds(datetime.fromisoformat(text)) if text else 0
        elif one.verb == "resolve":
            group.resolved, group.resolved_at, group.since, group.muted_until = one.seq, one.at, 0, 0
            text = given.get("note", "")
        elif one.verb == "reopen":
            group.resolved = group.resolved_at = group.since = 0
            text = given.get("note", "")
        self._step(group, one.seq, one.at, one.verb, one.by, text)

    def _step(self, group: RefusalGroup, seq: int, at: int, kind: str, by: str = "", text: str = "") -> None:
        self.steps.append(RefusalStep(group=group.id, seq=seq, at=at, kind=kind, by=by, text=text))
