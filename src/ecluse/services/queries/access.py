"""Who may ask, for what, and what they were shown: tokens, inclusion lists, the access trail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from ecluse.services.access import Reach
from ecluse.services.queries.presentation import moment, searchable
from ecluse.store.models import Domain, PatientState
from ecluse.store.models.access import AccessLine, Inclusion, InclusionList, Token


@dataclass(frozen=True, slots=True)
class TokenDocument:
    """A token, without its secret, which nobody keeps. domain: name; inclusion: id of the list; certificate: SHA-256 of
    the client certificate it is bound to. Times: ISO 8601 in UTC, or null.
    """

    id: str
    name: str
    scopes: tuple[str, ...]
    domain: str | None
    inclusion: str | None
    certificate: str | None
    created: str
    expires: str | None
    revoked: str | None
    last_used: str | None


@dataclass(frozen=True, slots=True)
class InclusionListDocument:
    """An inclusion list. included: number of its patients now."""

    id: str
    name: str
    domain: str
    created: str
    included: int


@dataclass(frozen=True, slots=True)
class InclusionDocument:
    """A patient of an inclusion list: included or excluded since; purge: what was delivered is to be purged."""

    patient: str
    included: bool
    since: str
    purge: bool


@dataclass(frozen=True, slots=True)
class InclusionPage:
    """Patients of an inclusion list, in the order of their ids; next: null on the last page."""

    patients: tuple[InclusionDocument, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class AccessDocument:
    """A line of the access trail. patient: null when the search found nobody."""

    id: int
    at: str
    caller: str
    name: str
    on_behalf_of: str | None
    action: str
    patient: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class AccessPage:
    """Lines of the trail, newest first; next: null on the last page."""

    lines: tuple[AccessDocument, ...]
    next: str | None


def visible(reach: Reach, patients: Iterable[str]) -> frozenset[str]:
    """Those of these patients that are within reach."""
    ids = list(dict.fromkeys(one for one in patients if searchable(one)))
    domains: dict[str, int] = {}
    for start in range(0, len(ids), 400):
        rows = PatientState.objects.filter(id__in=ids[start : start + 400])
        domains.update(rows.values_list("id", "domain_id"))
    return reach.among(ids) & reach.placed(domains)


def tokens(domain: int | None = None) -> tuple[TokenDocument, ...]:
    """All tokens, the newest first. domain: only those bound to it."""
    rows = Token.objects.select_related("domain").order_by("-created", "id")
    if domain is not None:
        rows = rows.filter(domain_id=domain)
    return tuple(map(_token, rows))


def token(id_: str) -> TokenDocument | None:
    """One token."""
    row = Token.objects.select_related("domain").filter(id=id_).first() if searchable(id_) else None
    return None if row is None else _token(row)


def _token(row: Token) -> TokenDocument:
    return TokenDocument(
        id=row.id,
        name=row.name,
        scopes=tuple(row.scopes.split()),
        domain=row.domain.name if row.domain is not None else None,
        inclusion=row.inclusion_id,
        certificate=row.certificate or None,
        created=moment(row.created),
        expires=_moment(row.expires),
        revoked=_moment(row.revoked),
        last_used=_moment(row.last_used),
    )


def _moment(at: int | None) -> str | None:
    return None if at is None else moment(at)


def lists(reach: Reach) -> tuple[InclusionListDocument, ...]:
    """The inclusion lists within reach, by name."""
    return tuple(_list(row) for row in _lists(reach).order_by("name"))


def inclusion_list(reach: Reach, id_: str) -> InclusionListDocument | None:
    """One inclusion list, when it is within reach."""
    row = _lists(reach).filter(id=id_).first() if searchable(id_) else None
    return None if row is None else _list(row)


def _lists(reach: Reach) -> QuerySet[InclusionList]:
    rows = InclusionList.objects.select_related("domain").annotate(
        number=Count("inclusion__patient", filter=Q(inclusion__included=True))
    )
    if reach.inclusion:
        return rows.filter(id=reach.inclusion)
    near = reach.near()
    return rows if near is None else rows.filter(domain_id__in=near)


def _list(row: InclusionList) -> InclusionListDocument:
    number = int(getattr(row, "number", 0))
    return InclusionListDocument(row.id, row.name, row.domain.name, moment(row.created), number)


def list_named(name: str) -> str | None:
    """Id of the inclusion list of that name, or that has that id."""
    rows = InclusionList.objects.filter(Q(name=name) | Q(id=name)) if searchable(name) else None
    return None if rows is None else rows.values_list("id", flat=True).first()


def list_names() -> dict[str, str]:
    """Names of all inclusion lists, by id."""
    return dict(InclusionList.objects.values_list("id", "name"))


def inclusions(list_: str, after: str | None = None, limit: int = 100) -> InclusionPage:
    """Patients of an inclusion list, those excluded too.

    :param after: `next` of the page before; None: the first page.
    """
    rows = Inclusion.objects.filter(list_id=list_, patient__gt=after or "").order_by("patient")[: limit + 1]
    found = list(rows)
    page = tuple(
        InclusionDocument(one.patient, one.included, moment(one.since), one.purge) for one in found[:limit]
    )
    return InclusionPage(page, page[-1].patient if len(found) > limit else None)


def inclusion(list_: str, patient: str) -> InclusionDocument | None:
    """What an inclusion list says of a patient."""
    row = Inclusion.objects.filter(list_id=list_, patient=patient).first() if searchable(patient) else None
    return None if row is None else InclusionDocument(row.patient, row.included, moment(row.since), row.purge)


def to_purge(list_: str) -> tuple[str, ...]:
    """Patients excluded from a list whose delivered data is to be purged."""
    rows = Inclusion.objects.filter(list_id=list_, included=False, purge=True)
    return tuple(rows.order_by("patient").values_list("patient", flat=True))


def trail(
    *, patient: str | None = None, caller: str | None = None, after: str | None = None, limit: int = 100
) -> AccessPage:
    """The access trail, newest first.

    :param patient, caller: only their lines (`token:ID`); after: `next` of the page before.
    """
    if not searchable(patient, caller):
        return AccessPage((), None)
    rows = AccessLine.objects.all()
    if patient is not None:
        rows = rows.filter(patient=patient)
    if caller is not None:
        rows = rows.filter(caller=caller)
    if after is not None:
        rows = rows.filter(id__lt=int(after))
    found = list(rows.order_by("-id")[: limit + 1])
    page = tuple(_lines(found[:limit]))
    return AccessPage(page, str(page[-1].id) if len(found) > limit else None)


def _lines(rows: Iterable[AccessLine]) -> Iterator[AccessDocument]:
    for row in rows:
        yield AccessDocument(
            id=row.id,
            at=moment(row.at),
            caller=row.caller,
            name=row.name,
            on_behalf_of=row.on_behalf_of or None,
            action=row.action,
            patient=row.patient or None,
            detail=row.detail,
        )


def domain_name(domain: int | None) -> str | None:
    """Name of a domain."""
    return None if domain is None else Domain.objects.filter(id=domain).values_list("name", flat=True).first()
