"""Synthetic people: their matricules are right by another reckoning, and every trap of the field is there."""

import random
from datetime import date

import pytest
from stdnum.fr import nir

from ecluse.simulators.hospital.people import INS_NIA, People, Person, insi_form, nir_key, places

TODAY = date(2026, 3, 2)


def some_people(count: int = 400) -> list[Person]:
    people = People(random.Random(7), TODAY)
    return [people.adult() for _ in range(count)]


def test_matricule_is_valid_for_an_independent_library() -> None:
    for person in some_people():
        assert nir.is_valid(person.matricule), person.birth_place


@pytest.mark.parametrize(
    ("matricule", "place"),
    [("275126322074974", "63220"), ("297022A02077878", "2A020"), ("160012B02077713", "2B020")],
)
def test_key_of_published_test_matricules(matricule: str, place: str) -> None:
    assert matricule[5:10] == place
    assert nir_key(matricule[:13]) == matricule[13:]


def test_matricule_says_sex_year_month_and_place() -> None:
    for person in some_people(50):
        assert person.matricule[0] == {"M": "1", "F": "2"}[person.sex]
        assert person.matricule[1:5] == f"{person.birth_date:%y%m}"
        assert person.matricule[5:10] == person.birth_place.code
        assert len(person.matricule) == 15


def test_births_in_corsica_overseas_and_abroad() -> None:
    codes = {person.birth_place.code for person in some_people()}
    assert any(code.startswith("2A") for code in codes)
    assert any(code.startswith("2B") for code in codes)
    assert any(code.startswith(("97", "98")) for code in codes)
    assert any(code.startswith("99") for code in codes)


def test_nobody_is_born_before_the_code_of_the_place_served() -> None:
    assert all(person.birth_place.since <= person.birth_date.year for person in some_people())


def test_place_codes_have_five_characters_and_are_written_once() -> None:
    codes = [place.code for kind in ("communes", "corsica", "overseas", "abroad") for place in places(kind)]
    assert len(set(codes)) == len(codes)
    assert {len(code) for code in codes} == {5}
    assert all(place.code.startswith("99") and place.country != "FRA" for place in places("abroad"))


def test_names_hold_every_shape_met_in_the_field() -> None:
    people = some_people()
    text = " ".join(
        f"{person.birth_name} {' '.join(person.given_names)} {person.used_name}" for person in people
    )
    for shape in ("Œ", "œ", "ÿ", "'", "-", "De La ", "Marie-", "Le "):
        assert shape in text, shape
    assert any(person.used_given_name for person in people)
    assert any(" " in given for person in people for given in person.given_names)


def test_centenarian_and_newborn_share_two_digits_of_year() -> None:
    people = People(random.Random(3), TODAY)
    old, mother = people.centenarian(), people.adult()
    assert TODAY.year - old.birth_date.year >= 100
    baby = people.newborn(mother)
    assert (TODAY - baby.birth_date).days <= 1
    assert baby.birth_name == mother.birth_name


def test_twins_share_everything_but_their_given_names_and_order() -> None:
    people = People(random.Random(3), TODAY)
    first = people.newborn(people.adult())
    second = people.twin(first)
    assert (first.birth_name, first.birth_date, first.birth_place) == (
        second.birth_name,
        second.birth_date,
        second.birth_place,
    )
    assert first.matricule != second.matricule
    assert nir.is_valid(second.matricule)


def test_homonyms_are_two_people() -> None:
    people = People(random.Random(3), TODAY)
    one = people.adult()
    other = people.homonym(one)
    assert (one.birth_name, one.given_names, one.sex) == (other.birth_name, other.given_names, other.sex)
    assert one.matricule != other.matricule


@pytest.mark.parametrize(
    ("civil", "insi"),
    [
        ("Desœuvre", "DESOEUVRE"),
        ("Louÿs", "LOUYS"),
        ("D'Aubigny", "D'AUBIGNY"),
        ("Maréchal--Lœtz", "MARECHAL--LOETZ"),
        ("Çelik", "CELIK"),
        ("Marie Joséphine", "MARIE JOSEPHINE"),
    ],
)
def test_names_as_insi_returns_them(civil: str, insi: str) -> None:
    assert insi_form(civil) == insi


def test_every_name_of_the_lists_fits_the_alphabet_of_insi() -> None:
    for person in some_people():
        for name in (person.birth_name, *person.given_names):
            assert set(insi_form(name)) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ '-"), name


def test_telephones_and_mails_belong_to_nobody() -> None:
    for person in some_people(50):
        assert person.mobile.startswith("063998")
        assert person.email.endswith("@exemple.test")


def test_nia_has_an_authority_of_its_own() -> None:
    assert INS_NIA.endswith(".9")
