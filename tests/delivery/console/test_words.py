"""Times in words, and the names senders give themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from ecluse.delivery.console.times import midnight
from ecluse.delivery.console.words import ago, exact, moment, shown
from ecluse.services.deployment_view import current, use

NOW = datetime(2026, 11, 18, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "french", "english"),
    [
        (-5, "à l’instant", "just now"),
        (0.4, "à l’instant", "just now"),
        (59, "il y a 59 s", "59 s ago"),
        (60, "il y a 1 min", "1 min ago"),
        (3599, "il y a 59 min", "59 min ago"),
        (86399, "il y a 23 h", "23 h ago"),
        (86400 * 3, "il y a 3 j", "3 d ago"),
    ],
)
def test_elapsed_time_in_words(seconds: float, french: str, english: str, gateway: object) -> None:
    """One unit, rounded down; a clock that went back is no surprise."""
    with translation.override("fr"):
        assert ago(timedelta(seconds=seconds)) == french
    with translation.override("en"):
        assert ago(timedelta(seconds=seconds)) == english


def test_a_moment_keeps_its_exact_time(gateway: object) -> None:
    """For machines as it was stored; for people in the zone of the first listener, day first in French only."""
    with translation.override("fr"):
        found = moment("2026-11-18T07:59:30.000Z", NOW)
        assert (found.iso, found.words) == ("2026-11-18T07:59:30.000Z", "il y a 30 s")
        assert found.exact == "18/11/2026 08:59:30 CET"
    with translation.override("en"):
        assert "2026-11-18" in moment("2026-11-18T07:59:30.000Z", NOW).exact


def test_a_day_of_the_pages_begins_at_midnight_of_their_zone(gateway: object) -> None:
    """Twenty-three hours when clocks go forward: the machine may be in UTC, its people are not."""
    assert midnight(date(2026, 3, 29)) == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert midnight(date(2026, 3, 29), 1) == datetime(2026, 3, 29, 22, tzinfo=UTC)


def test_the_zone_is_that_of_the_first_listener(gateway: object) -> None:
    view = current()
    try:
        use(replace(view, listeners=(replace(view.listeners[0], zone="Indian/Reunion"),)))
        assert exact("2026-11-18T07:59:30.000Z").split()[1] == "11:59:30"
    finally:
        use(view)


def test_hidden_characters_are_made_visible() -> None:
    """A right-to-left override would show another name."""
    assert shown("GAM\u202eX\n") == "GAM\\u202eX\\u000a"
    assert shown("x" * 80) == "x" * 59 + "…"
