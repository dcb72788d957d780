"""The demonstration tells every event in words."""

from __future__ import annotations

from ecluse.main.demo_words import EVENTS, TRUST, in_words
from ecluse.rules.identity.model import Trust
from ecluse.rules.identity.vocabulary import VERSIONS


def test_every_event_of_an_identity_has_its_words() -> None:
    assert EVENTS.keys() == VERSIONS.keys()
    assert set(TRUST) == set(Trust.__args__)  # type: ignore[attr-defined]


def test_a_change_of_status_says_from_what_to_what() -> None:
    text, _ = in_words("status.changed", {"from": [], "to": ["VALI", "HOMA"]})
    assert text.endswith("(– → VALI+HOMA)")


def test_an_event_of_a_later_version_keeps_its_name() -> None:
    assert in_words("patient.split", {}) == ("patient.split", "")
