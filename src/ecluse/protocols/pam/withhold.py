"""Take out of a message the INS that may not leave, and nothing else: every other byte stays as it came.

Source: guide d'implémentation de l'INS, rule 28 (EXI ID 29 of version 3): matricule and OID are transmitted for a
qualified identity only. The billing NIR (type NH) and the NIR of the insured (SS) are other identifiers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ecluse.protocols.hl7 import NULL, Message, UnreadableMessage
from ecluse.protocols.pam.checks.ins import authorities, calculated
from ecluse.protocols.pam.facts import Identifier
from ecluse.protocols.pam.read import read

_TYPE = "INS"
_NEXT_SEGMENT = re.compile(r"[ \t\n]*\n[ \t]*[A-Z][A-Z0-9]{2}\Z")
"""What a field keeps when a line feed ends its segment: the name of the next one."""

Leaves = Callable[[str, str], bool]
"""Whether an INS may leave: matricule and OID of its authority."""


class CannotWithhold(Exception):
    """An INS that may not leave is written in a way that cannot be taken out safely: the message must not leave."""


class Withheld(NamedTuple):
    """raw: the message as it may leave; sent, withheld: how many INS it keeps, and how many it lost."""

    raw: bytes
    sent: int
    withheld: int


def withhold_ins(raw: bytes, leaves: Leaves, *, kept_in_merge: bool = False) -> Withheld:
    """The message without the INS that may not leave.

    :param raw: a message as received; leaves: see `Leaves`.
    :param kept_in_merge: leave MRG-1 as it is: the INS to delete is how PAM France tells a deletion (A47).
    :raises UnreadableMessage: when the bytes are no message; CannotWithhold: see there.
    """
    message = Message.parse(raw)
    marks = message.delimiters
    if not all(mark.isascii() for mark in marks):
        raise CannotWithhold("a delimiter is not an ASCII character")
    # Read byte by byte: delimiters are ASCII in every charset but UTF-16, and no other byte may change.
    codec = "utf-16" if message.charset.codec.startswith("utf-16") else "latin-1"
    work = _Work(marks.field, marks.repetition, marks.component, marks.subcomponent, leaves, kept_in_merge)
    changed = "\r".join(map(work.line, raw.decode(codec).split("\r")))
    result = changed.encode(codec) if work.withheld else raw
    _check(result, leaves, kept_in_merge)
    return Withheld(result, work.sent, work.withheld)


class _Work:
    def __init__(
        self, field: str, repetition: str, component: str, sub: str, leaves: Leaves, merge: bool
    ) -> None:
        self._field = field
        self._repetition = repetition or "\0"
        self._component = component or "\0"
        self._sub = sub or "\0"
        self._leaves = leaves
        self._merge = merge
        self._segment = ""
        self.sent = 0
        self.withheld = 0

    def line(self, text: str) -> str:
        """One segment, or several that line feeds separate."""
        fields = text.split(self._field)
        self._segment = fields[0].strip()[-3:]
        kept = []
        for field in fields:
            kept.append(self._cleaned(field) if self._component in field else field)
            if (following := _NEXT_SEGMENT.search(field)) is not None:
                self._segment = following.group().strip()
        return self._field.join(kept)

    def _cleaned(self, field: str) -> str:
        tail = _NEXT_SEGMENT.search(field)
        end = tail.start() if tail is not None else len(field)
        repetitions = field[:end].split(self._repetition)
        kept = [one for one in repetitions if not self._goes(one)]
        return field if len(kept) == len(repetitions) else self._repetition.join(kept) + field[end:]

    def _goes(self, repetition: str) -> bool:
        """Whether a repetition is an INS that may not leave."""
        parts = repetition.split(self._component)
        value, oid = parts[0].strip(), ""
        if len(parts) > 3:
            oid = [*parts[3].split(self._sub), ""][1].strip()
        kind = parts[4].strip() if len(parts) > 4 else ""
        if not value or value == NULL or not _is_ins(oid, kind):
            return False
        if (self._merge and self._segment == "MRG") or self._leaves(value, oid):
            self.sent += 1
            return False
        self.withheld += 1
        return True


def _is_ins(oid: str, kind: str) -> bool:
    if oid in calculated() or kind == _TYPE:
        return True
    return oid in authorities() and kind in ("", "PI")


def _check(raw: bytes, leaves: Leaves, kept_in_merge: bool) -> None:
    """Read the result as a receiver would: no INS that may not leave is in it, however it was written."""
    try:
        facts = read(Message.parse(raw))
    except UnreadableMessage as error:
        raise CannotWithhold("the message cannot be read without its INS") from error
    found: list[Identifier] = [one for person in facts.persons for one in person.identifiers]
    if not kept_in_merge:
        found += facts.prior
    for one in found:
        if one.value != NULL and _is_ins(one.oid, one.type) and not leaves(one.value, one.oid):
            raise CannotWithhold("an INS is written in a form that cannot be taken out")
