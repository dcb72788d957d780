"""Who is expected or present and was not asked about the DMP yet, and how far each unit is.

Only stays that are still open are read, from an index (`index_stays`), whatever the number of patients.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q, QuerySet

from ecluse.services.access import Reach
from ecluse.services.queries.access import visible
from ecluse.services.queries.documents import PatientDocument
from ecluse.services.queries.patients import PatientReader
from ecluse.services.queries.presentation import moment, searchable
from ecluse.store.models.reviews import OpenStay, UnitCount


@dataclass(frozen=True, slots=True)
class ToCollect:
    """A stay whose patient is to be asked. stay: its id; unit, label, number, room: empty when not known; since:
    admission, or when it is expected (ISO 8601, UTC); feeding, consultation: what is known already, by the codes of the
    profile, or None.
    """

    stay: str
    patient: PatientDocument
    unit: str
    label: str
    number: str
    room: str
    expected: bool
    since: str
    feeding: str | None
    consultation: str | None


@dataclass(frozen=True, slots=True)
class ToCollectPage:
    """A page of the worklist; next: cursor of the following one, or None."""

    lines: tuple[ToCollect, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class UnitRate:
    """How far a unit is. present, expected: stays; collected: those of both with the two choices; opposed: patients
    opposed to feeding; refused: those that do not consent to consultation.
    """

    domain: int
    unit: str
    label: str
    present: int = 0
    expected: int = 0
    collected: int = 0
    opposed: int = 0
    refused: int = 0

    @property
    def total(self) -> int:
        """Stays of the unit."""
        return self.present + self.expected

    @property
    def missing(self) -> int:
        """Stays whose patient is to be asked."""
        return self.total - self.collected

    @property
    def percent(self) -> int:
        """Part of the stays with both choices, rounded down: 100 only when all have them."""
        return 100 * self.collected // self.total if self.total else 100

    @property
    def key(self) -> str:
        """The unit as `to_collect` takes it."""
        return f"{self.domain}:{self.unit}"


def to_collect(
    reader: PatientReader,
    reach: Reach,
    *,
    unit: str | None = None,
    expected: bool = False,
    after: str = "",
    limit: int = 30,
) -> ToCollectPage:
    """Stays whose patient is to be asked, the latest admission first, or the next arrival when `expected`.

    :param unit: `UnitRate.key`, None: all; after: `next` of the page before. The caller writes the access trail.
    """
    rows = _within(reach).filter(missing=1, expected=int(expected))
    if unit is not None:
        domain, _, code = unit.partition(":")
        if not domain.isdigit() or len(domain) > 9 or not searchable(code):
            return ToCollectPage((), None)
        rows = rows.filter(domain_id=int(domain), unit=code)
    rows = _after(rows, after, ascending=expected)
    order = ("since", "stay") if expected else ("-since", "-stay")
    found = list(rows.order_by(*order)[: limit + 1])
    page = found[:limit]
    more = f"{page[-1].since}:{page[-1].stay}" if len(found) > limit else None
    return ToCollectPage(tuple(_lines(reader, reach, page)), more)


def one_to_collect(reader: PatientReader, reach: Reach, stay: str) -> ToCollect | None:
    """One stay of the worklist, collected or not; None when it is no longer open, or out of reach."""
    rows = _within(reach).filter(stay=stay) if searchable(stay) else ()
    return next(iter(_lines(reader, reach, list(rows))), None)


def rates(reach: Reach) -> tuple[UnitRate, ...]:
    """How far each unit is, those with most to ask first."""
    counted = UnitCount.objects.filter(stays__gt=0).order_by("domain_id", "unit", "label")
    if reach.domains is not None:
        counted = counted.filter(domain_id__in=sorted(reach.domains))
    told: Iterable[tuple[Any, ...]] = counted.values_list(*_COUNTED)
    if reach.sites:
        near = _near(reach).filter(patient__in=sorted(_stayed(reach)))
        alike = Counter(near.order_by("domain_id", "unit", "label").values_list(*_COUNTED[:-1]))
        told = [*told, *((*one, number) for one, number in alike.items())]
    found: dict[tuple[int, str], UnitRate] = {}
    for domain, unit, label, expected, feeding, consultation, number in told:
        one = found.get((domain, unit)) or UnitRate(domain, unit, label)
        found[domain, unit] = replace(
            one,
            label=label or one.label,
            present=one.present + (0 if expected else number),
            expected=one.expected + (number if expected else 0),
            collected=one.collected + (number if feeding and consultation else 0),
            opposed=one.opposed + (number if feeding == "IO" else 0),
            refused=one.refused + (number if consultation == "INC" else 0),
        )
    return tuple(sorted(found.values(), key=lambda one: (-one.missing, one.unit)))


_COUNTED = ("domain_id", "unit", "label", "expected", "feeding", "consultation", "stays")


def _within(reach: Reach) -> QuerySet[OpenStay]:
    rows = OpenStay.objects.all()
    if reach.domains is not None:
        whole = Q(domain_id__in=sorted(reach.domains))
        rows = rows.filter(whole | Q(patient__in=sorted(_stayed(reach))) if reach.sites else whole)
    only = reach.everyone()
    return rows if only is None else rows.filter(patient__in=sorted(only))


def _near(reach: Reach) -> QuerySet[OpenStay]:
    """Open stays of the domains that only sites reach."""
    return OpenStay.objects.filter(
        domain_id__in=sorted((reach.near() or frozenset()) - (reach.domains or frozenset()))
    )


def _stayed(reach: Reach) -> frozenset[str]:
    """Patients of these stays that a site reaches. The work grows with the open stays of these domains."""
    return reach.placed(dict(_near(reach).values_list("patient", "domain_id")))


_SINCE = re.compile(r"-?[0-9]{1,17}")


def _after(rows: QuerySet[OpenStay], after: str, *, ascending: bool) -> QuerySet[OpenStay]:
    since, _, stay = after.partition(":")
    if not _SINCE.fullmatch(since) or not searchable(stay):
        return rows
    at = int(since)
    if ascending:
        return rows.filter(Q(since__gte=at) & (Q(since__gt=at) | Q(stay__gt=stay)))
    return rows.filter(Q(since__lte=at) & (Q(since__lt=at) | Q(stay__lt=stay)))


def _lines(reader: PatientReader, reach: Reach, rows: list[OpenStay]) -> Iterable[ToCollect]:
    seen = visible(reach, {one.patient for one in rows})
    patients = {one.id: one for one in reader.brief(seen)}
    for row in rows:
        if row.patient in patients:
            yield ToCollect(
                row.stay,
                patients[row.patient],
                row.unit,
                row.label,
                row.number,
                row.room,
                bool(row.expected),
                moment(row.since),
                row.feeding or None,
                row.consultation or None,
            )
