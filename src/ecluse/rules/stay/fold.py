"""A stay is the fold of its events, and nothing else: this module is the only one that changes a stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from ecluse.protocols.pam.facts import Identifier, MovementId
from ecluse.rules.identity.fold import UnknownEvent
from ecluse.rules.identity.model import Event
from ecluse.rules.identity.vocabulary import CONSENT
from ecluse.rules.stay import vocabulary as words
from ecluse.rules.stay.model import Movement, Stay

Data = dict[str, Any]


def concerns_stay(event: Event) -> bool:
    """Whether a stay is folded from this event too."""
    return event.type.startswith(words.PREFIX) or (event.type == CONSENT and "stay" in event.data)


def fold_stay(stay: Stay | None, events: Iterable[Event]) -> Stay:
    """The stay after events.

    :param stay: None before the first event of this stay.
    :param events: as stored; lists and tuples read alike.
    :raises UnknownEvent: for an unknown type or version, or when the first event of a stay does not open it.
    """
    for event in events:
        if stay is None:
            if event.type != words.OPENED:
                raise UnknownEvent(f"the first event of a stay is {words.OPENED}, not {event.type}")
            stay = Stay(event.data["stay"], event.patient)
        apply = _READERS.get((event.type, event.version))
        if apply is None:
            raise UnknownEvent(f"no reader for {event.type} version {event.version}")
        stay = replace(apply(stay, event.data), version=stay.version + 1)
    if stay is None:
        raise UnknownEvent("a stay has at least one event")
    return stay


def _number(data: Any) -> Identifier | None:
    return None if data is None else Identifier(*data)


def _opened(stay: Stay, data: Data) -> Stay:
    return _numbered(replace(stay, sender=data.get("sender", "")), data)


def _numbered(stay: Stay, data: Data) -> Stay:
    """The stay with the numbers that the data holds."""
    return replace(
        stay,
        visit=_number(data.get("visit", stay.visit)),
        account=_number(data.get("account", stay.account)),
        preadmit=_number(data.get("preadmit", stay.preadmit)),
    )


def movement_values(data: Data) -> Data:
    """Values of a movement as its class holds them, from JSON or from a decision just made."""
    values = dict(data)
    if "ids" in values:
        values["ids"] = tuple([MovementId(*one) for one in values["ids"]])
    for name in ("medical_unit", "care_unit"):
        if name in values:
            values[name] = tuple(values[name])
    if "fields" in values:
        values["fields"] = {
            location: tuple([tuple(repetition) for repetition in repetitions])
            for location, repetitions in values["fields"].items()
        }
    return values


def _inserted(stay: Stay, data: Data) -> Stay:
    movement = Movement(**movement_values(data["movement"]))
    return replace(stay, movements=(*stay.movements, movement))


def _updated(stay: Stay, data: Data) -> Stay:
    return _changed(stay, data["n"], **movement_values(data["movement"]))


def _cancelled(stay: Stay, data: Data) -> Stay:
    return _changed(stay, data["n"], cancelled=data["by"])


def _changed(stay: Stay, n: int, **values: Any) -> Stay:
    movements = tuple([replace(one, **values) if one.n == n else one for one in stay.movements])
    return replace(stay, movements=movements)


def _moved(stay: Stay, data: Data) -> Stay:
    return replace(stay, patient=data["to"])


def _consent(stay: Stay, data: Data) -> Stay:
    return replace(stay, consent=tuple(data["stay_fields"]))


_READERS: dict[tuple[str, int], Callable[[Stay, Data], Stay]] = {
    (words.OPENED, 1): _opened,
    (words.INSERTED, 1): _inserted,
    (words.UPDATED, 1): _updated,
    (words.CANCELLED, 1): _cancelled,
    (words.RENUMBERED, 1): _numbered,
    (words.MOVED, 1): _moved,
    (CONSENT, 1): _consent,
}
