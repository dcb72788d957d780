"""What a receiver should hold once the messages of a day are played: the truth of the senders, to compare
with.

Reckoned from what the senders know, not from the messages: no rule of the gateway is used here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ecluse.simulators.hospital.outgoing import Outgoing
from ecluse.simulators.hospital.record import Ins, Record


class Expected(NamedTuple):
    """State of one patient. local, authority: its number and the OID of who gave it; ins: the INS that may
    be used, None without one; merged_into: the number of the record that replaces it; former: numbers it
    bore before;
    record: the last full word of the senders."""

    local: str
    authority: str
    statuses: tuple[str, ...]
    ins: Ins | None
    deceased: bool
    merged_into: str | None
    former: tuple[str, ...]
    record: Record


def expected(messages: Iterable[Outgoing]) -> dict[str, Expected]:
    """State of every patient of a day, by local id (`Outgoing.patient`); a renamed patient bears its last
    number."""
    found: dict[str, Expected] = {}
    for message in messages:
        record = message.record
        if record is None or message.event in ("A24", "A37"):
            continue
        known = found.get(message.patient)
        if message.event == "A40":
            (gone,) = message.also
            found[gone] = found[gone]._replace(merged_into=record.local)
        elif message.event == "A47" and message.also:
            (old,) = message.also
            before = found.pop(old)
            found[message.patient] = _state(before.record, (*before.former, before.local), record.local)
        elif message.event == "A47" and known:
            # An A47 says the identifiers and the status; the rest of the record waits for an A31.
            found[message.patient] = known._replace(statuses=record.status, ins=_usable(record))
        else:
            found[message.patient] = _state(record, known.former if known else ())
    return found


def _state(record: Record, former: tuple[str, ...], local: str | None = None) -> Expected:
    return Expected(
        local or record.local,
        record.authority.oid,
        record.status,
        _usable(record),
        record.deceased_at is not None,
        None,
        former,
        record,
    )


def _usable(record: Record) -> Ins | None:
    # When a NIA and a NIR travel together the NIR, written last, is the one that stays (PAM FR, NIA to NIR).
    return record.ins[-1] if record.ins else None
