"""The establishment a person chose to look at: it narrows what she reaches, and never widens it."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.store.models.access import DomainEstablishment, Establishment, Site
from ecluse.store.models.accounts import RoleGrant


@dataclass(frozen=True, slots=True)
class Place:
    """An establishment. domains: ids of its identification domains; sites: ids of its sites."""

    id: int
    name: str
    domains: frozenset[int]
    sites: frozenset[int]

    def narrowed(
        self, domains: frozenset[int] | None, sites: frozenset[int]
    ) -> tuple[frozenset[int], frozenset[int]]:
        """What is left of a reach, in this place alone.

        :param domains: wholly within reach, None: all; sites: within reach beside.
        """
        whole = self.domains if domains is None else domains & self.domains
        return whole, sites & self.sites


def offered(user: int) -> tuple[tuple[int, str], ...]:
    """Ids and names of the establishments where a person has a role, by name; all of them when one of her roles holds
    everywhere.

    :param user: id of the account.
    """
    held = set(RoleGrant.objects.filter(user_id=user).values_list("establishment_id", flat=True))
    rows = Establishment.objects.all()
    if None not in held:
        rows = rows.filter(id__in=held)
    return tuple(sorted(rows.values_list("id", "name"), key=lambda one: one[1].casefold())) if held else ()


def find(user: int, establishment: object) -> Place | None:
    """An establishment that a person may choose; None for another one, or for what is none."""
    name = dict(offered(user)).get(establishment) if isinstance(establishment, int) else None
    if name is None or not isinstance(establishment, int):
        return None
    domains = DomainEstablishment.objects.filter(establishment_id=establishment)
    sites = Site.objects.filter(establishment_id=establishment)
    return Place(
        establishment,
        name,
        frozenset(domains.values_list("domain_id", flat=True)),
        frozenset(sites.values_list("id", flat=True)),
    )
