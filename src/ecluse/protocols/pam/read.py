"""Reads a message into facts: what an ITI-30 message says, decoded, without judging it.

Never raises on a parsed message: what is missing reads as absent, what is misplaced stays where it was. Source:
PAM France 2.11.1 (PID, PD1, ZFA, ZFD, MRG) and HL7 v2.5, 2.5.3 (absent, empty, null).
"""

from __future__ import annotations

from ecluse.protocols.hl7 import STANDARD, Delimiters, Message, Segment, unescape
from ecluse.protocols.pam.facts import Header, Identifier, MessageFacts, Name, PersonFacts, Repetition

PID_DETAILS = (6, 11, 13, 14, 15, 16, 18, 21, 23, 24, 25, 26, 34)
"""Demographic fields of PID kept as details (the five strict traits and the statuses have fields of their own)."""

PD1_DETAILS = tuple(range(1, 22))
SEGMENT_DETAILS = frozenset({"NK1", "ROL", "AL1", "OBX", "ZFD"})
_ZFA_FIELDS = 12
_NO_FIELDS: list[str] = []


def read(message: Message) -> MessageFacts:
    """Facts of a message.

    :param message: any parsed message; only ITI-30 messages give a complete answer.
    :returns: header, persons (two for A24 and A37, one per group for a multiple A40), prior identifiers of every MRG,
        number of merge groups, consent (ZFA).
    """
    marks = message.delimiters
    reader = _Reader(marks, bool(marks.escape) and marks.escape in message.text[9:])
    header = reader.header(message)
    persons: list[PersonFacts] = []
    prior: list[Identifier] = []
    merges = 0
    consent: Repetition = ()
    pid: list[str] | None = None
    details: dict[str, tuple[Repetition, ...]] = {}
    corrected = ""
    for segment in message.segments:
        name = segment.name
        if name == "PID":
            if pid is not None:
                persons.append(reader.person(pid, details, corrected))
                details, corrected = {}, ""
            pid = segment.fields
        elif name in SEGMENT_DETAILS:
            if name == "ZFD":
                corrected = reader.code(segment.field(4))
            details[name] = (*details.get(name, ()), reader.texts(segment))
        elif name == "PD1":
            reader.add_fields(details, "PD1-", segment.fields, PD1_DETAILS)
        elif name == "MRG":
            merges += 1
            prior.extend(reader.identifiers(segment.field(1)))
        elif name == "ZFA":
            consent = reader.consent(segment.fields)
    if pid is not None:
        persons.append(reader.person(pid, details, corrected))
    return MessageFacts(header, tuple(persons), tuple(prior), merges, consent)


