"""Patients that may be one person, or two on one INS: groups to look at, compared side by side."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from ecluse.services.access import Reach
from ecluse.services.queries.access import visible
from ecluse.services.queries.documents import PatientDocument, Sentence
from ecluse.services.queries.patient_words import word
from ecluse.services.queries.patients import PatientReader
from ecluse.services.queries.presentation import moment
from ecluse.services.queries.within import within
from ecluse.store.models.reviews import SuspectGroup, SuspectMember, SuspectReview

MOST_COMPARED = 6
"""Patients shown side by side; more do not fit a screen, and the others come once these are settled."""


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group in the list. kind: `collision`, `duplicate` or `traits`; patients: the first of them."""

    id: int
    kind: str
    found: str
    size: int
    looked: bool
    patients: tuple[PatientDocument, ...]


@dataclass(frozen=True, slots=True)
class GroupPage:
    """Groups, the newest first; next: id before which the following ones come, or None."""

    groups: tuple[GroupLine, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One trait of all the patients of a group. differs: whether two that are known differ."""

    what: Sentence
    values: tuple[str | None, ...]
    differs: bool


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """What a person concluded. current: whether the patients are still as they were then."""

    at: str
    by: str
    verdict: str
    note: str
    current: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """A group, its patients side by side. ids: of all its members, as the act wants them; seen: their digest."""

    line: GroupLine
    ids: tuple[str, ...]
    seen: str
    traits: tuple[Compared, ...]
    reviews: tuple[ReviewLine, ...]


def groups(
    reader: PatientReader, reach: Reach, *, looked: bool = False, before: int | None = None, limit: int = 20
) -> GroupPage:
    """Groups of patients within reach. The caller writes the access trail.

    :param looked: those a person looked at, instead of those to look at; before: `next` of the page before.
    """
    found, left = _page(reach, looked, before, limit)
    members = _members(found)
    shown = {one for ids in members.values() for one in ids[:MOST_COMPARED]}
    documents = {one.id: one for one in reader.brief(visible(reach, shown))}
    lines = [_line(row, [documents[one] for one in members[row.id] if one in documents]) for row in found]
    return GroupPage(tuple(one for one in lines if one.patients), left)


def _page(
    reach: Reach, looked: bool, before: int | None, limit: int
) -> tuple[list[SuspectGroup], int | None]:
    """Groups to list, and the id before which the following ones come, or None.

    Where only the patients of some sites are within reach, the groups that can be opened, all of whose patients are.
    """
    rows = _within(reach, looked).order_by("-id")
    found: list[SuspectGroup] = []
    while True:
        part = list((rows if before is None else rows.filter(id__lt=before))[: limit + 1])
        for row in part[:limit]:
            if len(found) == limit:
                return found, before
            before = row.id
            if not reach.sites or _opens(reach, row):
                found.append(row)
        if len(part) <= limit:
            return found, None
        if len(found) == limit:
            return found, before


def _within(reach: Reach, looked: bool) -> QuerySet[SuspectGroup]:
    rows, near = SuspectGroup.objects.filter(looked=int(looked)), reach.near()
    return rows if near is None else rows.filter(domain_id__in=sorted(near))


def _opens(reach: Reach, row: SuspectGroup) -> bool:
    ids = _members([row])[row.id]
    return visible(reach, ids) == set(ids)


def to_look_at(reach: Reach) -> int:
    """How many groups nobody has looked at yet, 1,000 at most."""
    rows = _within(reach, False)
    if not reach.sites:
        return len(rows.values_list("id", flat=True)[:1000])
    found = list(rows.order_by("-id")[:1000])
    members = _members(found)
    seen = visible(reach, {one for ids in members.values() for one in ids})
    return sum(seen.issuperset(members[row.id]) for row in found)


def comparison(reader: PatientReader, reach: Reach, group: int) -> Comparison | None:
    """A group with its patients side by side; None when it is gone, or one of them is out of reach."""
    row = SuspectGroup.objects.filter(id=group).first()
    if row is None:
        return None
    ids = _members([row])[row.id]
    if visible(reach, ids) != set(ids):
        return None
    documents = tuple(within(one, reach) for one in reader.brief(ids[:MOST_COMPARED]))
    return Comparison(_line(row, documents), ids, row.seen, tuple(_compared(documents)), tuple(_reviews(row)))


def _members(rows: Iterable[SuspectGroup]) -> dict[int, tuple[str, ...]]:
    ids = [row.id for row in rows]
    found: dict[int, tuple[str, ...]] = dict.fromkeys(ids, ())
    members = SuspectMember.objects.filter(group_id__in=ids).order_by("patient")
    for group, patient in members.values_list("group_id", "patient"):
        found[group] += (patient,)
    return found


def _line(row: SuspectGroup, patients: Iterable[PatientDocument]) -> GroupLine:
    return GroupLine(row.id, row.kind, moment(row.found), row.size, bool(row.looked), tuple(patients))


def _compared(patients: tuple[PatientDocument, ...]) -> Iterator[Compared]:
    names = patients[0].traits.__dataclass_fields__ if patients else ()
    for name in names:
        values = tuple(getattr(one.traits, name) for one in patients)
        yield Compared(word("fields", name), values, _differ(values))
    yield Compared(
        word("fields", "statuses"), tuple(" + ".join(one.status) or None for one in patients), False
    )
    numbers = tuple(", ".join(each.value for each in one.identifiers) or None for one in patients)
    yield Compared(word("fields", "identifiers"), numbers, False)
    for name in ("PID-11", "PID-13"):
        told = tuple(_reached(one, name) for one in patients)
        yield Compared(word("fields", name), told, _differ(told))


def _differ(values: Iterable[str | None]) -> bool:
    return len({" ".join(one.split()).upper() for one in values if one}) > 1


def _reached(patient: PatientDocument, name: str) -> str | None:
    more = patient.demographics
    if name == "PID-11":
        homes = [one for one in more.addresses if one.type != "BDL"]
        return (
            " ".join(filter(None, (homes[0].street, homes[0].postal_code, homes[0].city))) if homes else None
        )
    return ", ".join(filter(None, (one.number or one.email for one in more.telecoms))) or None


def _reviews(row: SuspectGroup) -> Iterator[ReviewLine]:
    for one in SuspectReview.objects.filter(digest=row.digest).order_by("-id")[:20]:
        yield ReviewLine(moment(one.at), one.by, one.verdict, one.note, one.seen == row.seen)
