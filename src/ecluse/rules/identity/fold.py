"""A patient is the fold of its events, and nothing else: this module is the only one that changes a state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ecluse.protocols.pam.facts import Name
from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.model import Event, LocalIdentifier, Patient, StoredIns

State = dict[str, Any]
"""Every field of a patient, in their order."""
Data = dict[str, Any]

_BLANK: State = Patient("")._asdict()


class UnknownEvent(ValueError):
    """An event of a type or of a format version that this release cannot read."""


def fold(patient: Patient | None, event: Event) -> Patient:
    """The patient after one event.

    :param patient: None before the first event of this patient.
    :param event: as stored; lists and tuples read alike.
    :raises UnknownEvent: for a type or a version this release does not know.
    """
    return fold_all(patient, (event,))


def fold_all(patient: Patient | None, events: Iterable[Event]) -> Patient:
    """The patient after several events, built once (see `fold`).

    :raises UnknownEvent: for an unknown type or version, or when the first event of a patient does not create it.
    """
    state: State | None = patient._asdict() if patient is not None else None
    for event in events:
        if state is None:
            if event.type != words.CREATED:
                raise UnknownEvent(f"the first event of a patient is {words.CREATED}, not {event.type}")
            state = {**_BLANK, "id": event.patient}
        apply = _READERS.get((event.type, event.version))
        if apply is None:
            raise UnknownEvent(f"no reader for {event.type} version {event.version}")
        apply(state, event.data)
        state["version"] += 1
    if state is None:
        raise UnknownEvent("a patient has at least one event")
    return Patient._make(state.values())


def _ins(data: Any) -> StoredIns:
    if type(data) is StoredIns:
        return data
    matricule, oid, sender, at, *also = data
    return StoredIns(matricule, oid, sender, at, tuple(also[0]) if also else ())


def _without(held: tuple[StoredIns, ...], key: str) -> tuple[StoredIns, ...]:
    return tuple([ins for ins in held if ins.key != key]) if held else ()


_SCALARS = (
    "birth_date",
    "sex",
    "birth_place",
    "corrected_birth_date",
    "death_at",
    "death",
    "identity_unknown",
)


def _demographics(state: State, data: Data) -> None:
    for name in _SCALARS:
        if name in data:
            state[name] = data[name]
    if "names" in data:
        names = data["names"]
        # A decision just made holds tuples already; an event read from the store holds lists.
        state["names"] = names if type(names) is tuple else tuple([Name(*name) for name in names])
    if "details" in data:
        details = dict(state.get("details", ()))
        for location, repetitions in data["details"].items():
            if type(repetitions) is not tuple:
                repetitions = tuple([tuple(repetition) for repetition in repetitions])
            if repetitions:
                details[location] = repetitions
            else:
                details.pop(location, None)
        state["details"] = details


def _created(state: State, data: Data) -> None:
    identifiers = data["identifiers"]
    if type(identifiers) is not tuple:
        identifiers = tuple([LocalIdentifier(*identifier) for identifier in identifiers])
    state["identifiers"] = identifiers
    if "statuses" in data:
        state["statuses"] = tuple(data["statuses"])
    _demographics(state, data)


def _identifiers(state: State, data: Data) -> None:
    removed = tuple([LocalIdentifier(*identifier) for identifier in data["removed"]])
    added = tuple([LocalIdentifier(*identifier) for identifier in data["added"]])
    moved = {identifier.key for identifier in removed + added}
    state["identifiers"] = tuple([one for one in state["identifiers"] if one.key not in moved]) + added
    for name, more in (
        ("former_identifiers", removed),
        ("retired_identifiers", removed if data.get("retired") else ()),
    ):
        state[name] = tuple([one for one in state.get(name, ()) if one.key not in moved]) + more


def _status(state: State, data: Data) -> None:
    state["statuses"] = tuple(data["to"])


def _consent(state: State, data: Data) -> None:
    state["consent"] = tuple(data["fields"])


def _adopted(state: State, data: Data) -> None:
    ins = _ins(data["ins"])
    state["superseded"] = _without(state.get("superseded", ()), ins.key)
    state["ins"] = ins
    state["suspended"] = state["ins_dropped"] = ""


def _repeated(state: State, data: Data) -> None:
    ins = state["ins"]
    state["ins"] = ins._replace(also=(*ins.also, data["sender"]))


def _restored(state: State, data: Data) -> None:
    state["ins"] = state["ins"]._replace(sender=data["sender"], at=data["at"], also=())
    state["suspended"] = ""


def _superseded(state: State, data: Data) -> None:
    ins = _ins(data["ins"])
    current = state.get("ins")
    if current is not None and current.key == ins.key:
        state["ins"] = None
        state["suspended"] = ""
    state["superseded"] = (*_without(state.get("superseded", ()), ins.key), ins)


def _withdrawn(state: State, data: Data) -> None:
    current = state.get("ins")
    gone = state.get("superseded", ()) + ((current,) if current else ())
    keys = {ins.key for ins in gone}
    state["withdrawn"] = tuple([ins for ins in state.get("withdrawn", ()) if ins.key not in keys]) + gone
    # The latest time said: an older message must not bring one of them back.
    state["withdrawn_on"] = data.get("recorded_at", "") or state.get("withdrawn_on", "")
    state["ins"] = None
    state["superseded"] = ()
    state["suspended"] = ""


def _suspended(state: State, data: Data) -> None:
    state["suspended"] = data["reason"]


def _dropped(state: State, data: Data) -> None:
    state["ins_dropped"] = data["reason"]


def _merged(state: State, data: Data) -> None:
    if data["merged"] == state["id"]:
        state["merged_into"] = data["survivor"]


def _unmerged(state: State, data: Data) -> None:
    if data["merged"] == state["id"]:
        state["merged_into"] = ""


def _collision(state: State, data: Data) -> None:
    state["collides_with"] = tuple(data.get("with", ()))


def _duplicate(state: State, data: Data) -> None:
    state["duplicates"] = tuple(data.get("with", ()))


def _unchanged(state: State, data: Data) -> None:
    """A link lives between identifiers, a note beside the identity: neither is in a patient; the history shows them."""


_READERS: dict[tuple[str, int], Callable[[State, Data], None]] = {
    (words.CREATED, 1): _created,
    (words.UPDATED, 1): _demographics,
    (words.IDENTIFIERS, 1): _identifiers,
    (words.STATUS, 1): _status,
    (words.CONSENT, 1): _consent,
    (words.MERGED, 1): _merged,
    (words.UNMERGED, 1): _unmerged,
    (words.INS_ADOPTED, 1): _adopted,
    (words.INS_REPEATED, 1): _repeated,
    (words.INS_SUPERSEDED, 1): _superseded,
    (words.INS_WITHDRAWN, 1): _withdrawn,
    (words.INS_SUSPENDED, 1): _suspended,
    (words.INS_RESTORED, 1): _restored,
    (words.INS_DROPPED, 1): _dropped,
    (words.COLLISION_FLAGGED, 1): _collision,
    (words.COLLISION_CLEARED, 1): _collision,
    (words.DUPLICATE_FLAGGED, 1): _duplicate,
    (words.DUPLICATE_CLEARED, 1): _duplicate,
    (words.LINKED, 1): _unchanged,
    (words.UNLINKED, 1): _unchanged,
    (words.NOTED, 1): _unchanged,
}
