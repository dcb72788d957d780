"""The matricule: form, key, value object (Référentiel INS; identifiers reference)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.rules.ins import Ins, computed_key, key_valid, mask, normalise, well_formed

from .builders import NIA, NIR, TEST


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ("2751263220749", "74"),
        ("297022A020778", "78"),
        ("160012B020777", "13"),
        ("180032B020401", "23"),
        ("1090763220834", "89"),
        ("1810363220456", "76"),
    ],
)
def test_key_of_the_published_test_values(body: str, key: str) -> None:
    assert computed_key(body) == key


def test_corsica_counts_2a_as_19_and_2b_as_18() -> None:
    assert computed_key("297022A020778") == computed_key("2970219020778")
    assert computed_key("160012B020777") == computed_key("1600118020777")


def test_a_wrong_key_is_seen_and_the_form_stays_right() -> None:
    assert well_formed("250089215400243")
    assert not key_valid("250089215400243")
    assert key_valid("250089215400275")


@pytest.mark.parametrize(
    "text",
    ["", "25008921540024", "2500892154002433", "25008A215400243", "250082C15400243", "25008921540024X"],
)
def test_other_texts_are_not_a_matricule(text: str) -> None:
    assert not well_formed(text)
    assert not key_valid(text)


def test_only_the_seventh_character_may_be_a_letter() -> None:
    assert well_formed("297022A02077878")
    assert not well_formed("2970222A0207787")


def test_blanks_and_small_letters_are_written_away() -> None:
    assert normalise("2 97 02 2a 020 778 78") == "297022A02077878"
    assert normalise("275126322074974") == "275126322074974"


def test_a_body_of_another_form_has_no_key() -> None:
    with pytest.raises(ValueError, match="thirteen"):
        computed_key("27512632207")
    with pytest.raises(ValueError, match="thirteen"):
        computed_key("27512X3220749")


def test_an_ins_is_a_matricule_with_its_oid() -> None:
    assert Ins("275126322074974", NIR) != Ins("275126322074974", TEST)
    assert Ins("275126322074974", NIA).kind == "nia"
    assert Ins("275126322074974", NIR).key_valid
    assert Ins("275126322074974", NIR).allowed("production")
    assert not Ins("275126322074974", TEST).allowed("production")


def test_a_text_that_may_be_shown_holds_no_matricule() -> None:
    assert mask("IPP 275126322074974 (CH)") == "IPP ••• (CH)"
    assert mask("297022a020778") == "•••"
    assert mask("1.2.250.1.213.1.4.8 7001") == "1.2.250.1.213.1.4.8 7001"


def test_what_may_be_shown_of_an_ins_hides_the_matricule() -> None:
    shown = Ins("275126322074974", NIR).masked
    assert "2751263" not in shown
    assert NIR in shown


@settings(max_examples=60)
@given(st.from_regex(r"[1-8][0-9]{4}([0-9]{2}|2[AB])[0-9]{6}", fullmatch=True))
def test_a_computed_key_is_always_valid_and_between_01_and_97(body: str) -> None:
    key = computed_key(body)
    assert 1 <= int(key) <= 97
    assert key_valid(body + key)
