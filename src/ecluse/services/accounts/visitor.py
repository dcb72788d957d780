"""Who is at the console: the person, what she may do and on which identification domains."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ecluse.services.access import Caller, Reach
from ecluse.services.accounts.places import Place
from ecluse.services.accounts.roles import ON_A_SITE, roles
from ecluse.services.queries.habilitations import rights_by_place
from ecluse.store.models.access import DomainEstablishment
from ecluse.store.models.accounts import RoleGrant, User

Account = User
"""The account of a person, for those who only hand it on."""

Domains = frozenset[int] | None
"""Ids of identification domains; None: all."""


class SessionMeans(NamedTuple):
    """How the session was opened. means: kinds of means used, in order; factors: of different nature; at: µs; level: of
    assurance, as declared for an identity provider, or empty.
    """

    means: tuple[str, ...] = ()
    factors: int = 0
    at: int = 0
    level: str = ""


NOTHING = SessionMeans()
"""Of a person whose session does not matter."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A person who signed in.

    granted: domains on the whole of which each right holds; sites: those where it holds beside, for rights about
    patients; session: how she signed in; place: the establishment she chose to look at, None: all of hers.
    """

    id: int
    username: str
    name: str
    language: str
    theme: str
    granted: Mapping[str, Domains]
    session: SessionMeans = NOTHING
    sites: Mapping[str, frozenset[int]] = field(default_factory=dict)
    place: Place | None = None

    @property
    def operator(self) -> str:
        """How the journal and the trails name her."""
        return f"user:{self.id}"

    @property
    def rights(self) -> frozenset[str]:
        """What she may do, somewhere."""
        return frozenset(self.granted)

    def may(self, right: str) -> bool:
        """Whether she has a right, somewhere."""
        return right in self.granted

    def everywhere(self, right: str) -> bool:
        """Whether she has a right on every establishment."""
        return self.granted.get(right, frozenset()) is None

    def reach(self, right: str) -> Reach:
        """The patients on whom a right holds, in the place she chose; nobody when she does not have it."""
        domains, sites = self.granted.get(right, frozenset()), self.sites.get(right, frozenset())
        if self.place is not None:
            domains, sites = self.place.narrowed(domains, sites)
        return Reach(domains, "", sites)

    def caller(self, right: str) -> Caller:
        """She, as the services that serve the interfaces for programs know callers."""
        return Caller(
            id=self.operator,
            name=self.name,
            scopes=frozenset(),
            domain=None,
            inclusion="",
            on_behalf_of="",
            domains=self.granted.get(right, frozenset()),
        )


def visitor(user: User, session: SessionMeans = NOTHING) -> Visitor:
    """The person of an account, with what her roles allow today."""
    domains, sites = granted(user)
    name = user.name or user.username
    return Visitor(user.pk, user.username, name, user.language, user.theme, domains, session, sites)


def granted(user: User) -> tuple[dict[str, Domains], dict[str, frozenset[int]]]:
    """Domains on the whole of which each right of an account holds, and sites where it holds beside: by its roles, and
    by the habilitation matrix of the places where it has one. A right that holds on a site has domains too, none maybe.
    """
    found: dict[str, Domains] = {}
    sites: dict[str, frozenset[int]] = {}
    rows = list(RoleGrant.objects.filter(user_id=user.pk).values_list("role", "establishment_id", "site_id"))
    places = {(establishment, site) for _, establishment, site in rows}
    for right, held in rights_by_place(user.profession, user.unit, places, time.time_ns() // 1000).items():
        found[right] = held.domains
        sites[right] = held.sites
    shared = _domains({establishment for _, establishment, _ in rows if establishment is not None})
    for role, establishment, site in rows:
        known = roles().get(role)
        rights = known.rights if known is not None else frozenset()
        if site is not None:
            for right in rights & ON_A_SITE:
                found.setdefault(right, frozenset())
                sites[right] = sites.get(right, frozenset()) | {site}
            continue
        domains = None if establishment is None else shared.get(establishment, frozenset())
        for right in rights:
            found[right] = _joined(found.get(right, frozenset()), domains)
    return found, sites


def _domains(establishments: set[int]) -> dict[int, frozenset[int]]:
    found: dict[int, frozenset[int]] = {}
    rows = DomainEstablishment.objects.filter(establishment_id__in=establishments)
    for establishment, domain in rows.values_list("establishment_id", "domain_id"):
        found[establishment] = found.get(establishment, frozenset()) | {domain}
    return found


def _joined(one: Domains, other: Domains) -> Domains:
    return None if one is None or other is None else one | other
