"""Types of the events of a stay, each with the version of its format.

They are events like those of an identity (`rules.identity.model.Event`), kept in the same journal: `patient` is the
id of the patient the stay belongs to, `data["stay"]` the id of the stay. Data, beside `stay`:

`stay.opened`               visit, account, preadmit: the numbers of the stay (PV1-19, PID-18, PV1-5), each a list
                            (value, authority, OID, type of OID, type) or null; class: PV1-2 as received.
`stay.movement-inserted`    movement: the whole movement (see `model.Movement`), whose `n` counts from 1 in its stay.
`stay.movement-updated`     n: which movement; movement: the keys that changed, with their new values (Z99).
`stay.movement-cancelled`   n: which movement; by: the event that cancelled it (A11, A12, A13, A38…).
`stay.renumbered`           visit, account or preadmit: the number that the stay gained or that replaced another (A49).
`stay.moved`                from, to: ids of patients (A44). Told twice, once to each of them, with the same data;
                            consent: ZFA-1 to 12 collected for the stay, absent when nothing was.

The three movement events also carry `status`: the status of the stay after the event (`pre-admitted`, `in-progress`,
`on-leave`, `discharged`, `cancelled`); and `was`: the status before it, empty when the stay has just been opened. So
a reader knows, without folding, that a stay begins, ends or comes to nothing.

A consent collected for one stay is a `consent.recorded` of the patient with `stay`, see `rules.identity.vocabulary`.
"""

from __future__ import annotations

from typing import Any

from ecluse.rules.identity.model import Event

OPENED = "stay.opened"
INSERTED = "stay.movement-inserted"
UPDATED = "stay.movement-updated"
CANCELLED = "stay.movement-cancelled"
RENUMBERED = "stay.renumbered"
MOVED = "stay.moved"

VERSIONS: dict[str, int] = {
    OPENED: 1,
    INSERTED: 1,
    UPDATED: 1,
    CANCELLED: 1,
    RENUMBERED: 1,
    MOVED: 1,
}
"""Current version of the format of each event type."""

PREFIX = "stay."


def event(type_: str, patient: str, data: dict[str, Any]) -> Event:
    """An event in the current version of its format; `data` names its stay."""
    return Event(type_, VERSIONS[type_], patient, data)
