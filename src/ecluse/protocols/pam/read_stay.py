"""Reads what an ITI-31 message says of a stay: its numbers, its movement, where the patient is and who cares.

Never raises on a parsed message. Source: PAM France 2.11.1 (PV1, PV2, ZBE, ZFP, ZFV, ZFM, PID-18, MRG-3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ecluse.protocols.pam.facts import Identifier, MovementFacts, MovementId, Repetition, StayFacts

_KEPT = {
    "PV1": (2, 3, 4, 6, 7, 8, 9, 10, 11, 14, 17, 36, 37, 39, 42, 43, 44, 45),
    "PV2": (8, 9, 47),
    "ZFP": (1, 2),
    "ZFV": tuple(range(1, 12)),
    "ZFM": (1, 2, 3, 4, 5),
}
"""Fields kept of a stay, by segment. The numbers (PV1-5, PV1-19, PID-18) have facts of their own."""

_WANTED = frozenset({"PID", "MRG", "ZBE", *_KEPT})
MOST_REPETITIONS = 20
"""Repetitions kept of one field, and movements (ZBE) of one message: what is kept of a message stays small."""

_NUMBERS = {
    "PV1": ((19, "visit"), (5, "preadmit")),
    "PID": ((18, "account"),),
    "MRG": ((3, "prior_account"), (5, "prior_visit")),
}


class Fields(Protocol):
    """Splits the fields of one message with its own delimiters (see `read`)."""

    def code(self, field: str) -> str:
        """First component of the first repetition."""

    def repetitions(self, field: str) -> tuple[Repetition, ...]:
        """Non-empty repetitions."""

    def identifiers(self, field: str) -> list[Identifier]:
        """Every CX."""


def read_stay(reader: Fields, lines: Sequence[str], separator: str) -> StayFacts:
    """What the segments of a message say of a stay; of each segment but ZBE, the first one.

    :param reader: splits fields; separator: the field separator of the message.
    """
    numbers: dict[str, Identifier] = {}
    fields: dict[str, tuple[Repetition, ...]] = {}
    movements: list[MovementFacts] = []
    seen: set[str] = set()
    for line in lines:
        name = line[:3]
        if name not in _WANTED:
            continue
        if name == "ZBE":
            if len(movements) < MOST_REPETITIONS:
                movements.append(_movement(reader, line.split(separator)))
        elif name not in seen:
            seen.add(name)
            parts = line.split(separator)
            for number, what in _NUMBERS.get(name, ()):
                found = reader.identifiers(parts[number]) if number < len(parts) else []
                if found:
                    numbers[what] = found[0]
            _keep(reader, fields, name, parts)
    return StayFacts(
        numbers.get("visit"),
        numbers.get("account"),
        numbers.get("preadmit"),
        numbers.get("prior_account"),
        numbers.get("prior_visit"),
        tuple(movements),
        fields,
    )


def _keep(reader: Fields, fields: dict[str, tuple[Repetition, ...]], name: str, parts: list[str]) -> None:
    for number in _KEPT.get(name, ()):
        if number >= len(parts):
            break
        found = reader.repetitions(parts[number]) if parts[number] else ()
        if found:
            fields[f"{name}-{number}"] = found[:MOST_REPETITIONS]


def _movement(reader: Fields, parts: list[str]) -> MovementFacts:
    parts = parts + [""] * (10 - len(parts))
    ids = []
    for one in reader.repetitions(parts[1])[:MOST_REPETITIONS]:
        value, authority, oid, oid_type = (part.strip() for part in (*one, "", "", "", "")[:4])
        if value:
            ids.append(MovementId(value, authority, oid, oid_type))
    units = [reader.repetitions(parts[number])[:1] for number in (7, 8)]
    medical, care = (unit[0] if unit else () for unit in units)
    return MovementFacts(
        tuple(dict.fromkeys(ids)),
        reader.code(parts[2]),
        reader.code(parts[4]),
        reader.code(parts[5]),
        reader.code(parts[6]),
        medical,
        care,
        reader.code(parts[9]),
    )
