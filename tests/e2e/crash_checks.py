"""What a gateway holds after it was killed, against what was acknowledged: nothing lost, nothing done twice."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from typing import Any, NamedTuple

import msgspec
import psycopg

from ecluse.simulators.hospital import expected
from tests.e2e.crash_traffic import Sent
from tests.e2e.gateway import Gateway
from tests.e2e.held import differences

_EVENTS = "SELECT id / 4096, type, patient, data FROM store_storedevent ORDER BY id"
_LINES = "SELECT seq, kind, control_id, answer FROM store_journalentry"
_STATES = "SELECT id, state FROM store_patientstate"


class Kept(NamedTuple):
    """What a store holds, without what two stores cannot share (ids, times).

    lines: journal lines accepted, by MSH-10; effects: number of events of each of those; stray: events of lines that
    are not accepted messages; histories: event types of each patient, in order; states: state of each patient.
    Patients go by their first number.
    """

    lines: Counter[str]
    effects: dict[str, int]
    stray: int
    histories: dict[str, list[str]]
    states: dict[str, Any]


def kept(gateway: Gateway) -> Kept:
    """Read the store of a gateway that is stopped."""
    events, lines, states = (read(gateway, query) for query in (_EVENTS, _LINES, _STATES))
    control = {seq: name for seq, kind, name, answer in lines if kind == "message" and answer == "AA"}
    names = {
        patient: "@".join(msgspec.json.decode(data)["identifiers"][0][0:3:2])
        for _, type_, patient, data in events
        if type_ == "patient.created"
    }
    histories: dict[str, list[str]] = {}
    for _, type_, patient, _ in events:
        if patient:
            histories.setdefault(names[patient], []).append(type_)
    effects = Counter(seq for seq, *_ in events)
    return Kept(
        Counter(control.values()),
        {name: effects[seq] for seq, name in control.items()},
        sum(count for seq, count in effects.items() if seq not in control),
        histories,
        {names[id_]: _comparable(msgspec.json.decode(state), names) for id_, state in states},
    )


def read(gateway: Gateway, query: str) -> list[tuple[Any, ...]]:
    """Rows of the store, SQLite or PostgreSQL."""
    url = gateway.env.get("ECLUSE_DATABASE_URL")
    with closing(psycopg.connect(url) if url else sqlite3.connect(gateway.data / "ecluse.db")) as store:
        return list(store.execute(query))


def _comparable(value: Any, names: dict[str, str]) -> Any:
    """A state with patients by name; the time an INS came (fourth of its five parts) is left out."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, dict):
        return {name: _comparable(one, names) for name, one in value.items()}
    if isinstance(value, list):
        if len(value) == 5 and isinstance(value[4], list):
            value = [*value[:3], value[4]]
        return [_comparable(one, names) for one in value]
    return value


def check(gateway: Gateway, reference: Gateway, acknowledged: Sequence[Sent]) -> dict[str, int]:
    """Hold a store against what was acknowledged, and against a gateway that was never killed.

    :param gateway, reference: both stopped; the reference received the same messages.
    :raises AssertionError: saying what is lost, done twice, or otherwise.
    """
    assert acknowledged, "nothing was acknowledged at all"
    verified = json.loads(gateway.run("journal", "verify", "--format", "json").stdout)
    assert verified["ok"], verified["problems"][:5]
    gateway.run("journal", "rebuild", "--check")
    held, wanted = kept(gateway), kept(reference)
    lost = [one.control for one in acknowledged if one.control not in held.lines]
    assert not lost, f"{len(lost)} acknowledged messages are not there, e.g. {lost[:3]}"
    twice = [name for name, count in held.lines.items() if count > 1]
    assert not twice, f"done twice: {twice[:3]}"
    unasked = held.lines.keys() - {one.control for one in acknowledged}
    assert not unasked, f"kept although nobody was told: {sorted(unasked)[:3]}"
    assert not held.stray, f"{held.stray} effects of lines that are not accepted messages"
    for name in ("effects", "histories", "states"):
        ours, theirs = getattr(held, name), getattr(wanted, name)
        wrong = [key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)]
        assert not wrong, (
            f"{name}: {len(wrong)} otherwise than never killed, e.g. {wrong[0]}:"
            f" {ours.get(wrong[0])}, not {theirs.get(wrong[0])}"
        )
    _hold_against_the_senders(gateway, acknowledged)
    return {
        "acknowledged": len(acknowledged),
        "patients": len(held.states),
        "events": sum(held.effects.values()),
        "repetitions answered": len(
            read(gateway, "SELECT 1 FROM store_journalentry WHERE kind = 'duplicate'")
        ),
    }


def _hold_against_the_senders(gateway: Gateway, acknowledged: Sequence[Sent]) -> None:
    exported = json.loads(gateway.run("patients", "export", "--format", "json").stdout)["patients"]
    by_number = {
        (one["value"], one["authority"]["oid"]): patient
        for patient in exported
        for one in patient["identifiers"]
    }
    known = expected(one.outgoing for one in acknowledged if one.outgoing is not None)
    wrong = [difference for one in known.values() for difference in differences(one, by_number)]
    assert not wrong, f"{len(wrong)} patients otherwise than their senders know: {wrong[:5]}"
