"""What to tell of one patient after one journal line.

The announcements of one patient and one line come in this order, each at most once unless said: created or updated;
merged or unmerged, then each merge or unmerge of which it is the survivor; the INS (qualified, ins-changed, ins-removed
or suspended); each link; each consent; each change of a stay. Patients follow one another in the order of the first
event of each in the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ecluse.rules.identity import vocabulary as stored
from ecluse.rules.identity.model import Event, Patient
from ecluse.rules.outward import vocabulary as words
from ecluse.rules.outward.stays import tell_stay
from ecluse.rules.outward.vocabulary import Announcement, InsStanding, Story, Told
from ecluse.rules.stay.vocabulary import PREFIX as STAY

_REMOVING = frozenset({"status", "status-contradicted", "sender", "domain", "environment"})
"""Reasons for which an INS that is still held is told removed and not suspended: its identity is no longer validated,
or nobody trusted vouches for it."""

_MERGES = {stored.MERGED: words.MERGED, stored.UNMERGED: words.UNMERGED}

_FIELDS = {
    "names": "names",
    "birth_date": "birth_date",
    "sex": "sex",
    "birth_place": "birth_place",
    "corrected_birth_date": "birth_date",
    "death_at": "death",
    "death": "death",
    "identity_unknown": "identity_unknown",
}
_DETAILS = {
    "PID-11": "addresses",
    "PID-13": "telecoms",
    "PID-14": "telecoms",
    "PID-15": "language",
    "PID-16": "marital_status",
    "PID-26": "nationalities",
    "PD1-4": "doctors",
    "ROL": "doctors",
    "NK1": "contacts",
}
CHANGED = (*dict.fromkeys((*_FIELDS.values(), *_DETAILS.values())), "identifiers", "status", "other")
"""Names of what `patient.updated` says changed; `other`: demographics that have no name of their own."""

Link = tuple[str, str, str]
"""Type of a link event and its two identifiers."""


def announce(
    told: Told,
    events: Sequence[Event],
    patient: Patient,
    standing: InsStanding,
    linked: Mapping[Link, Sequence[str]] | None = None,
    joined: int = 0,
) -> Story:
    """What to tell of a patient, and what is told then.

    :param told: what was told before; `Told()` for a patient never told of.
    :param events: those of one journal line about this patient, as stored; none: only its standing may have changed.
    :param patient: after these events.
    :param standing: of its INS after this line, with the senders as they were then.
    :param linked: see `partners`.
    :param joined: links that earlier lines declared and that the patient takes with an identifier it gains.
    """
    found = [
        *_identity(told, events, standing),
        *_merge(told, patient),
        *_absorbed(events, patient),
        *_ins(told, patient, standing),
        *[Announcement(words.LINKED, "", {"with": None})] * joined,
        *_links(events, linked or {}),
        *_consents(events),
    ]
    for event in events:
        if event.type.startswith(STAY):
            found.extend(tell_stay(event))
    after = Told(
        told.version + len(found),
        *_ins_told(told, patient, standing),
        patient.merged_into,
    )
    return Story(tuple(found), after)


def partners(events: Iterable[Event]) -> dict[Link, list[str]]:
    """The patients that each link or unlink of one journal line concerns."""
    found: dict[Link, list[str]] = {}
    for event in events:
        if event.type in (stored.LINKED, stored.UNLINKED) and event.patient:
            found.setdefault((event.type, event.data["a"], event.data["b"]), []).append(event.patient)
    return found


def _identity(told: Told, events: Sequence[Event], standing: InsStanding) -> Iterator[Announcement]:
    if told.version == 0:
        yield Announcement(words.CREATED, "", {"trust": standing.trust})
        return
    changed = {name for event in events for name in _changed(event)}
    if changed:
        names = [name for name in CHANGED if name in changed]
        yield Announcement(words.UPDATED, "", {"trust": standing.trust, "changed": names})


def _changed(event: Event) -> Iterator[str]:
    if event.type == stored.IDENTIFIERS:
        yield "identifiers"
    elif event.type == stored.STATUS:
        yield "status"
    elif event.type == stored.UPDATED:
        for name, value in event.data.items():
            if name == "details":
                yield from (_DETAILS.get(location, "other") for location in value)
            else:
                yield _FIELDS.get(name, "other")


def _merge(told: Told, patient: Patient) -> Iterator[Announcement]:
    if patient.merged_into == told.merged_into:
        return
    kind, other = (
        (words.MERGED, patient.merged_into) if patient.merged_into else (words.UNMERGED, told.merged_into)
    )
    yield Announcement(kind, other, {"merged": patient.id, "survivor": other})


def _absorbed(events: Sequence[Event], patient: Patient) -> Iterator[Announcement]:
    """The same, told of the survivor: stays and consents of the merged patient come to it, or leave it."""
    for event in events:
        if event.type in _MERGES and event.data["survivor"] == patient.id:
            merged = event.data["merged"]
            yield Announcement(_MERGES[event.type], merged, {"merged": merged, "survivor": patient.id})


def _ins(told: Told, patient: Patient, standing: InsStanding) -> Iterator[Announcement]:
    """What becomes of the INS last told: a merge says by itself that the merged patient has none any more."""
    if patient.merged_into:
        return
    data = {"trust": standing.trust}
    if not standing.reason:
        if told.ins and told.ins != standing.ins:
            yield Announcement(words.INS_CHANGED, "", data)
        elif not told.usable:
            yield Announcement(words.QUALIFIED, "", data)
    elif told.ins:
        why = {**data, "reason": standing.reason}
        if not _suspended(standing):
            yield Announcement(words.INS_REMOVED, "", why)
        elif told.usable:
            yield Announcement(words.SUSPENDED, "", why)


def _ins_told(told: Told, patient: Patient, standing: InsStanding) -> tuple[str, bool]:
    """Key of the INS last told usable, and whether it still is."""
    if patient.merged_into:
        return "", False
    if not standing.reason:
        return standing.ins, True
    return (told.ins if _suspended(standing) else ""), False


def _suspended(standing: InsStanding) -> bool:
    return bool(standing.ins) and standing.reason not in _REMOVING


def _links(events: Sequence[Event], linked: Mapping[Link, Sequence[str]]) -> Iterator[Announcement]:
    for event in events:
        if event.type in (stored.LINKED, stored.UNLINKED):
            ids = linked.get((event.type, event.data["a"], event.data["b"]), ())
            other = next((one for one in ids if one != event.patient), "")
            kind = words.LINKED if event.type == stored.LINKED else words.UNLINKED
            yield Announcement(kind, other, {"with": other or None})


def _consents(events: Sequence[Event]) -> Iterator[Announcement]:
    for event in events:
        if event.type == stored.CONSENT:
            told = {name: event.data[name] for name in ("stay", "source") if event.data.get(name)}
            yield Announcement(words.CONSENT, "", told)