class _Reader:
    """Splits fields with the delimiters of one message; unescapes only when the message has an escape character."""

    __slots__ = ("component", "escaped", "marks", "repetition", "standard", "subcomponent")

    def __init__(self, marks: Delimiters, escaped: bool) -> None:
        self.marks = marks
        self.escaped = escaped
        self.standard = marks == STANDARD
        self.component = marks.component or "\0"
        self.repetition = marks.repetition or "\0"
        self.subcomponent = marks.subcomponent or "\0"

    def plain(self, text: str) -> str:
        """A component without its escape sequences."""
        return unescape(text, self.marks) if self.escaped else text

    def code(self, field: str) -> str:
        """First component of the first repetition, blanks around it removed."""
        if not field:
            return ""
        return self.plain(field.split(self.repetition, 1)[0].split(self.component, 1)[0].strip())

    def repetitions(self, field: str) -> tuple[Repetition, ...]:
        """Non-empty repetitions of a field, each without its trailing empty components."""
        separator = self.component
        if self.repetition not in field and separator not in field:
            return ((self.plain(field),),) if field else ()
        found = []
        for repetition in field.split(self.repetition):
            parts = repetition.rstrip(separator).split(separator)
            if self.escaped:
                parts = [unescape(part, self.marks) for part in parts]
            if self.subcomponent != "&":
                parts = [part.replace(self.subcomponent, "&") for part in parts]
            if len(parts) > 1 or parts[0]:
                found.append(tuple(parts))
        return tuple(found)

    def identifiers(self, field: str) -> list[Identifier]:
        """Every CX of a field (CX-1, CX-4, CX-5); an identifier without a value is skipped."""
        found = []
        for repetition in field.split(self.repetition):
            parts = repetition.split(self.component)
            value = parts[0]
            if not value:
                continue
            count = len(parts)
            authority = parts[3] if count > 3 else ""
            type_ = parts[4].strip() if count > 4 else ""
            hd = authority.split(self.subcomponent) if authority else ["", "", ""]
            if len(hd) < 3:
                hd += [""] * (3 - len(hd))
            if self.escaped:
                value, type_ = self.plain(value), self.plain(type_)
                hd = [self.plain(part) for part in hd]
            found.append(Identifier(value.strip(), hd[0].strip(), hd[1].strip(), hd[2].strip(), type_))
        return found

    def names(self, field: str) -> tuple[Name, ...]:
        """Every XPN of a field: XPN-1.1, 2, 3, 5 and 7; a repetition without any value is skipped."""
        found = []
        for repetition in field.split(self.repetition):
            parts = repetition.split(self.component)
            if len(parts) < 7:
                parts += [""] * (7 - len(parts))
            family = parts[0]
            if self.subcomponent in family:
                family = family.split(self.subcomponent, 1)[0]
            type_ = parts[6].strip()
            if self.escaped:
                name = Name(*[unescape(p, self.marks) for p in (family, parts[1], parts[2], parts[4], type_)])
            else:
                name = Name(family, parts[1], parts[2], parts[4], type_)
            if name[0] or name[1] or name[2] or type_:
                found.append(name)
        return tuple(found)

    def birth_place(self, addresses: tuple[Repetition, ...]) -> str:
        """XAD-9 of the first address of type BDL (birth place)."""
        for address in addresses:
            if len(address) > 6 and address[6].strip() == "BDL":
                return address[8].strip() if len(address) > 8 else ""
        return ""

    def person(
        self, fields: list[str], details: dict[str, tuple[Repetition, ...]], corrected: str
    ) -> PersonFacts:
        """Facts of one PID and of the segments that follow it."""
        count = len(fields)
        if count < 35:
            fields = fields + [""] * (35 - count)
        self.add_fields(details, "PID-", fields, PID_DETAILS)
        code = self.code
        return PersonFacts(
            identifiers=tuple(self.identifiers(fields[3])) if fields[3] else (),
            names=self.names(fields[5]) if fields[5] else (),
            birth_date=code(fields[7]),
            sex=code(fields[8]),
            birth_place=self.birth_place(details.get("PID-11", ())),
            statuses=tuple([code(status) for status in fields[32].split(self.repetition) if code(status)])
            if fields[32]
            else (),
            death_at=code(fields[29]),
            death=code(fields[30]),
            identity_unknown=code(fields[31]),
            corrected_birth_date=corrected,
            details=details,
        )

    def add_fields(
        self,
        details: dict[str, tuple[Repetition, ...]],
        prefix: str,
        fields: list[str],
        numbers: tuple[int, ...],
    ) -> None:
        """Put the non-empty fields among `numbers` into `details`, by location (`PID-11`)."""
        count = len(fields)
        for number in numbers:
            if number >= count:
                break
            text = fields[number]
            if text:
                found = self.repetitions(text)
                if found:
                    details[f"{prefix}{number}"] = found

    def texts(self, segment: Segment) -> Repetition:
        """Fields of a segment as ER7 text with the standard delimiters, from field 1, trailing empty ones removed."""
        fields = segment.fields[1:]
        while fields and not fields[-1]:
            fields.pop()
        if self.standard:
            return tuple(fields)
        return tuple([_standard_text(field, self.marks) for field in fields])

    def consent(self, fields: list[str]) -> Repetition:
        """ZFA-1 to ZFA-12, first component of each."""
        values = [self.code(field) for field in fields[1 : _ZFA_FIELDS + 1]]
        return tuple(values + [""] * (_ZFA_FIELDS - len(values)))

    def header(self, message: Message) -> Header:
        """MSH and EVN."""
        fields = message.segments[0].fields
        if len(fields) < 18:
            fields = fields + [""] * (18 - len(fields))
        separator = self.component
        kind = fields[9].split(separator)
        version = fields[12].split(separator)
        while len(kind) < 3:
            kind.append("")
        while len(version) < 3:
            version.append("")
        recorded = occurred = ""
        event = message.first("EVN")
        if event is not None:
            recorded, occurred = self.code(event.field(2)), self.code(event.field(6))
        code = self.code
        return Header(
            sending_application=code(fields[3]),
            sending_facility=code(fields[4]),
            receiving_application=code(fields[5]),
            receiving_facility=code(fields[6]),
            sent_at=code(fields[7]),
            type=kind[0].strip(),
            event=kind[1].strip(),
            structure=kind[2].strip(),
            control_id=self.plain(fields[10].strip()),
            processing=code(fields[11]),
            version=version[0].strip(),
            country=version[1].split(self.subcomponent, 1)[0].strip(),
            release=version[2].split(self.subcomponent, 1)[0].strip(),
            recorded_at=recorded,
            occurred_at=occurred,
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
