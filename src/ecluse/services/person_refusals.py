"""Refused messages that name a person: no event leads to them, so their bytes are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ecluse.protocols.hl7 import Hl7Error, Message
from ecluse.rules.identity.model import Patient
from ecluse.store.models import JournalEntry, RawMessage

_PART = 500
_PLACES = (("PID", 3), ("MRG", 1))
"""Fields of an identity feed that carry identifiers of patients (PAM France 2.11)."""


def naming(states: Sequence[Patient]) -> Iterator[int]:
    """Lines refused (AE, AR) whose bytes are still kept and carry an identifier or an INS of the person.

    Read one by one, because nothing indexes what was not integrated.
    """
    mine = {one for state in states for one in _identifiers(state)}
    values = {value.encode() for value, _ in mine}
    after = 0
    while True:
        rows = JournalEntry.objects.filter(seq__gt=after, kind="message", answer__in=("AE", "AR")).order_by(
            "seq"
        )
        part = list(rows.values_list("seq", flat=True)[:_PART])
        if not part:
            return
        after = part[-1]
        for seq, received in (
            RawMessage.objects.filter(seq__in=part).order_by("seq").values_list("seq", "received")
        ):
            raw = bytes(received)
            if any(value in raw for value in values) and not mine.isdisjoint(_carried(raw)):
                yield seq


def _identifiers(state: Patient) -> Iterator[tuple[str, str]]:
    """Values with the name and the OID of their authority: the same number elsewhere is somebody else."""
    for one in (*state.identifiers, *state.former_identifiers, *state.retired_identifiers):
        yield from ((one.value, authority) for authority in {one.authority, one.oid} - {""} or {""})
    for ins in (state.ins, *state.superseded, *state.withdrawn):
        if ins is not None:
            yield ins.matricule, ins.oid


def _carried(raw: bytes) -> Iterator[tuple[str, str]]:
    """The same of the identifiers of a message; none when it cannot be read."""
    try:
        message = Message.parse(raw)
    except Hl7Error:
        return
    for name, number in _PLACES:
        for segment in message.all(name):
            for one in segment.repetitions(number):
                value, _, _, authority, *_ = (*one.split("^"), "", "", "", "")
                yield from ((value, part) for part in authority.split("&")[:2])
