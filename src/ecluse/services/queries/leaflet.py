"""The parts of the information leaflet that the establishment wrote, and the name it prints on it."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.store.models.access import Establishment
from ecluse.store.models.reviews import LeafletText


@dataclass(frozen=True, slots=True)
class Leaflet:
    """What no source words. rights: how to say no; contact: whom to ask; more: anything else; empty when not written.

    establishment: its name, when there is one alone, else empty.
    """

    rights: str
    contact: str
    more: str
    establishment: str


def leaflet() -> Leaflet:
    """The leaflet as it is now."""
    said = dict(LeafletText.objects.values_list("name", "text"))
    names = list(Establishment.objects.values_list("name", flat=True)[:2])
    return Leaflet(
        said.get("rights", ""),
        said.get("contact", ""),
        said.get("more", ""),
        names[0] if len(names) == 1 else "",
    )
