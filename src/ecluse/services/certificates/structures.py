"""Identifiers of structures that a certificate of an establishment may bear, with their type digit (TRE_G07)."""

from __future__ import annotations

from collections.abc import Collection

from ecluse.store.models.access import Establishment, Site

_FINESS = "1"


def structures_of(establishment: int) -> frozenset[str]:
    """FINESS of an establishment and of its sites, as `1` + number."""
    numbers = {
        *Establishment.objects.filter(id=establishment).values_list("finess", flat=True),
        *Site.objects.filter(establishment_id=establishment).values_list("finess", flat=True),
    }
    return frozenset(_FINESS + one for one in numbers if one)


def elsewhere_declared(structures: Collection[str], establishment: int) -> frozenset[str]:
    """Those that another establishment declares here as its own, and this one does not: no certificate of this one
    may bear them, whoever typed them.
    """
    asked = [one[1:] for one in structures if one.startswith(_FINESS)]
    if not asked:
        return frozenset()
    found = {
        *Establishment.objects.filter(finess__in=asked)
        .exclude(id=establishment)
        .values_list("finess", flat=True),
        *Site.objects.filter(finess__in=asked)
        .exclude(establishment_id=establishment)
        .values_list("finess", flat=True),
    }
    return frozenset(_FINESS + one for one in found) - structures_of(establishment)
