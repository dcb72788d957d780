"""The person of the claims of Pro Santé Connect: RPPS, exercices, structures; hostile claims are absences."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.oidc import OidcError, Professional, read_professional, read_rpps

CLAIMS: dict[str, Any] = {
    "SubjectNameID": "899700000013",
    "family_name": "ESSAI-CASSIN",
    "given_name": "Violette",
    "codeCivilite": "MME",
    "otherIds": [
        {"identifiant": "0B0000022", "origine": "ADELI", "qualite": 1},
        {"identifiant": "99700000013", "origine": "RPPS", "qualite": 1},
    ],
    "SubjectRefPro": {
        "codeCivilite": "M",
        "exercices": [
            {
                "codeProfession": "60",
                "codeCategorieProfessionnelle": "C",
                "codeCiviliteDexercice": "",
                "nomDexercice": "ESSAI\u00a0CASSIN ",
                "prenomDexercice": "Violette",
                "codeTypeSavoirFaire": "",
                "codeSavoirFaire": "",
                "activities": [
                    {
                        "codeModeExercice": "S",
                        "codeSecteurDactivite": "SA01",
                        "codeRole": "",
                        "numeroFinessSite": "0B0000030",
                        "numeroFinessetablissementJuridique": "0B0000048",
                        "identifiantTechniqueDeLaStructure": "R81311",
                        "raisonSocialeSite": "HÔPITAL DU SAS",
                        "ancienIdentifiantDeLaStructure": "10B0000030",
                    },
                    {"enseigneCommercialeSite": "LE SAS", "ancienIdentifiantDeLaStructure": "10B0000022"},
                    {"ancienIdentifiantDeLaStructure": "499700237045007"},
                ],
            },
            {"codeProfession": "10"},
        ],
    },
}


def read(**changed: Any) -> Professional:
    """The professional of the claims above, some of them changed."""
    return read_professional({**CLAIMS, **changed})


def test_professional_is_read_with_every_exercice_and_structure() -> None:
    told = read()
    assert (told.rpps, told.national, told.civility) == ("99700000013", "899700000013", "MME")
    nurse, doctor = told.exercices
    assert (nurse.profession, nurse.family_name, doctor.profession) == ("60", "ESSAI CASSIN", "10")
    assert doctor.activities == ()
    first, second, third = (one.structure for one in nurse.activities)
    assert (first.name, first.finess, first.finess_legal) == ("HÔPITAL DU SAS", "0B0000030", "0B0000048")
    assert (second.name, second.finess) == ("LE SAS", "0B0000022")
    assert (third.name, third.finess, third.former) == ("", "", "499700237045007")


@pytest.mark.parametrize(
    ("changed", "rpps"),
    [
        ({"otherIds": []}, "99700000013"),
        ({"SubjectNameID": "ANS20261120101010"}, "99700000013"),
        ({"otherIds": [{"identifiant": "899700000013", "origine": "rpps"}]}, "99700000013"),
        ({"otherIds": [], "SubjectNameID": "099700000013"}, ""),
        ({"otherIds": [], "SubjectNameID": "30B0000030/42"}, ""),
        ({"otherIds": [], "SubjectNameID": "8997000000130"}, ""),
        ({"otherIds": [], "SubjectNameID": "8９９700000013"}, ""),
        ({"otherIds": [{"identifiant": "99700000013", "origine": "EDIT"}], "SubjectNameID": "ANS1"}, ""),
        ({"otherIds": {"origine": "RPPS"}, "SubjectNameID": 899700000013}, ""),
    ],
)
def test_rpps_is_where_pro_sante_connect_puts_it(changed: dict[str, Any], rpps: str) -> None:
    assert read(**changed).rpps == rpps


def test_two_different_numbers_are_nobody() -> None:
    with pytest.raises(OidcError) as caught:
        read(SubjectNameID="899700000021")
    assert caught.value.code == "identity-conflict"


def test_rpps_is_read_alone_or_as_a_national_identifier() -> None:
    assert read_rpps("99700000013") == read_rpps(" 899700000013") == "99700000013"
    for other in ("9970000001", "099700000013", "", None, 99700000013, ["99700000013"]):
        assert read_rpps(other) == ""


def test_person_without_professional_description_has_no_exercice() -> None:
    assert read(SubjectRefPro=None).exercices == ()
    assert read(SubjectRefPro={"exercices": {"0": {}}}).exercices == ()


def test_hostile_texts_are_absences_and_long_lists_are_cut() -> None:
    told = read(family_name="A" * 301, given_name="\u202eViolette", codeCivilite=["MME"])
    assert (told.family_name, told.given_name, told.civility) == ("", "", "M")
    many = {"exercices": [{"activities": [{}] * 5000}] * 5000}
    told = read(SubjectRefPro=many)
    assert len(told.exercices) == 20 and len(told.exercices[0].activities) == 100


NAMES = sorted(
    {*CLAIMS, "exercices", "activities", "identifiant", "origine", "codeProfession", "raisonSocialeSite"}
)
SHAPES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), SHAPES, max_size=6))
def test_claims_of_any_shape_are_read_never_a_crash(claims: dict[str, Any]) -> None:
    told = read_professional(claims)
    assert told.rpps == "" or len(told.rpps) == 11
    json.dumps([told.family_name, told.given_name, told.national]).encode()
    assert all(one.isprintable() for one in (told.family_name, told.given_name, told.national))
