"""Names of segments, fields, components and events in both languages, for readers of messages."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from ecluse.protocols.pam.profile import Field, current_release, profile
from ecluse.protocols.pam.stay_events import stay_events
from ecluse.services.queries.documents import Sentence

__all__ = ["event_name", "field_name", "field_of", "part_name", "segment_name"]

NONE = Sentence("", "")


@cache
def _names() -> dict[str, dict[str, Any]]:
    return tomllib.loads(files("ecluse.services").joinpath("data/hl7_names.toml").read_text("utf-8"))


def segment_name(segment: str) -> Sentence:
    """What a segment is; empty for one that the profile does not know."""
    found = _names()["segments"].get(segment)
    return NONE if found is None else Sentence(found["fr"], found["en"])


def field_of(segment: str, number: int) -> Field | None:
    """A field of the profile; None when the profile does not have it."""
    fields = profile(current_release()).segments.get(segment, ())
    return fields[number - 1] if 0 < number <= len(fields) else None


def field_name(segment: str, number: int) -> Sentence:
    """The name of a field; empty for one that the profile does not have."""
    found = field_of(segment, number)
    return NONE if found is None else _both(found.name)


def part_name(segment: str, number: int, component: int, subcomponent: int = 0) -> Sentence:
    """The name of a component of a field, or of one of its subcomponents; all count from 1."""
    found = field_of(segment, number)
    if found is None or not 0 < component <= len(found.parts):
        return NONE
    part = found.parts[component - 1]
    if not subcomponent:
        return _both(part.name)
    inner = profile(current_release()).types.get(part.type, ())
    return _both(inner[subcomponent - 1].name) if 0 < subcomponent <= len(inner) else NONE


def event_name(event: str) -> Sentence:
    """What an event (`A28`) tells, as words within a sentence; empty for one that is not known."""
    found = _names()["events"].get(event)
    if found is not None:
        return Sentence(found["fr"], found["en"])
    stay = stay_events().get(event)
    return NONE if stay is None else Sentence(stay.label_fr, stay.label_en)


def _both(name: str) -> Sentence:
    """A name of the profile's data, which is English, or French for the segments of France."""
    names = _names()
    french = names["fields"].get(name) or names["parts"].get(name)
    return Sentence(french or name, names["english"].get(name, name))
