"""Rights by profession, unit, site and day; what a review leaves of a matrix, and when the next one is due."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.rules.habilitation import (
    ANY,
    EVERYWHERE,
    Decision,
    Line,
    after_review,
    compare,
    due,
    in_force,
    latest_due,
    ordered,
    rights_of,
    undecided,
    wrong_dates,
)

DAY = date(2026, 11, 20)
NURSES = Line("60", EVERYWHERE, "Cardiologie", "patients.read")
DOCTORS = Line("10", EVERYWHERE, ANY, "patients.read")
CONSENTS = Line("10", 2, ANY, "consents.record")
ALL = Line(ANY, EVERYWHERE, "Accueil", "status.read")
MATRIX = (NURSES, DOCTORS, CONSENTS, ALL)


@pytest.mark.parametrize(
    ("profession", "unit", "site", "expected"),
    [
        ("60", "Cardiologie", None, {"patients.read"}),
        ("60", "  cardiologie ", 1, {"patients.read"}),
        ("60", "Pédiatrie", None, set()),
        ("60", "", None, set()),
        ("10", "", None, {"patients.read"}),
        ("10", "Pédiatrie", 2, {"patients.read", "consents.record"}),
        ("10", "Pédiatrie", 3, {"patients.read"}),
        ("", "Accueil", None, {"status.read"}),
        ("", "Cardiologie", 2, set()),
    ],
)
def test_rights_follow_from_profession_unit_and_site(
    profession: str, unit: str, site: int | None, expected: set[str]
) -> None:
    assert rights_of(MATRIX, profession, unit, site, DAY) == expected


def test_line_for_one_unit_never_reaches_a_person_without_unit() -> None:
    assert rights_of([Line(ANY, EVERYWHERE, "", "patients.read")], "10", "", None, DAY) == frozenset()


def test_person_without_profession_is_not_the_profession_without_code() -> None:
    assert rights_of([Line("", EVERYWHERE, ANY, "patients.read")], "", "A", None, DAY) == frozenset()


@pytest.mark.parametrize(
    ("starts", "ends", "held"),
    [
        ("", "", True),
        ("2026-11-20", "2026-11-20", True),
        ("2026-11-21", "", False),
        ("", "2026-11-19", False),
        ("2026-11-01", "2026-12-01", True),
    ],
)
def test_first_and_last_day_are_included(starts: str, ends: str, held: bool) -> None:
    line = DOCTORS._replace(starts=starts, ends=ends)
    assert in_force(line, DAY) is held
    assert bool(rights_of([line], "10", "", None, DAY)) is held


@pytest.mark.parametrize(
    ("starts", "ends", "wrong"),
    [
        ("", "", False),
        ("2026-11-20", "2026-11-20", False),
        ("2026-11-21", "2026-11-20", True),
        ("20/11/2026", "", True),
        ("20261120", "", True),
        ("", "2026-02-30", True),
    ],
)
def test_dates_must_be_dates_in_order(starts: str, ends: str, wrong: bool) -> None:
    assert wrong_dates(DOCTORS._replace(starts=starts, ends=ends)) is wrong


def test_versions_differ_by_what_was_added_and_removed() -> None:
    changes = compare(MATRIX, [DOCTORS, CONSENTS, ALL, NURSES._replace(unit="Pédiatrie")])
    assert changes.added == (NURSES._replace(unit="Pédiatrie"),)
    assert changes.removed == (NURSES,)


def test_review_keeps_changes_and_removes() -> None:
    replacement = NURSES._replace(ends="2027-01-31")
    decisions = {
        0: Decision("change", replacement),
        1: Decision("keep"),
        2: Decision("remove"),
        3: Decision("keep"),
    }
    assert undecided(MATRIX, decisions) == ()
    assert set(after_review(MATRIX, MATRIX, decisions)) == {replacement, DOCTORS, ALL}


def test_review_leaves_what_changed_since_it_began() -> None:
    added = Line("50", EVERYWHERE, "Maternité", "patients.read")
    current = (DOCTORS, ALL, added)
    decisions = {0: Decision("change", NURSES._replace(unit="Urgences")), 1: Decision("remove")}
    assert set(after_review(current, MATRIX, decisions)) == {ALL, added}
    assert undecided(MATRIX, decisions) == (2, 3)


LINES = st.builds(
    Line,
    st.sampled_from(["10", "60", ANY]),
    st.integers(0, 2),
    st.sampled_from([ANY, "A", "B"]),
    st.sampled_from(["patients.read", "consents.record"]),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES), st.lists(LINES))
def test_a_version_is_the_one_before_and_its_changes(before: list[Line], after: list[Line]) -> None:
    changes = compare(before, after)
    assert (set(before) - set(changes.removed)) | set(changes.added) == set(after)
    assert ordered(ordered(after)) == ordered(after)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(LINES),
    LINES,
    st.sampled_from(["10", "60", ""]),
    st.sampled_from(["A", "B", ""]),
    st.integers(1, 2),
)
def test_a_line_more_never_takes_a_right_away(
    lines: list[Line], more: Line, profession: str, unit: str, site: int
) -> None:
    before = rights_of(lines, profession, unit, site, DAY)
    assert before <= rights_of([*lines, more], profession, unit, site, DAY)


@pytest.mark.parametrize(
    ("day", "left", "alarm"),
    [
        (date(2027, 11, 20), 365, "none"),
        (date(2026, 12, 21), 31, "none"),
        (date(2026, 12, 20), 30, "soon"),
        (date(2026, 11, 20), 0, "soon"),
        (date(2026, 11, 19), -1, "late"),
    ],
)
def test_review_is_announced_a_month_before_and_late_the_day_after(day: date, left: int, alarm: str) -> None:
    assert due(day, DAY) == (day, left, alarm)


def test_next_review_comes_within_a_year() -> None:
    assert latest_due(DAY) == date(2027, 11, 20)
