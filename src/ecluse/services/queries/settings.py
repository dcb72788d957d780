"""Business settings as readers see them: identification domains, establishments, sites."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from ecluse.store.models import Domain
from ecluse.store.models.access import DomainEstablishment, Establishment, Site


@dataclass(frozen=True, slots=True)
class DomainSettings:
    """An identification domain. authorities: OIDs or names of assigning authorities local to it, null: any; foreign:
    the domain of others, whose INS wait for a verification; establishments: ids of those that share it.
    """

    id: int
    name: str
    oid: str | None
    authorities: tuple[str, ...] | None
    foreign: bool
    establishments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """A geographic entity. finess: entité géographique; zone: IANA time zone."""

    id: int
    establishment: int
    name: str
    finess: str | None
    zone: str


@dataclass(frozen=True, slots=True)
class EstablishmentSettings:
    """A legal entity. finess: entité juridique; domains: ids of the domains it shares."""

    id: int
    name: str
    finess: str | None
    domains: tuple[int, ...]


Settings = DomainSettings | SiteSettings | EstablishmentSettings


def etag(one: Settings) -> str:
    """What changes when the resource changes (RFC 9110, 8.8.3)."""
    return f'"{sha256(msgspec.json.encode(one)).hexdigest()[:24]}"'


def domains(only: int | None = None) -> tuple[DomainSettings, ...]:
    """All domains, or the only one within reach."""
    shared = defaultdict(list)
    for domain, establishment in DomainEstablishment.objects.order_by("establishment_id").values_list(
        "domain_id", "establishment_id"
    ):
        shared[domain].append(establishment)
    rows = Domain.objects.order_by("id") if only is None else Domain.objects.filter(id=only)
    return tuple(
        DomainSettings(
            id=row.id,
            name=row.name,
            oid=row.oid or None,
            authorities=tuple(msgspec.json.decode(bytes(row.authorities))) if row.authorities else None,
            foreign=not row.own,
            establishments=tuple(shared[row.id]),
        )
        for row in rows
    )


def domain(id_: int) -> DomainSettings | None:
    """One domain."""
    return next(iter(domains(id_)), None)


def establishments(domain: int | None = None) -> tuple[EstablishmentSettings, ...]:
    """All establishments, or those that share a domain."""
    shared = defaultdict(list)
    for one, establishment in DomainEstablishment.objects.order_by("domain_id").values_list(
        "domain_id", "establishment_id"
    ):
        shared[establishment].append(one)
    return tuple(
        EstablishmentSettings(row.id, row.name, row.finess or None, tuple(shared[row.id]))
        for row in Establishment.objects.order_by("id")
        if domain is None or domain in shared[row.id]
    )


def establishment(id_: int, domain: int | None = None) -> EstablishmentSettings | None:
    """One establishment, when it is within reach."""
    return next((one for one in establishments(domain) if one.id == id_), None)


def sites(domain: int | None = None) -> tuple[SiteSettings, ...]:
    """All sites, or those of the establishments that share a domain."""
    known = {one.id for one in establishments(domain)}
    return tuple(
        SiteSettings(row.id, row.establishment_id, row.name, row.finess or None, row.zone)
        for row in Site.objects.order_by("id")
        if row.establishment_id in known
    )


def site(id_: int, domain: int | None = None) -> SiteSettings | None:
    """One site, when it is within reach."""
    return next((one for one in sites(domain) if one.id == id_), None)
