"""Keep the list of expected and present stays, with what is known of the choices on the DMP for each of them.

Feeding works by opposition, and what was said of it holds from one stay to the next; consultation is collected per care
episode (PAM France 2.11, ZFA-9 to 12), so it counts when it was said for the stay, or since the stay began. NA is no
choice. The sources do not say when a stay that nobody closes is over: see `OUTPATIENT_DAYS` and `EXPECTED_DAYS`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db.models import F

from ecluse.protocols.hl7.times import read_time
from ecluse.rules.identity.model import Patient
from ecluse.rules.identity.vocabulary import CONSENT, MERGED, UNMERGED
from ecluse.rules.stay import Situation, Stay, live, situation
from ecluse.rules.stay.vocabulary import PREFIX
from ecluse.services.follow_events import Follower, Told
from ecluse.services.follow_events import catch_up as follow
from ecluse.services.follow_events import keep_near as follow_near
from ecluse.services.queries.masking import hide
from ecluse.services.queries.presentation import microseconds, present
from ecluse.store.access_turn import writing
from ecluse.store.models import Meta, PatientState
from ecluse.store.models.reviews import OpenStay, UnitCount
from ecluse.store.models.stays import StayState
from ecluse.store.worklists import STAYS

OUTPATIENT_DAYS = 2
"""Consultations often have no end: an outpatient (PV1-2 other than I) is taken as gone after that many days."""
EXPECTED_DAYS = 30
"""A pre-admission that nobody cancels is forgotten that many days after the day it announced."""

_DAY = 86_400_000_000
_FEEDING = frozenset({"INO", "IO"})
_CONSULTATION = frozenset({"IC", "INC"})
_PARTS = 200
_decode = msgspec.json.Decoder(Stay).decode
_decode_patient = msgspec.json.Decoder(Patient).decode
_decode_data = msgspec.json.Decoder(dict[str, Any]).decode


def catch_up(goes: int = 5) -> bool:
    """Follow what was stored since the last time. False when more is left than that many goes can do.

    :raises DatabaseError: the store does not answer, or cannot be written.
    """
    return follow(FOLLOWER, goes)


def keep_near() -> bool:
    """The same for a page: False, and nothing done, when more than a little is left."""
    return follow_near(FOLLOWER)


def drop_past(now: int) -> None:
    """Take off the stays that nobody closed. now: µs since 1970."""
    past = OpenStay.objects.filter(until__gt=0, until__lte=now)
    if not past.exists():
        return
    with writing():
        # The row that a follower changes first: they wait for one another, and count nothing twice.
        list(Meta.objects.select_for_update().filter(name=STAYS))
        _replace(list(past.values_list("stay", flat=True)[:1000]), ())


def _replace(gone: Iterable[str], new: Sequence[OpenStay]) -> None:
    """Take stays off the list, put others in, and keep their counts; within a transaction that alone writes them."""
    change: Counter[tuple[Any, ...]] = Counter()
    for part in _parts(gone):
        rows = OpenStay.objects.filter(stay__in=part)
        change.subtract(Counter(rows.values_list(*_ALIKE)))
        rows.delete()
    OpenStay.objects.bulk_create(new)
    change.update(tuple(getattr(one, name) for name in _ALIKE) for one in new)
    for alike, number in change.items():
        if number and not UnitCount.objects.filter(pk=alike).update(stays=F("stays") + number):
            UnitCount(pk=alike, stays=number).save(force_insert=True)


_ALIKE = ("domain_id", "unit", "label", "expected", "feeding", "consultation")


def _concerns(kind: str) -> bool:
    return kind.startswith(PREFIX) or kind in (CONSENT, MERGED, UNMERGED)


def _prepare(told: Sequence[Told]) -> Callable[[], None]:
    stays, patients = set(), set()
    for one in told:
        data = _decode_data(one.data)
        if data.get("stay"):
            stays.add(str(data["stay"]))
        if not one.type.startswith(PREFIX):
            patients.add(one.patient)
    # What is said of a patient, or a merge of it, concerns those of its stays that are in the list.
    for part in _parts(patients):
        stays.update(OpenStay.objects.filter(patient__in=part).values_list("stay", flat=True))
    found = [row for part in _parts(stays) for row in _rows(part)]

    return lambda: _replace(stays, found)


FOLLOWER = Follower(STAYS, _concerns, 1000, _prepare)


def _rows(ids: Sequence[str]) -> Iterable[OpenStay]:
    kept = [
        (row.domain_id, _decode(bytes(row.state)))
        for row in StayState.objects.filter(id__in=ids).order_by("id")
    ]
    now = {stay.id: situation(stay) for _, stay in kept}
    kept = [(domain, one) for domain, one in kept if now[one.id].status in _OPEN]
    owners = _survivors({stay.patient for _, stay in kept})
    for domain, stay in kept:
        patient = owners.get(stay.patient)
        if patient is not None:
            yield _row(domain, stay, now[stay.id], patient)


_OPEN = frozenset({"pre-admitted", "in-progress", "on-leave"})


def _survivors(ids: set[str]) -> dict[str, Patient]:
    """Each patient, or the one it ended in."""
    found: dict[str, Patient] = {}
    wanted = set(ids)
    while wanted:
        rows = PatientState.objects.filter(id__in=sorted(wanted)).values_list("id", "state")
        found.update((id_, _decode_patient(bytes(state))) for id_, state in rows)
        wanted = {one.merged_into for one in found.values() if one.merged_into} - set(found)
    ends = {}
    for id_ in ids:
        one, seen = found.get(id_), {id_}
        while one is not None and one.merged_into and one.merged_into not in seen:
            seen.add(one.merged_into)
            one = found.get(one.merged_into)
        if one is not None:
            ends[id_] = one
    return ends


def _row(domain: int, stay: Stay, now: Situation, patient: Patient) -> OpenStay:
    expected = now.status == "pre-admitted"
    since, until = _times(stay, now, expected)
    feeding, consultation = _choices(stay, patient, since)
    unit = now.care_unit or now.medical_unit
    place, room = (*now.first("PV1-3"), "", "")[:2]
    return OpenStay(
        stay=stay.id,
        domain_id=domain,
        patient=patient.id,
        unit=hide(unit.code if unit is not None else present(place) or "")[:200],
        label=hide(unit.label if unit is not None else "")[:200],
        number=hide(stay.visit.value if stay.visit is not None else "")[:80],
        room=hide(present(room) or "")[:80],
        expected=int(expected),
        since=since,
        until=until,
        feeding=feeding,
        consultation=consultation,
        missing=int(not (feeding and consultation)),
    )


def _times(stay: Stay, now: Situation, expected: bool) -> tuple[int, int]:
    """When the stay begins, and when it leaves the list by itself (0: never)."""
    first = live(stay)[0]
    since = _time(now.value("PV2-8") if expected else now.admitted) or first.at
    if expected:
        return since, since + EXPECTED_DAYS * _DAY
    outpatient = (present(now.value("PV1-2")) or "I") != "I"
    last = max(one.at for one in live(stay))
    return since, last + OUTPATIENT_DAYS * _DAY if outpatient else 0


def _time(text: str) -> int:
    """An HL7 time in µs since 1970, UTC when it has no offset; 0 when it cannot be read."""
    found = read_time(text, UTC)
    if found is None:
        return 0
    if found.instant is not None or found.precision != "day":
        return found.instant or 0
    return microseconds(datetime.strptime(text[:8], "%Y%m%d"))


def _choices(stay: Stay, patient: Patient, since: int) -> tuple[str, str]:
    """Codes of ZFA-9 and ZFA-11 that hold for a stay, empty when none was collected."""
    mine, general = _padded(stay.consent), _padded(patient.consent)
    feeding = next((one[8] for one in (mine, general) if one[8] in _FEEDING), "")
    if mine[10] in _CONSULTATION:
        return feeding, mine[10]
    begun = datetime.fromtimestamp(min(since, live(stay)[0].at) / 1_000_000, UTC).strftime("%Y%m%d")
    since_then = general[10] in _CONSULTATION and general[11][:8] >= begun
    return feeding, general[10] if since_then else ""


def _padded(fields: Collection[str]) -> tuple[str, ...]:
    return (*(one.split("^")[0] for one in fields), *[""] * 12)[:12]


def _parts(values: Iterable[str]) -> Iterable[list[str]]:
    ids = sorted(values)
    return (ids[start : start + _PARTS] for start in range(0, len(ids), _PARTS))
