"""Reads a message into facts: what a message of ITI-30 or ITI-31 says, decoded, without judging it.

Never raises on a parsed message: what is missing reads as absent, what is misplaced stays where it was. Source:
PAM France 2.11.1 (PID, PD1, ZFA, ZFD, MRG) and HL7 v2.5, 2.5.3 (absent, empty, null).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ecluse.protocols.hl7 import STANDARD, Delimiters, Message, unescape
from ecluse.protocols.pam.facts import Header, Identifier, MessageFacts, Name, PersonFacts, Repetition
from ecluse.protocols.pam.read_stay import read_stay
from ecluse.protocols.pam.stay_events import STAY_EVENTS

_PID_DETAILS = tuple((n, f"PID-{n}") for n in (6, 11, 13, 14, 15, 16, 18, 21, 23, 24, 25, 26, 34))
"""Demographic fields of PID kept as details (strict traits, statuses and death have facts of their own)."""

_PD1_DETAILS = tuple((n, f"PD1-{n}") for n in range(1, 22))
_SEGMENT_DETAILS = frozenset({"NK1", "ROL", "AL1", "OBX", "ZFD"})
MOST_KEPT = 100
"""Segments of one name kept as details for one person; the message keeps them all, what is kept of it stays small."""

_PID_FIELDS = 35
_ZFA_FIELDS = 12
_NOTHING: tuple[Repetition, ...] = ()

Details = dict[str, tuple[Repetition, ...]]


def read(message: Message) -> MessageFacts:
    """Facts of a message.

    :param message: any parsed message; only those of ITI-30 and ITI-31 give a complete answer.
    :returns: header, persons (two for A24 and A37, one per group for a multiple A40), prior identifiers of every MRG,
        number of merge groups, consent (ZFA), and the stay of an ITI-31 message. Of the segments of one name that
        follow a PID, the first `MOST_KEPT`.
    """
    reader = _Reader(message)
    separator = message.delimiters.field
    persons: list[PersonFacts] = []
    prior: list[Identifier] = []
    merges = 0
    consent: Repetition = ()
    corrected = ""
    times = ("", "")
    pid: list[str] | None = None
    details: Details = {}
    segments: dict[str, list[Repetition]] = {}
    for line in message.lines:
        name = line[:3]
        if name == "PID":
            if pid is not None:
                persons.append(reader.person(pid, details, segments, corrected))
                details, segments, corrected = {}, {}, ""
            pid = line.split(separator)
        elif name in _SEGMENT_DETAILS:
            kept = segments.get(name)
            if kept is None:
                kept = segments[name] = []
            elif len(kept) == MOST_KEPT:
                continue
            texts = reader.texts(line)
            kept.append(texts)
            if name == "ZFD" and len(texts) > 3:
                corrected = reader.code(line.split(separator, 5)[4])
        elif name == "PD1":
            reader.add_fields(details, line.split(separator), _PD1_DETAILS)
        elif name == "ZFA":
            consent = reader.consent(line)
        elif name == "EVN" and times == ("", ""):
            times = reader.times(line.split(separator, 7))
        elif name == "MRG":
            merges += 1
            prior.extend(reader.identifiers("".join(line.split(separator, 2)[1:2])))
    if pid is not None:
        persons.append(reader.person(pid, details, segments, corrected))
    header = reader.header(message.lines[0].split(separator), *times)
    stay = read_stay(reader, message.lines, separator) if header.event in STAY_EVENTS else None
    return MessageFacts(header, tuple(persons), tuple(prior), merges, consent, stay)


class _Reader:
    """Splits fields with the delimiters of one message; unescapes only when the message has an escape character."""

    __slots__ = ("component", "marks", "plain", "repetition", "subcomponent")

    plain: Callable[[str], str] | None

    def __init__(self, message: Message) -> None:
        marks = message.delimiters
        self.marks = marks
        # A delimiter that the sender did not declare splits nothing: no text holds a NUL by then.
        self.component = marks.component or "\0"
        self.repetition = marks.repetition or "\0"
        self.subcomponent = marks.subcomponent or "\0"
        self.plain = None
        if marks.escape and message.text.find(marks.escape, 9) >= 0:
            self.plain = partial(unescape, marks=marks, codec=message.charset.codec)

    def code(self, field: str) -> str:
        """First component of the first repetition, blanks around it removed."""
        if not field:
            return ""
        if self.component in field or self.repetition in field:
            field = field.split(self.repetition, 1)[0].split(self.component, 1)[0]
        return (self.plain(field) if self.plain else field).strip()

    def repetitions(self, field: str) -> tuple[Repetition, ...]:
        """Non-empty repetitions of a field, each without its trailing empty components."""
        separator, plain = self.component, self.plain
        if len(field) == 1 and field != separator and field != self.repetition:
            return ((field,),)
        if plain is None and self.subcomponent == "&":
            if self.repetition not in field:
                parts = field.rstrip(separator).split(separator)
                return (tuple(parts),) if parts != [""] else _NOTHING
            found = [tuple(text.rstrip(separator).split(separator)) for text in field.split(self.repetition)]
            return tuple([parts for parts in found if parts != ("",)])
        found = []
        for text in field.split(self.repetition):
            parts = text.rstrip(separator).split(separator)
            if parts != [""]:
                found.append(tuple([self.subtext(part) for part in parts]))
        return tuple(found)

    def subtext(self, component: str) -> str:
        """A component unescaped, its subcomponents joined by `&`."""
        texts = component.split(self.subcomponent)
        return "&".join([self.plain(text) for text in texts] if self.plain else texts)

    def identifiers(self, field: str) -> list[Identifier]:
        """Every CX of a field (CX-1, CX-4, CX-5); an identifier without a value is skipped."""
        found = []
        plain = self.plain
        for repetition in field.split(self.repetition):
            parts = repetition.split(self.component)
            if len(parts) < 5:
                parts += [""] * (5 - len(parts))
            hd = parts[3].split(self.subcomponent)
            if len(hd) < 3:
                hd += [""] * (3 - len(hd))
            if plain is not None:
                parts = [plain(part) for part in parts]
                hd = [plain(part) for part in hd]
            value = parts[0].strip()
            if value:
                found.append(Identifier(value, hd[0].strip(), hd[1].strip(), hd[2].strip(), parts[4].strip()))
        return found

    def names(self, field: str) -> tuple[Name, ...]:
        """Every XPN of a field: XPN-1.1, 2, 3, 5 and 7; a repetition without any value is skipped."""
        found = []
        plain = self.plain
        for repetition in field.split(self.repetition):
            parts = repetition.split(self.component)
            if len(parts) < 7:
                parts += [""] * (7 - len(parts))
            if self.subcomponent in parts[0]:
                parts[0] = parts[0].split(self.subcomponent, 1)[0]
            if plain is not None:
                parts = [plain(part) for part in parts]
            name = Name(parts[0], parts[1], parts[2], parts[4], parts[6].strip())
            if any(name):
                found.append(name)
        return tuple(found)

    def person(
        self, fields: list[str], details: Details, segments: dict[str, list[Repetition]], corrected: str
    ) -> PersonFacts:
        """Facts of one PID and of the segments that follow it."""
        for name, kept in segments.items():
            details[name] = tuple(kept)
        count = len(fields)
        if count < _PID_FIELDS:
            fields += [""] * (_PID_FIELDS - count)
        self.add_fields(details, fields, _PID_DETAILS)
        birth_place = ""
        for address in details.get("PID-11", _NOTHING):
            if len(address) > 6 and address[6].strip() == "BDL":
                birth_place = address[8].strip() if len(address) > 8 else ""
                break
        code, status = self.code, fields[32]
        if status and self.repetition in status:
            statuses: tuple[str, ...] = tuple(
                [one for one in map(code, status.split(self.repetition)) if one]
            )
        else:
            one = code(status)
            statuses = (one,) if one else ()
        return PersonFacts(
            tuple(self.identifiers(fields[3])) if fields[3] else (),
            self.names(fields[5]) if fields[5] else (),
            code(fields[7]),
            code(fields[8]),
            birth_place,
            statuses,
            code(fields[29]) if fields[29] else "",
            code(fields[30]) if fields[30] else "",
            code(fields[31]) if fields[31] else "",
            corrected,
            details,
        )

    def add_fields(self, details: Details, fields: list[str], wanted: tuple[tuple[int, str], ...]) -> None:
        """Put the non-empty fields among those wanted into `details`, by location (`PID-11`)."""
        count = len(fields)
        for number, location in wanted:
            if number >= count:
                break
            if text := fields[number]:
                found = self.repetitions(text)
                if found:
                    details[location] = found

    def texts(self, line: str) -> Repetition:
        """Fields of a segment as ER7 text with the standard delimiters, from field 1, trailing empty ones removed."""
        separator = self.marks.field
        fields = line.rstrip(separator).split(separator)[1:]
        if self.marks is not STANDARD and self.marks != STANDARD:
            return tuple([_standard_text(field, self.marks) for field in fields])
        return tuple(fields)

    def consent(self, line: str) -> Repetition:
        """ZFA-1 to ZFA-12, first component of each."""
        values = line.split(self.marks.field, _ZFA_FIELDS + 1)[1 : _ZFA_FIELDS + 1]
        if self.plain is not None or self.component in line or self.repetition in line or " " in line:
            values = [self.code(value) for value in values]
        return tuple(values + [""] * (_ZFA_FIELDS - len(values)))

    def times(self, fields: list[str]) -> tuple[str, str]:
        """EVN-2 (recorded) and EVN-6 (occurred)."""
        code = self.code
        return (code(fields[2]) if len(fields) > 2 else "", code(fields[6]) if len(fields) > 6 else "")

    def header(self, fields: list[str], recorded: str, occurred: str) -> Header:
        """MSH, and the times of EVN. `fields[n - 1]` is MSH-n."""
        if len(fields) < 12:
            fields += [""] * (12 - len(fields))
        code, separator = self.code, self.component
        kind = fields[8].split(separator)
        version = fields[11].split(separator)
        kind += [""] * (3 - len(kind))
        version += [""] * (3 - len(version))
        sub = self.subcomponent
        return Header(
            code(fields[2]),
            code(fields[3]),
            code(fields[4]),
            code(fields[5]),
            code(fields[6]),
            kind[0].strip(),
            kind[1].strip(),
            kind[2].strip(),
            (self.plain(fields[9]) if self.plain else fields[9]).strip(),
            code(fields[10]),
            version[0].strip(),
            version[1].split(sub, 1)[0].strip(),
            version[2].split(sub, 1)[0].strip(),
            recorded,
            occurred,
        )


def _standard_text(field: str, marks: Delimiters) -> str:
    """A field rewritten with the delimiters `|^~\\&`: details are kept under one set of delimiters only."""
    pairs = zip(marks, STANDARD, strict=True)
    table = {ord(own): standard for own, standard in pairs if own}
    for letter, mark in zip("FSRET", STANDARD, strict=True):
        if ord(mark) not in table:
            table[ord(mark)] = f"\\{letter}\\"
    if not marks.escape or marks.escape not in field:
        return field.translate(table)
    parts = field.split(marks.escape)
    known = dict(zip("FSRET", marks, strict=True))
    rewritten = [parts[0].translate(table)]
    index = 1
    while index < len(parts):
        if index + 1 < len(parts) and parts[index] in known:
            literal = known[parts[index]]
            escaped = f"\\{'FSRET'[STANDARD.index(literal)]}\\" if literal in STANDARD else literal
            rewritten.append(escaped + parts[index + 1].translate(table))
            index += 2
        else:
            rewritten.append("\\" + parts[index].translate(table))
            index += 1
    return "".join(rewritten)
