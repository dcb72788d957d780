"""The stories of a day and how often each is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ecluse.simulators.hospital import everyday, lifecycle
from ecluse.simulators.hospital.world import Step, World

Story = Callable[[World], Iterator[Step]]

STORIES: dict[Story, int] = {
    lifecycle.ordinary: 28,
    lifecycle.at_once: 8,
    lifecycle.newborn: 5,
    lifecycle.twins: 2,
    lifecycle.nia_to_nir: 4,
    lifecycle.nia_changes: 2,
    lifecycle.ins_changed: 3,
    lifecycle.ins_deleted: 3,
    lifecycle.downgraded: 3,
    lifecycle.whole_life: 2,
    everyday.duplicate: 5,
    everyday.corrected: 5,
    everyday.renumbered: 2,
    everyday.linked: 2,
    everyday.deceased: 3,
    everyday.consent_changed: 3,
    everyday.homonyms: 2,
    everyday.practice: 12,
    everyday.known_before: 3,
    everyday.unknown_identity: 2,
    everyday.lunar: 2,
}
"""Stories and their share of a day, in percent; `Outgoing.story` is the name of the function."""
