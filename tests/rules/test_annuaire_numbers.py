"""Numbers of the directories: published values, and python-stdnum as the judge of the keys."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.fr import siren, siret

from ecluse.rules.annuaire import (
    NationalNumber,
    adeli_problem,
    finess_problem,
    finess_valid,
    luhn_key,
    luhn_valid,
    normalise,
    read_person,
    read_structure,
    rpps_of,
    rpps_problem,
    rpps_valid,
    siren_problem,
    siren_valid,
    siret_problem,
    siret_valid,
)

modest = settings(max_examples=200, deadline=None)
DIGITS = st.text("0123456789", min_size=1, max_size=20)


@modest
@given(DIGITS)
def test_keys_are_those_of_luhn(digits: str) -> None:
    assert luhn_key(digits) == luhn.calc_check_digit(digits)
    assert luhn_valid(digits) == luhn.is_valid(digits)


@modest
@given(st.text("0123456789", min_size=8, max_size=8), st.booleans(), st.sampled_from("0123456789"))
def test_siren_agrees_with_the_judge(body: str, right: bool, other: str) -> None:
    number = body + (luhn_key(body) if right else other)
    if number.strip("0"):
        assert siren_valid(number) == siren.is_valid(number)


@modest
@given(
    st.one_of(st.just("356000000"), st.text("0123456789", min_size=8, max_size=8)),
    st.text("0123456789", min_size=4, max_size=4),
    st.sampled_from("0123456789"),
    st.booleans(),
)
def test_siret_agrees_with_the_judge_la_poste_included(body: str, nic: str, last: str, right: bool) -> None:
    start = (body if len(body) == 9 else body + luhn_key(body)) + nic
    number = start + (luhn_key(start) if right else last)
    if number[:9].strip("0"):
        assert siret_valid(number) == siret.is_valid(number)


def test_head_office_of_la_poste_follows_luhn_its_post_offices_do_not() -> None:
    assert siret_valid("35600000000048")
    assert siret_valid("35600000049837")  # 3+5+6+4+9+8+3+7 = 45
    assert not luhn_valid("35600000049837")
    assert not siret_valid("35600000049838")


@pytest.mark.parametrize("number", ["99700245667", "99700427893"])
def test_published_rpps_are_valid(number: str) -> None:
    assert rpps_valid(number)
    assert rpps_problem(number, "test") is None


@pytest.mark.parametrize("number", ["801234564895"[1:], "12345678901"])
def test_wrong_key_of_an_rpps_is_an_error_in_production_only(number: str) -> None:
    assert not rpps_valid(number)
    for environment, severity in (("production", "error"), ("test", "warning")):
        problem = rpps_problem(number, environment)  # type: ignore[arg-type]
        assert problem is not None
        assert (problem.code, problem.severity) == ("rpps-key", severity)


def test_fictive_rpps_is_nobody_in_production() -> None:
    problem = rpps_problem("99700245667", "production")
    assert problem is not None
    assert (problem.code, problem.severity) == ("rpps-fictive", "error")


@pytest.mark.parametrize(
    "text", ["", "9970024566", "997002456670", "9970024566A", "９９７００２４５６６７", "99700245667\n"]
)
def test_what_has_not_eleven_digits_is_no_rpps(text: str) -> None:
    assert not rpps_valid(text)
    problem = rpps_problem(text, "test")
    assert problem is not None
    assert (problem.code, problem.severity) == ("rpps-form", "error")


@pytest.mark.parametrize(
    "number",
    ["0B0152872", "2A0000014", "2B0000020", "2B0000012", "750712184", "690781810", "130786049", "310781406"],
)
def test_published_finess_are_valid(number: str) -> None:
    assert finess_valid(number)
    assert finess_problem(number) is None


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("120456789", "finess-key"),
        ("2A0000015", "finess-key"),
        ("000000000", "finess-form"),
        ("75071218", "finess-form"),
        ("A50712184", "finess-form"),
        ("2C0000014", "finess-form"),
        ("75071218A", "finess-form"),
        ("", "finess-form"),
    ],
)
def test_wrong_finess_says_why(number: str, code: str) -> None:
    assert not finess_valid(number)
    problem = finess_problem(number)
    assert problem is not None
    assert problem.code == code


def test_key_of_a_corsican_finess_may_be_left_unchecked() -> None:
    assert finess_valid("2A0000015", "unchecked")
    assert finess_problem("2A0000015", "unchecked") is None
    assert not finess_valid("120456789", "unchecked")


def test_adeli_has_a_form_and_no_key_that_we_know() -> None:
    assert adeli_problem("759312345") is None
    assert adeli_problem("2A9312345") is None
    problem = adeli_problem("75931234")
    assert problem is not None
    assert problem.code == "adeli-form"


def test_zeros_are_given_to_nobody() -> None:
    for problem in (siren_problem("0" * 9), siret_problem("0" * 14), rpps_problem("0" * 11, "production")):
        assert problem is not None
        assert problem.code.endswith("-key")


def test_siret_with_a_wrong_siren_is_refused() -> None:
    problem = siret_problem("73282932100078")
    assert problem is not None
    assert problem.code == "siret-key"
    assert siret_problem("73282932000074") is None
    assert siren_problem("732829320") is None
    short, siren_short = siret_problem("7328293200007"), siren_problem("73282932")
    assert short is not None
    assert siren_short is not None
    assert (short.code, siren_short.code) == ("siret-form", "siren-form")


def test_numbers_are_compared_without_what_people_put_between_digits() -> None:
    assert normalise(" 997 002-456.67\u00a0") == "99700245667"
    assert normalise("2a 000 0014") == "2A0000014"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("899700245667", NationalNumber("rpps", "99700245667")),
        ("0759312345", NationalNumber("adeli", "759312345")),
        ("3123456789", None),
        ("899700245668", None),
        ("ANS20231122132732", None),
        ("", None),
    ],
)
def test_idnps_designates_a_person(text: str, expected: NationalNumber | None) -> None:
    assert read_person(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10B0152872", NationalNumber("finess", "0B0152872")),
        ("2732829320", NationalNumber("siren", "732829320")),
        ("373282932000074", NationalNumber("siret", "73282932000074")),
        ("499700237045007", NationalNumber("rpps-rang", "99700237045007")),
        ("0759312345", NationalNumber("adeli", "759312345")),
        ("1120456789", None),
        ("4X", None),
        ("4", None),
        ("", None),
    ],
)
def test_idnst_designates_a_structure(text: str, expected: NationalNumber | None) -> None:
    assert read_structure(text) == expected


def test_rpps_is_found_bare_or_behind_its_type() -> None:
    assert rpps_of("99700245667") == "99700245667"
    assert rpps_of("899700245667") == "99700245667"
    assert rpps_of("0759312345") is None
    assert rpps_of("99700245668") is None
