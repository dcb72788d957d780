"""Identities by trust level in each domain: those of this moment, and those of the days before, folded again.

Nothing holds a view of the whole store while it counts: patients are read a few hundred at a time in the order of their
ids, each for itself. An identity created meanwhile may be missed until the next count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from ecluse.rules.identity.fold import fold_all
from ecluse.rules.identity.model import Event, Patient
from ecluse.rules.stay.vocabulary import PREFIX
from ecluse.services.fold_refusals import DAY
from ecluse.services.queries.standing import Standings
from ecluse.store.models import PatientState, StoredEvent

LEVELS = ("qualifiee", "validee", "provisoire")
"""Trust levels, in the order they are told."""
MERGED = "fusionnee"
"""Identities that another one replaced: they have no level any more."""

PART = 400
"""Patients read at once."""

Counts = Counter[tuple[int, str]]
"""How many identities a domain has of a level (or merged)."""
Changes = Counter[tuple[int, int, str]]
"""The same, how many more or less from one day (since 1970) to the next."""

_decode = msgspec.json.Decoder(Patient).decode
_decode_data = msgspec.json.Decoder(dict[str, object]).decode


def parts(after: str = "") -> Iterator[list[str]]:
    """Ids of all patients, a part at a time, each read when it is asked for."""
    while True:
        rows = PatientState.objects.filter(id__gt=after).order_by("id")
        ids = list(rows.values_list("id", flat=True)[:PART])
        if not ids:
            return
        yield ids
        after = ids[-1]


def count(ids: Sequence[str], standings: Standings) -> Counts:
    """These identities by level, as they are now."""
    found: Counts = Counter()
    rows = PatientState.objects.filter(id__gte=ids[0], id__lte=ids[-1])
    for domain, state in rows.values_list("domain_id", "state"):
        found[domain, _level(_decode(bytes(state)), domain, standings)] += 1
    return found


def changes(ids: Sequence[str], standings: Standings, before: int) -> Changes:
    """How the levels of these identities changed, day after day, until a day that is left out.

    :param before: days since 1970, UTC.
    :raises UnknownEvent: an event that this release cannot read.
    """
    found: Changes = Counter()
    rows = StoredEvent.objects.filter(
        patient__gte=ids[0], patient__lte=ids[-1], at__lt=before * DAY
    ).order_by("patient", "id")
    wanted = set(ids)
    told = (
        row
        for row in rows.values_list("patient", "at", "domain_id", "type", "version", "data")
        if row[0] in wanted and not row[3].startswith(PREFIX)
    )
    for id_, events in groupby(told, lambda row: row[0]):
        patient, last = None, ""
        for day, those in groupby(events, lambda row: row[1] // DAY):
            listed = list(those)
            read = (
                Event(kind, version, id_, _decode_data(bytes(data))) for *_, kind, version, data in listed
            )
            patient = fold_all(patient, read)
            domain = listed[0][2]
            level = _level(patient, domain, standings)
            if level != last:
                found[day, domain, level] += 1
                if last:
                    found[day, domain, last] -= 1
                last = level
    return found


def days(told: Changes, first: int, end: int) -> Iterator[tuple[int, int, str, int]]:
    """Day, domain, level and how many there were at its end, from the changes of all days.

    :param first: the first day wanted; end: the one after the last. A domain begins on its first day with an identity.
    """
    now: Counts = Counter()
    begun: set[int] = set()
    by_day: dict[int, list[tuple[int, str, int]]] = {}
    for (day, domain, level), more in told.items():
        by_day.setdefault(day, []).append((domain, level, more))
    for day in range(min(by_day, default=end), end):
        for domain, level, more in by_day.get(day, ()):
            now[domain, level] += more
            begun.add(domain)
        if day >= first:
            for domain in sorted(begun):
                yield from ((day, domain, level, now[domain, level]) for level in (*LEVELS, MERGED))


def _level(patient: Patient, domain: int, standings: Standings) -> str:
    return MERGED if patient.merged_into else standings.judge(patient, domain)[0]
