"""Formats of HL7 values: what each accepts, and the fast patterns never accept more than the predicates."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.pam.checks.identity import begins
from ecluse.protocols.pam.formats import PATTERNS, PREDICATES
from ecluse.protocols.pam.masking import mask_matricule, plain, safe, shape

COMPILED = {name: re.compile(pattern, re.ASCII) for name, pattern in PATTERNS.items()}


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        (
            "DT",
            ("2024", "202402", "20240229", "19680319"),
            ("20230229", "2024022", "20241301", "202402291", ""),
        ),
        ("TM", ("10", "1015", "101530.1234", "1015+0100"), ("24", "1060", "1", "", "+0100", "101")),
        (
            "DTM",
            ("2024", "2024031510", "20240315101530", "20240315101530.123+0100", "2024-0330"),
            ("20240315246000", "202403151", "2024-03-15", "20240315101530+1560", "20240315T10", "00000230"),
        ),
        ("NM", ("0", "-1.5", "+2", ".5", "12."), ("1,5", "abc", "", "-", ".")),
        ("SI", ("1", "9999"), ("12345", "-1", "", "²")),
    ],
)
def test_a_format_accepts_and_refuses(name: str, right: tuple[str, ...], wrong: tuple[str, ...]) -> None:
    assert [text for text in right if not PREDICATES[name](text)] == []
    assert [text for text in wrong if PREDICATES[name](text)] == []
    assert [text for text in wrong if COMPILED[name].fullmatch(text)] == []


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(sorted(PATTERNS)), data=st.data())
def test_a_pattern_accepts_only_what_its_predicate_accepts(name: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(COMPILED[name], fullmatch=True))
    assert PREDICATES[name](text), text


@pytest.mark.parametrize(
    ("given_name", "given_list", "expected"),
    [
        ("JEANNE", "JEANNE MARIE CECILE", True),
        ("MARIE-ODILE", "MARIE ODILE CECILE", True),
        ("N'GUESSAN", "N GUESSAN PAUL", True),
        ("JEAN", "JEANNE MARIE", False),
        ("MARIE", "JEANNE MARIE", False),
    ],
)
def test_the_first_given_name_begins_the_list(given_name: str, given_list: str, expected: bool) -> None:
    assert begins(given_name, given_list) is expected


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("VALI", "VALI"),
        ("INS-NIR", "INS-NIR"),
        ("A28", "A28"),
        ("1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.8"),
        ("H", "H"),
        ("MOULINVERT", "AAAAAAAAAA"),
        ("12/05/1970", "99/99/9999"),
        ("268037510704269", "2…"),
        ("2 68 03 75 107 042", "2…"),
        ("268032A107042", "2…"),
    ],
)
def test_a_finding_shows_codes_and_hides_people(value: str, shown: str) -> None:
    assert safe(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [("2.6", "2.6"), ("ORU", "ORU"), ("R01\x1b", "R01"), ("268037510704269", "2…")]
)
def test_versions_and_events_are_shown_as_they_are(value: str, shown: str) -> None:
    assert plain(value) == shown


def test_a_long_value_is_cut() -> None:
    assert plain("2" + "x" * 100) == "2" + "x" * 39 + "…"
    assert shape("a" * 100) == "a" * 40 + "…"
    assert mask_matricule("268037510704269") == "2…"
