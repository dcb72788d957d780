"""The habilitation matrix for readers: its versions and their differences, its review, and the rights that follow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q

from ecluse.rules.habilitation import (
    ANY,
    EVERYWHERE,
    Alarm,
    Line,
    compare,
    due,
    in_force,
    latest_due,
    rights_of,
    same_unit,
    undecided,
)
from ecluse.services.accounts.roles import NOT_BY_MATRIX, ON_A_SITE
from ecluse.services.habilitations import day_of, due_day, read_lines
from ecluse.services.queries.presentation import moment
from ecluse.store.models.access import DomainEstablishment, Establishment, Site
from ecluse.store.models.accounts import User
from ecluse.store.models.habilitations import HabilitationDecision, HabilitationReview, HabilitationVersion


@dataclass(frozen=True, slots=True)
class LineDocument:
    """A line. rank: its place in the version; site_name: null: every site; held: in force today."""

    rank: int
    profession: str
    site: int
    site_name: str | None
    unit: str
    right: str
    starts: str
    ends: str
    held: bool


@dataclass(frozen=True, slots=True)
class VersionDocument:
    """A version of a matrix. at: ISO 8601 in UTC; by: who made it, by name when it is an account; review: id of the
    review that made it, or null."""

    establishment: int
    establishment_name: str
    number: int
    at: str
    by: str
    reason: str
    review: int | None
    lines: tuple[LineDocument, ...]


@dataclass(frozen=True, slots=True)
class ChangeDocument:
    """A version and what it changed. latest: it is the one in force."""

    number: int
    at: str
    by: str
    reason: str
    latest: bool
    added: tuple[LineDocument, ...]
    removed: tuple[LineDocument, ...]


@dataclass(frozen=True, slots=True)
class DecisionDocument:
    """What was said of a line under review."""

    decision: str
    note: str
    replacement: LineDocument | None
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class ReviewedLine:
    """A line under review; decision: null until something is said of it."""

    line: LineDocument
    decision: DecisionDocument | None


@dataclass(frozen=True, slots=True)
class ReviewDocument:
    """A review. due, next_due: AAAA-MM-JJ; closed: null while it is open; left: lines to decide."""

    id: int
    establishment: int
    establishment_name: str
    version: int
    opened: str
    opened_by: str
    due: str
    closed: str | None
    closed_by: str
    next_due: str
    lines: tuple[ReviewedLine, ...]
    left: int

    @property
    def done(self) -> int:
        """Lines that are decided."""
        return len(self.lines) - self.left


@dataclass(frozen=True, slots=True)
class ReviewClock:
    """When the matrix of an establishment must be reviewed; open: id of the review under way, or null."""

    establishment: int
    establishment_name: str
    version: int
    due: str
    days: int
    alarm: Alarm
    open: int | None


def matrix(establishment: int, now: int, number: int | None = None) -> VersionDocument | None:
    """The matrix of an establishment: the version in force, or the one of that number. now: µs."""
    rows = HabilitationVersion.objects.filter(establishment_id=establishment).select_related("establishment")
    row = (rows.order_by("-number") if number is None else rows.filter(number=number)).first()
    if row is None:
        return None
    return VersionDocument(
        establishment=establishment,
        establishment_name=row.establishment.name,
        number=row.number,
        at=moment(row.at),
        by=_names([row.by]).get(row.by, row.by),
        reason=row.reason,
        review=row.review,
        lines=_documents(read_lines(row.lines), establishment, now),
    )


def changes(establishment: int, now: int) -> tuple[ChangeDocument, ...]:
    """Every version of a matrix and what it changed, newest first."""
    rows = list(HabilitationVersion.objects.filter(establishment_id=establishment).order_by("number"))
    names = _names(one.by for one in rows)
    found, before = [], tuple[Line, ...]()
    for row in rows:
        lines = read_lines(row.lines)
        changed = compare(before, lines)
        found.append(
            ChangeDocument(
                number=row.number,
                at=moment(row.at),
                by=names.get(row.by, row.by),
                reason=row.reason,
                latest=row is rows[-1],
                added=_documents(changed.added, establishment, now),
                removed=_documents(changed.removed, establishment, now),
            )
        )
        before = lines
    return tuple(reversed(found))


def review(id_: int, now: int) -> ReviewDocument | None:
    """One review, line by line."""
    row = HabilitationReview.objects.select_related("version", "establishment").filter(id=id_).first()
    return None if row is None else _review(row, now)


def reviews(establishment: int, now: int) -> tuple[ReviewDocument, ...]:
    """The reviews of a matrix, newest first."""
    rows = HabilitationReview.objects.select_related("version", "establishment")
    return tuple(
        _review(row, now) for row in rows.filter(establishment_id=establishment).order_by("-id")[:50]
    )


def clocks(now: int) -> tuple[ReviewClock, ...]:
    """When each matrix must be reviewed, the most urgent first."""
    today, found = day_of(now), []
    open_ = dict(HabilitationReview.objects.filter(closed=None).values_list("establishment_id", "id"))
    numbers: dict[int, int] = {}
    for establishment, number in HabilitationVersion.objects.values_list("establishment_id", "number"):
        numbers[establishment] = max(number, numbers.get(establishment, 0))
    for one in Establishment.objects.filter(id__in=numbers):
        told = due(due_day(one), today)
        found.append(
            ReviewClock(
                one.id,
                one.name,
                numbers[one.id],
                told.day.isoformat(),
                told.days,
                told.alarm,
                open_.get(one.id),
            )
        )
    return tuple(sorted(found, key=lambda one: (one.due, one.establishment_name)))


def holders(establishment: int, line: LineDocument) -> tuple[str, ...]:
    """Names of the people whom a line concerns: open accounts of that profession and unit, with a role there or
    everywhere."""
    rows = User.objects.filter(is_active=True).order_by("name", "username")
    rows = rows.filter(
        Q(grants__establishment=establishment) | Q(grants__establishment=None, grants__isnull=False)
    )
    if line.profession != ANY:
        rows = rows.filter(profession=line.profession)
    unit = same_unit(line.unit)
    return tuple(
        dict.fromkeys(
            name or username
            for name, username, theirs in rows.values_list("name", "username", "unit")
            if line.unit == ANY or same_unit(theirs) == unit
        )
    )


def latest_next(now: int) -> str:
    """The latest day for the review that follows one closed now."""
    return latest_due(day_of(now)).isoformat()


@dataclass(frozen=True, slots=True)
class Held:
    """Where a right holds: on the whole of some domains, and on some sites beside."""

    domains: frozenset[int] = frozenset()
    sites: frozenset[int] = frozenset()


def rights_by_place(
    profession: str, unit: str, places: Iterable[tuple[int | None, int | None]], now: int
) -> dict[str, Held]:
    """Where each right follows from a profession and a unit, by the matrices in force.

    A matrix gives its rights on the domains of its establishment, to people who have a role there or everywhere; to
    those whose role is limited to a site, only what bears on patients, and on that site only.

    :param profession, unit: of the account, or empty; places: establishment (None: everywhere) and site (or None) of
        its roles; now: µs.
    """
    wanted = set(places)
    if not wanted or not (profession or unit):
        return {}
    shared: dict[int, set[int]] = {}
    for establishment, domain in DomainEstablishment.objects.values_list("establishment_id", "domain_id"):
        shared.setdefault(establishment, set()).add(domain)
    sites = {one: {site for place, site in wanted if place in (None, one)} for one in shared}
    found: dict[str, Held] = {}
    for establishment, lines in _current({one for one in shared if sites[one]}).items():
        for site in sites[establishment]:
            told = rights_of(lines, profession, unit, site, day_of(now)) - NOT_BY_MATRIX
            for right in told if site is None else told & ON_A_SITE:
                held = found.get(right, Held())
                found[right] = (
                    replace(held, domains=held.domains | shared[establishment])
                    if site is None
                    else replace(held, sites=held.sites | {site})
                )
    return found


def _current(establishments: set[int]) -> dict[int, tuple[Line, ...]]:
    latest: dict[int, tuple[Line, ...]] = {}
    for one in establishments:
        rows = HabilitationVersion.objects.filter(establishment_id=one).order_by("-number")
        stored = rows.values_list("lines", flat=True).first()
        if stored is not None:
            latest[one] = read_lines(stored)
    return latest


def _review(row: HabilitationReview, now: int) -> ReviewDocument:
    lines = read_lines(row.version.lines)
    decided = {one.rank: one for one in HabilitationDecision.objects.filter(review_id=row.id)}
    names = _names([row.opened_by, row.closed_by, *(one.by for one in decided.values())])
    documents = _documents(lines, row.establishment_id, now)
    return ReviewDocument(
        id=row.id,
        establishment=row.establishment_id,
        establishment_name=row.establishment.name,
        version=row.version.number,
        opened=moment(row.opened),
        opened_by=names.get(row.opened_by, row.opened_by),
        due=row.due,
        closed=None if row.closed is None else moment(row.closed),
        closed_by=names.get(row.closed_by, row.closed_by),
        next_due=row.next_due,
        lines=tuple(
            ReviewedLine(one, _decision(decided.get(one.rank), row.establishment_id, names, now))
            for one in documents
        ),
        left=len(undecided(lines, dict.fromkeys(decided))),  # type: ignore[arg-type]
    )


def _decision(
    row: HabilitationDecision | None, establishment: int, names: dict[str, str], now: int
) -> DecisionDocument | None:
    if row is None:
        return None
    replacement = _documents(read_lines(row.replacement), establishment, now) if row.replacement else ()
    return DecisionDocument(
        decision=row.decision,
        note=row.note,
        replacement=replacement[0] if replacement else None,
        at=moment(row.at),
        by=names.get(row.by, row.by),
    )


def _documents(lines: Sequence[Line], establishment: int, now: int) -> tuple[LineDocument, ...]:
    sites = dict(Site.objects.filter(establishment_id=establishment).values_list("id", "name"))
    today = day_of(now)
    return tuple(
        LineDocument(
            rank=rank,
            profession=one.profession,
            site=one.site,
            site_name=None if one.site == EVERYWHERE else sites.get(one.site, str(one.site)),
            unit=one.unit,
            right=one.right,
            starts=one.starts,
            ends=one.ends,
            held=in_force(one, today),
        )
        for rank, one in enumerate(lines)
    )


def _names(operators: Iterable[str]) -> dict[str, str]:
    """Names of the accounts among operators (`user:12`)."""
    ids = {int(one[5:]) for one in operators if one.startswith("user:") and one[5:].isdigit()}
    rows = User.objects.filter(pk__in=ids).values_list("pk", "name", "username")
    return {f"user:{pk}": name or username for pk, name, username in rows}
