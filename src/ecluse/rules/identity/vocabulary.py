"""Types of the events of an identity, each with the version of its format.

An event is a fact for ever: its data is small, holds in JSON, and is enough to fold a patient again. A format that
changes gets a new version here and a new reader in `fold`; the old reader stays. A key that may be absent needs no new
version: `recorded_at` of `ins.withdrawn` (when the sender said it, HL7 TS, with its offset when it is known), `retired`
of `identifiers.changed` (the removed identifiers may never be used again); of `consent.recorded`, `source` (`message`
when absent, `api`, `console`, `cli`; `moved` when only a stay changed patients), `by` and `how` (who collected it;
`oral`, `written` or `online`), `correction` (a choice said to replace a later one), `stay` with `stay_fields` and
`stay_before` (the stay it was collected for, ZFA-1 to 12 of that stay and what they were before, absent when nothing
was; `fields` is what holds for the patient).
"""

from __future__ import annotations

from typing import Any

from ecluse.rules.identity.model import Event

CREATED = "patient.created"
UPDATED = "patient.updated"
IDENTIFIERS = "identifiers.changed"
STATUS = "status.changed"
CONSENT = "consent.recorded"
MERGED = "patients.merged"
UNMERGED = "patients.unmerged"
INS_ADOPTED = "ins.adopted"
INS_REPEATED = "ins.repeated"
INS_SUPERSEDED = "ins.superseded"
INS_WITHDRAWN = "ins.withdrawn"
INS_SUSPENDED = "ins.suspended"
INS_RESTORED = "ins.restored"
INS_DROPPED = "ins.dropped"
COLLISION_FLAGGED = "collision.flagged"
COLLISION_CLEARED = "collision.cleared"
DUPLICATE_FLAGGED = "duplicate.flagged"
DUPLICATE_CLEARED = "duplicate.cleared"
LINKED = "identifiers.linked"
UNLINKED = "identifiers.unlinked"
NOTED = "patient.noted"

VERSIONS: dict[str, int] = {
    CREATED: 1,
    UPDATED: 1,
    IDENTIFIERS: 1,
    STATUS: 1,
    CONSENT: 1,
    MERGED: 1,
    UNMERGED: 1,
    INS_ADOPTED: 1,
    INS_REPEATED: 1,
    INS_SUPERSEDED: 1,
    INS_WITHDRAWN: 1,
    INS_SUSPENDED: 1,
    INS_RESTORED: 1,
    INS_DROPPED: 1,
    COLLISION_FLAGGED: 1,
    COLLISION_CLEARED: 1,
    DUPLICATE_FLAGGED: 1,
    DUPLICATE_CLEARED: 1,
    LINKED: 1,
    UNLINKED: 1,
    NOTED: 1,
}
"""Current version of the format of each event type."""


def event(type_: str, patient: str, data: dict[str, Any]) -> Event:
    """An event in the current version of its format."""
    return Event(type_, VERSIONS[type_], patient, data)
