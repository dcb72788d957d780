"""The demonstration tells every event in words."""

from __future__ import annotations

from ecluse.main.demo_words import EVENTS, TRUST, choice, in_words
from ecluse.rules.identity.model import Trust
from ecluse.rules.identity.vocabulary import VERSIONS
from ecluse.rules.stay.vocabulary import VERSIONS as STAYS


def test_every_event_of_an_identity_and_of_a_stay_has_its_words() -> None:
    assert EVENTS.keys() == VERSIONS.keys() | STAYS.keys()
    assert set(TRUST) == set(Trust.__args__)  # type: ignore[attr-defined]


def test_a_change_of_status_says_from_what_to_what() -> None:
    text, _ = in_words("status.changed", {"from": [], "to": ["VALI", "HOMA"]})
    assert text.endswith("(– → VALI+HOMA)")


def test_an_event_of_a_later_version_keeps_its_name() -> None:
    assert in_words("patient.split", {}) == ("patient.split", "")


def test_every_choice_about_the_dmp_has_its_words() -> None:
    said = {
        choice(about, code) for about, code in (("feeding", "INO"), ("feeding", "IO"), ("consultation", "IC"))
    }
    assert len(said | {choice("consultation", "INC"), choice("feeding", "NA"), choice("feeding", None)}) == 5
