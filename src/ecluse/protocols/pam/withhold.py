"""Take out of a message the INS that may not leave, and nothing else: every other byte stays as it came.

Source: guide d'implémentation de l'INS, rule 28 (EXI ID 29 of version 3): matricule and OID are transmitted for a
qualified identity only. The billing NIR (type NH) and the NIR of the insured (SS, IN1-49) are other identifiers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from ecluse.protocols.hl7 import Message, UnreadableMessage
from ecluse.protocols.pam.ins_claims import Claim, Claims, compact, names_authority

_NEXT_SEGMENT = re.compile(r"[ \t\n]*\n[ \t]*[A-Z][A-Z0-9]{2}\Z")
"""What a field keeps when a line feed ends its segment: the name of the next one."""
_BODY, _MATRICULE = 13, 15
"""Characters of a matricule, without its key and with it."""

Leaves = Callable[[str, str], bool]
"""Whether an INS may leave: matricule (capitals, no blanks) and OID of its authority, empty when it has none."""


class CannotWithhold(Exception):
    """An INS that may not leave is written in a way that cannot be taken out safely: the message must not leave."""


class Withheld(NamedTuple):
    """raw: the message as it may leave; sent, withheld: how many INS it keeps, and how many it lost."""

    raw: bytes
    sent: int
    withheld: int


def nothing(matricule: str, oid: str) -> bool:
    """No INS at all."""
    return False


def withhold_ins(raw: bytes, leaves: Leaves, *, deleted: Leaves = nothing) -> Withheld:
    """The message without the INS that may not leave.

    :param raw: a message as received; leaves: see `Leaves`.
    :param deleted: which INS MRG-1 may name all the same: that is how PAM France tells a deletion (A47).
    :raises UnreadableMessage: when the bytes are no message; CannotWithhold: see there.
    """
    message = Message.parse(raw)
    marks = message.delimiters
    if not all(mark.isascii() for mark in marks):
        raise CannotWithhold("a delimiter is not an ASCII character")
    # Read byte by byte: delimiters are ASCII in every charset but UTF-16, and no other byte may change.
    codec = message.charset.codec if message.charset.codec.startswith("utf-16") else "latin-1"
    try:
        text = raw.decode(codec, "surrogatepass")
    except UnicodeDecodeError as error:
        raise CannotWithhold("half a character stands at the end of the message") from error
    work = _Work(message, leaves, deleted)
    changed = "\r".join(map(work.line, text.split("\r")))
    result = changed.encode(codec, "surrogatepass") if work.gone else raw
    _check(result, work)
    return Withheld(result, work.sent, len(work.gone))


class _Work:
    def __init__(self, message: Message, leaves: Leaves, deleted: Leaves) -> None:
        self.claims = Claims(message.delimiters, message.charset.codec)
        self._field = message.delimiters.field
        self.repetition = message.delimiters.repetition or "\0"
        self._leaves = leaves
        self._deleted = deleted
        self.sent = 0
        self.gone: list[Claim] = []

    def line(self, text: str) -> str:
        """One segment, or several that line feeds separate."""
        fields = text.split(self._field)
        segment, number, kept = fields[0].strip()[-3:], 0, []
        for field in fields:
            kept.append(self._cleaned(field, f"{segment}-{number}"))
            number += 1
            if (following := _NEXT_SEGMENT.search(field)) is not None:
                segment, number = following.group().strip(), 1
        return self._field.join(kept)

    def _cleaned(self, field: str, place: str) -> str:
        tail = _NEXT_SEGMENT.search(field)
        end = tail.start() if tail is not None else len(field)
        repetitions = field[:end].split(self.repetition)
        kept = [one for one in repetitions if not self._goes(one, place)]
        return field if len(kept) == len(repetitions) else self.repetition.join(kept) + field[end:]

    def _goes(self, repetition: str, place: str) -> bool:
        claim = self.claims.read(repetition)
        if claim is None or claim.other:
            return False
        if self.may_stay(claim, place):
            self.sent += 1
            return False
        self.gone.append(claim)
        return True

    def may_stay(self, claim: Claim, place: str) -> bool:
        """Whether every matricule of an INS may leave from there."""
        if all(self._leaves(value, claim.oid) for value in claim.values):
            return True
        return place == "MRG-1" and all(self._deleted(value, claim.oid) for value in claim.values)

    def text_may_stay(self, text: str) -> bool:
        """Whether a text names no INS that may not leave: a matricule beside the name of its authority."""
        oid = names_authority(text)
        return oid is None or all(self._leaves(value, oid) for value in self.claims.matricules(text))


def _check(raw: bytes, work: _Work) -> None:
    """Read the result as a receiver would: no INS that may not leave is in it, however it is written."""
    try:
        message = Message.parse(raw)
    except UnreadableMessage as error:
        raise CannotWithhold("the message cannot be read without its INS") from error
    secret = {
        value[:_BODY] if len(value) == _MATRICULE else value for one in work.gone for value in one.values
    }
    secret = {value for value in secret if len(value) >= _BODY}
    for place, repetition in _repetitions(message):
        claim = work.claims.read(repetition)
        if claim is not None and not claim.other and not work.may_stay(claim, place):
            raise CannotWithhold("an INS is written in a form that cannot be taken out")
        text = work.claims.plain(repetition)
        found, told = compact(text), claim.values if claim is not None else ()
        if any(one in found and not any(value.startswith(one) for value in told) for one in secret):
            raise CannotWithhold("an INS that may not leave is written a second time, in a text")
        if claim is None and not work.text_may_stay(text):
            raise CannotWithhold("an INS that may not leave is written in a text")


def _repetitions(message: Message) -> Iterator[tuple[str, str]]:
    """Every repetition, with its segment and field."""
    for segment in message.segments:
        for number in range(1, len(segment.fields)):
            for repetition in segment.repetitions(number):
                yield f"{segment.name}-{number}", repetition
