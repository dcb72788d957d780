"""Identities and their versions for FHIR: folded from the stored events, seen as far as the reader may.

A version is what a patient was after a line of the journal; its number is that of its events by then, so numbers are
not consecutive. What one message changes step by step was never a version.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from django.db.models import Max

from ecluse.protocols.fhir.facts import FhirIdentity, Version
from ecluse.rules import ins
from ecluse.rules.identity.fold import fold_all
from ecluse.rules.identity.model import Event, Patient, WrongKey
from ecluse.rules.identity.vocabulary import MERGED
from ecluse.rules.stay.vocabulary import PREFIX as STAYS
from ecluse.services.access import Reach
from ecluse.services.queries.access import visible
from ecluse.services.queries.fhir_person import identity
from ecluse.services.queries.presentation import moment, searchable
from ecluse.services.queries.standing import Standing, Standings
from ecluse.store.chain import EVENT_SPAN
from ecluse.store.models import Domain, PatientState, StoredEvent

_decode = msgspec.json.Decoder(Patient).decode
_decode_data = msgspec.json.Decoder(dict[str, Any]).decode


class _Then(NamedTuple):
    """A patient after a line of the journal, and when that was (µs since 1970)."""

    patient: Patient
    at: int


@dataclass(frozen=True, slots=True)
class VersionPage:
    """Versions of one patient, the latest first. total: number of all of them; next: where the following page begins,
    None on the last one.
    """

    versions: tuple[FhirIdentity, ...]
    total: int
    next: int | None


class IdentityReader:
    """Reads identities for one deployment and one reader.

    :param reach: a patient out of reach does not exist for the reader, not even as the other end of a merge.
    :param environment, require_strict_traits, wrong_key: see `PatientReader`.
    """

    def __init__(
        self,
        reach: Reach,
        environment: ins.Environment,
        *,
        require_strict_traits: bool = True,
        wrong_key: WrongKey = "by-environment",
    ) -> None:
        self._reach = reach
        self._rules: tuple[ins.Environment, bool, WrongKey] = (environment, require_strict_traits, wrong_key)

    def get(self, patients: Sequence[str]) -> tuple[FhirIdentity, ...]:
        """Those of these patients that are within reach, as they are now, in the order of their ids."""
        seen = visible(self._reach, patients)
        rows = list(PatientState.objects.filter(id__in=seen).order_by("id"))
        if not rows:
            return ()
        standings, times, others = self._standings(), last_changes(list(seen)), self._merges(rows)
        domains = dict(Domain.objects.values_list("id", "oid"))
        found = []
        for row in rows:
            patient = _decode(row.state)
            version = Version(patient.version, moment(times.get(row.id, 0)))
            merged_into, replaces = others[row.id]
            found.append(
                identity(
                    patient,
                    standings.of(patient, row.domain_id),
                    version=version,
                    domain=domains.get(row.domain_id, ""),
                    merged_into=merged_into,
                    replaces=replaces,
                )
            )
        return tuple(found)

    def version(self, patient: str, number: int) -> FhirIdentity | None:
        """One version of a patient within reach; None when it was never one."""
        row = self._row(patient)
        if row is None:
            return None
        return next(
            (
                one
                for one in self._versions(row, list(_folds(patient, number)))
                if one.version.number == number
            ),
            None,
        )

    def history(self, patient: str, start: int, limit: int) -> VersionPage | None:
        """Versions of a patient within reach, the latest first; None when there is no such patient.

        :param start: versions to leave out, from the latest.
        """
        row = self._row(patient)
        if row is None:
            return None
        folds = list(_folds(patient))[::-1]
        page = folds[start : start + limit]
        following = start + limit if len(folds) > start + limit else None
        return VersionPage(tuple(self._versions(row, page)), len(folds), following)

    def _row(self, patient: str) -> PatientState | None:
        if not searchable(patient) or not visible(self._reach, [patient]):
            return None
        return PatientState.objects.filter(id=patient).first()

    def _versions(self, row: PatientState, folds: Sequence[_Then]) -> Iterator[FhirIdentity]:
        standings = self._standings()
        shown = standings.of(_decode(row.state), row.domain_id).ins
        oid = Domain.objects.filter(id=row.domain_id).values_list("oid", flat=True).first() or ""
        for then in folds:
            standing = standings.of(then.patient, row.domain_id)
            if standing.ins is not None and standing.ins != shown:
                # Replaced or withdrawn since: it is in the audit history only, and leaves no more.
                standing = Standing("validee", None, None)
            survivor = then.patient.merged_into
            seen = visible(self._reach, [survivor]) if survivor else frozenset()
            yield identity(
                then.patient,
                standing,
                version=Version(then.patient.version, moment(then.at)),
                domain=oid,
                merged_into=survivor if survivor in seen else "",
                replaces=(),
            )

    def _standings(self) -> Standings:
        return Standings(*self._rules)

    def _merges(self, rows: Sequence[PatientState]) -> dict[str, tuple[str, tuple[str, ...]]]:
        """Survivor and merged patients of each, as far as they are within reach."""
        replaced = _replaced([row.id for row in rows])
        named = {row.merged_into for row in rows if row.merged_into}
        seen = visible(self._reach, [*named, *(one for ones in replaced.values() for one in ones)])
        return {
            row.id: (
                row.merged_into if row.merged_into in seen else "",
                tuple(one for one in replaced.get(row.id, ()) if one in seen),
            )
            for row in rows
        }


def identity_events(patient: str) -> Any:
    """The stored events that make an identity, in their order."""
    return StoredEvent.objects.filter(patient=patient).exclude(type__startswith=STAYS).order_by("id")


def _folds(patient: str, most: int | None = None) -> Iterator[_Then]:
    """The patient after each line of the journal that changed it.

    :param most: number of events after which nothing more is wanted.
    """
    rows = identity_events(patient).values_list("id", "type", "version", "at", "data")
    if most is not None:
        rows = rows[: most + 1]
    state: Patient | None = None
    pending: list[Event] = []
    line, when = 0, 0
    for id_, kind, version, at, data in rows:
        if pending and id_ // EVENT_SPAN != line:
            state = fold_all(state, pending)
            yield _Then(state, when)
            pending = []
        line, when = id_ // EVENT_SPAN, at
        pending.append(Event(kind, version, patient, _decode_data(bytes(data))))
    if pending:
        yield _Then(fold_all(state, pending), when)


def last_changes(patients: Sequence[str]) -> dict[str, int]:
    """When each patient last changed, µs since 1970."""
    rows = StoredEvent.objects.filter(patient__in=patients).exclude(type__startswith=STAYS)
    return dict(rows.values_list("patient").annotate(last=Max("at")))


def _replaced(survivors: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """The patients merged into each of these, and still so: an event tells a merge, the state that it holds."""
    rows = StoredEvent.objects.filter(patient__in=survivors, type=MERGED).order_by("id")
    told: dict[str, list[str]] = defaultdict(list)
    for survivor, data in rows.values_list("patient", "data"):
        merged = _decode_data(bytes(data))["merged"]
        if merged != survivor and merged not in told[survivor]:
            told[survivor].append(merged)
    ids = [merged for ones in told.values() for merged in ones]
    now = dict(PatientState.objects.filter(id__in=ids).values_list("id", "merged_into"))
    return {
        survivor: tuple(one for one in ones if now.get(one) == survivor) for survivor, ones in told.items()
    }
