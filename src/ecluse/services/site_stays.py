"""Which patients have or had a stay on a site: what people see whose role is limited to that site.

A message names the establishment of a place in PV1-3.4 (HD: name, identifier and its kind) and may in PV1-39. A site is
known there by its FINESS (entité géographique), else by its name when no other site has that name. What is said of
neither FINESS nor name belongs to no site: nobody sees it by way of one. Source: HL7 2.5, 2.A.53 (PL) and 3.4.3.39.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from ecluse.rules.stay import Movement, Stay
from ecluse.services.queries.merges import merged_into
from ecluse.store.models.access import DomainEstablishment, Site
from ecluse.store.models.stays import StayState

_PARTS = 400
_decode = msgspec.json.Decoder(Stay).decode


@dataclass(frozen=True, slots=True)
class SiteMarks:
    """How some sites are known in messages. finess, names: sites by what messages write, in the form of `_same`;
    others: FINESS of the sites that are not meant; domains: those where each site is.
    """

    finess: Mapping[str, frozenset[int]]
    names: Mapping[str, int]
    others: frozenset[str]
    domains: Mapping[int, frozenset[int]]

    @property
    def within(self) -> frozenset[int]:
        """Domains of all the sites."""
        return frozenset().union(*self.domains.values())

    def meant(self, movement: Movement, domain: int) -> bool:
        """Whether a movement of a stay of a domain is on one of the sites."""
        if movement.cancelled:
            return False
        return any(domain in self.domains[one] for field in _places(movement) for one in self._named(field))

    def _named(self, field: frozenset[str]) -> frozenset[int]:
        """Sites that a field names; the FINESS of another site says that it is none of these, whatever the name."""
        by_number = frozenset[int]().union(*(self.finess[one] for one in field if one in self.finess))
        if by_number or field & self.others:
            return by_number
        return frozenset(self.names[one] for one in field if one in self.names)


def marks(sites: frozenset[int]) -> SiteMarks:
    """How these sites are known today."""
    rows = list(Site.objects.values_list("id", "establishment_id", "name", "finess"))
    shared: dict[int, set[int]] = {}
    for establishment, domain in DomainEstablishment.objects.values_list("establishment_id", "domain_id"):
        shared.setdefault(establishment, set()).add(domain)
    named = Counter(_same(name) for _, _, name, _ in rows)
    finess: dict[str, frozenset[int]] = {}
    for site, _, _, number in rows:
        if number and site in sites:
            finess[_same(number)] = finess.get(_same(number), frozenset()) | {site}
    return SiteMarks(
        finess=finess,
        names={_same(name): site for site, _, name, _ in rows if site in sites and named[_same(name)] == 1},
        others=frozenset(_same(number) for _, _, _, number in rows if number) - set(finess),
        domains={site: frozenset(shared.get(place, ())) for site, place, _, _ in rows if site in sites},
    )


def on_sites(known: SiteMarks, patients: Iterable[str]) -> frozenset[str]:
    """Those of these patients who have or had a stay there, by themselves or by a patient merged into them."""
    ids = list(dict.fromkeys(patients))
    owners = {one: one for one in ids}
    latest = set(ids)
    while latest:
        merged = {one: owners[into] for one, into in merged_into(latest).items() if one not in owners}
        owners |= merged
        latest = set(merged)
    found: set[str] = set()
    for part in _parts(owners):
        rows = StayState.objects.filter(patient__in=part, domain_id__in=sorted(known.within))
        for patient, domain, state in rows.values_list("patient", "domain_id", "state"):
            owner = owners[patient]
            if owner not in found and any(
                known.meant(one, domain) for one in _decode(bytes(state)).movements
            ):
                found.add(owner)
    return frozenset(ids) & found


def _places(movement: Movement) -> Iterator[frozenset[str]]:
    """What each field that names an establishment says, in parts."""
    for location in movement.fields.get("PV1-3", ()):
        yield _parts_of(location[3] if len(location) > 3 else "")
    for facility in movement.fields.get("PV1-39", ()):
        yield _parts_of(facility[0] if facility else "")


def _parts_of(text: str) -> frozenset[str]:
    return frozenset(filter(None, map(_same, text.split("&"))))


def _same(text: str) -> str:
    return " ".join(text.casefold().split())


def _parts(ids: Iterable[str]) -> Iterator[list[str]]:
    listed = list(ids)
    for start in range(0, len(listed), _PARTS):
        yield listed[start : start + _PARTS]
