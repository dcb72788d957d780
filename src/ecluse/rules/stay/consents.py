"""What patients said in general once a stay has moved from one to the other (A44): each keeps its own words only.

Source: PAM France 2.11.1, A44 and ZFA-9 to 12 (a consent is collected per care episode, from the patient of the stay).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from ecluse.protocols.hl7 import NULL
from ecluse.protocols.pam.facts import Repetition
from ecluse.rules.identity.consent import EMPTY, latest, recorded
from ecluse.rules.identity.model import Event
from ecluse.rules.identity.vocabulary import CONSENT
from ecluse.rules.identity.vocabulary import event as identity_event
from ecluse.rules.stay.draft import StayDraft
from ecluse.rules.stay.model import Stay
from ecluse.rules.stay.vocabulary import MOVED

SOURCE = "moved"
"""`source` of a `consent.recorded` that only an A44 made."""

_GROUPS = ((1, 2), (3,), (9, 10), (11, 12))
"""Fields of ZFA that belong together: a state or a choice, and its date."""


def for_stay(stay: Stay, fields: Repetition, stay_fields: Repetition) -> dict[str, Any]:
    """Data of a `consent.recorded` collected for a stay.

    :param stay: before it; fields, stay_fields: what then holds for its patient and for the stay.
    """
    before = {"stay_before": stay.consent} if stay.consent else {}
    return {"fields": fields, "stay": stay.id, "stay_fields": stay_fields, **before}


def follow(draft: StayDraft, moved: Iterable[Stay]) -> None:
    """Give to the patient of the message what was said for the stays it gained; take it from those who had them.

    :param moved: the stays as they were before.
    """
    stays = [one for one in moved if one.consent]
    if not stays:
        return
    gone = {one.id for one in stays}
    before = {patient for one in stays for patient in (one.patient, draft.owner(one))} - {draft.patient}
    for patient in sorted(before):
        kept = draft.known.patients.get(patient)
        if kept is not None:
            _tell(draft, patient, kept.consent, without(patient, draft.stays.past.get(patient, ()), gone))
    mine = draft.known.patients.get(draft.patient)
    kept_here = mine.consent if mine is not None else ()
    now = kept_here
    for one in stays:
        now = latest(now, one.consent) or now
    _tell(draft, draft.patient, kept_here, now)


def _tell(draft: StayDraft, patient: str, before: Repetition, after: Repetition) -> None:
    if (before or EMPTY) != (after or EMPTY):
        draft.events.append(
            identity_event(CONSENT, patient, {"fields": after or EMPTY, "source": SOURCE}),
        )


def without(patient: str, past: Iterable[Event], gone: Collection[str]) -> Repetition:
    """What a patient said in general, had it never had these stays nor those it lost before.

    :param past: its events of consents and of moved stays, in order.
    """
    events = tuple(past)
    lost: set[str] = set()
    for one in events:
        if one.type == MOVED:
            (lost.add if one.data["from"] == patient else lost.discard)(one.data["stay"])
    lost.update(gone)
    general: Repetition = ()
    # What held before, in general (empty name) and for each stay: an event says the whole, only its news was said then.
    held: dict[str, Repetition] = {}
    for one in events:
        stay = one.data.get("stay") or ""
        said = _gained(one.data, held, patient) if one.type == MOVED else _said(one.data, held, stay)
        if said and stay not in lost and one.data.get("source") != SOURCE:
            general = (latest if stay else recorded)(general, said) or general
    return general


def _gained(data: dict[str, Any], held: dict[str, Repetition], patient: str) -> Repetition:
    """What had been said for a stay when the patient gained it; nothing for one it lost."""
    if data["to"] != patient:
        return ()
    held[data["stay"]] = tuple(data.get("consent") or ())
    return held[data["stay"]]


def _said(data: dict[str, Any], held: dict[str, Repetition], stay: str) -> Repetition:
    """What one recording changed of what held, of its stay or in general; what became empty was erased.

    What held of a stay is in the event: some of it may have been said for a patient that was merged into this one.
    """
    after = tuple(data["stay_fields"] if stay else data["fields"])
    before = data.get("stay_before") or held.get(stay) or EMPTY
    held[""] = tuple(data["fields"])
    if stay:
        held[stay] = after
    said = list(EMPTY)
    for group in _GROUPS:
        if any(before[field - 1] != after[field - 1] for field in group):
            for field in group:
                said[field - 1] = after[field - 1] or (NULL if before[field - 1] else "")
    return tuple(said)
