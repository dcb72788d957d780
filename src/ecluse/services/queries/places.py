"""Establishments with their sites, and identification domains, as far as a visitor may see them."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.services.queries import settings
from ecluse.services.queries.settings import DomainSettings, EstablishmentSettings, SiteSettings


@dataclass(frozen=True, slots=True)
class EstablishmentPlace:
    """An establishment with its sites and the names of the domains it shares."""

    establishment: EstablishmentSettings
    sites: tuple[SiteSettings, ...]
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DomainPlace:
    """A domain with the names of the establishments that share it."""

    domain: DomainSettings
    establishments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Places:
    """What there is, by id."""

    establishments: tuple[EstablishmentPlace, ...]
    domains: tuple[DomainPlace, ...]


def places(within: frozenset[int] | None = None) -> Places:
    """Establishments and domains.

    :param within: ids of the domains that may be seen, with the establishments that share them; None: everything.
    """
    domains = [one for one in settings.domains() if within is None or one.id in within]
    names = {one.id: one.name for one in domains}
    establishments = [
        one for one in settings.establishments() if within is None or names.keys() & set(one.domains)
    ]
    known = {one.id: one.name for one in establishments}
    sites = settings.sites()
    return Places(
        tuple(
            EstablishmentPlace(
                one,
                tuple(site for site in sites if site.establishment == one.id),
                tuple(names[domain] for domain in one.domains if domain in names),
            )
            for one in establishments
        ),
        tuple(
            DomainPlace(one, tuple(known[other] for other in one.establishments if other in known))
            for one in domains
        ),
    )
