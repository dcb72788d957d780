"""Usable and why not, trust deduced: each condition of the identity model."""

from __future__ import annotations

import pytest

from ecluse.protocols.pam.facts import Name
from ecluse.rules.identity import Patient, StoredIns, trust, usability
from ecluse.rules.identity.usability import reasons

from .builders import ALIX, ALIX_TRAITS, AT, DEMO, NIA, NIR, TEST

GOOD = Patient(id="p1", statuses=("VALI",), ins=StoredIns(ALIX, NIR, "gam", AT), **ALIX_TRAITS)
WRONG_KEY = ALIX[:13] + f"{(int(ALIX[13:]) % 97) + 1:02d}"


def held(matricule: str = ALIX, oid: str = NIR, sender: str = "gam", also: tuple[str, ...] = ()) -> Patient:
    return GOOD._replace(ins=StoredIns(matricule, oid, sender, AT, also))


def code(patient: Patient, environment: str = "production", **settings: object) -> str | None:
    found = usability(patient, environment=environment, confirmed={"gam"}, **settings)  # type: ignore[arg-type]
    return found.code if found else None


def test_an_ins_that_meets_every_condition_is_usable() -> None:
    assert code(GOOD) is None
    assert trust(GOOD, environment="production", confirmed={"gam"}) == "qualifiee"


@pytest.mark.parametrize(
    "statuses", [(), ("PROV",), ("VIDE",), ("VALI", "DOUT"), ("VALI", "FICT"), ("INVA",)]
)
def test_without_vali_or_with_dout_or_fict_it_is_not(statuses: tuple[str, ...]) -> None:
    patient = GOOD._replace(statuses=statuses)
    assert code(patient) == "status"
    assert trust(patient, environment="production", confirmed={"gam"}) == "provisoire"


@pytest.mark.parametrize("other", ["PROV", "VIDE", "INVA", "USUR", "ANOM", "COLV"])
def test_a_code_that_contradicts_vali_denies_the_identity(other: str) -> None:
    for statuses in (("VALI", other), (other, "VALI")):
        patient = GOOD._replace(statuses=statuses)
        assert code(patient) == "status-contradicted"
        assert trust(patient, environment="production", confirmed={"gam"}) == "provisoire"


@pytest.mark.parametrize("other", ["COLP", "DOUB", "DESA", "CACH"])
def test_a_code_that_says_the_record_is_not_to_be_used_makes_the_ins_wait(other: str) -> None:
    patient = GOOD._replace(statuses=("VALI", other))
    assert code(patient) == "status-hindered"
    assert trust(patient, environment="production", confirmed={"gam"}) == "validee"


@pytest.mark.parametrize("other", ["HOMA", "HOMD", "DPOT", "DOUA", "FILI", "IDVER", "RECD", "IDRA"])
def test_a_code_that_says_nothing_against_the_identity_leaves_its_ins_usable(other: str) -> None:
    assert code(GOOD._replace(statuses=("VALI", other))) is None


def test_an_unknown_identity_has_no_usable_ins() -> None:
    assert code(GOOD._replace(identity_unknown="Y")) == "unknown-identity"
    assert code(GOOD._replace(identity_unknown="N")) is None


def test_a_wrong_key_blocks_in_production_only() -> None:
    assert code(held(WRONG_KEY)) == "key"
    assert code(held(WRONG_KEY), "test") is None
    assert code(held(WRONG_KEY), "test", wrong_key="never-usable") == "key"
    assert code(held(WRONG_KEY), wrong_key="warn") is None


@pytest.mark.parametrize(
    ("oid", "production"), [(NIR, None), (NIA, None), (TEST, "environment"), (DEMO, "environment")]
)
def test_the_oid_must_be_of_the_right_environment(oid: str, production: str | None) -> None:
    assert code(held(oid=oid)) == production
    assert code(held(oid=oid), "test") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"names": ()},
        {"names": (Name("VERNOUX", "ALIX", "", "", "L"),)},
        {"names": (Name("VERNOUX", "ALIX", "ALIX MARGOT", "", "D"),)},
        {"birth_date": ""},
        {"birth_date": "198503"},
        {"sex": ""},
        {"sex": "U"},
        {"birth_place": ""},
    ],
)
def test_the_five_strict_traits_must_be_present_unless_the_setting_says_otherwise(
    changes: dict[str, object],
) -> None:
    patient = GOOD._replace(**changes)  # type: ignore[arg-type]
    assert code(patient) == "missing-traits"
    assert code(patient, require_strict_traits=False) is None


def test_the_sender_must_be_confirmed() -> None:
    assert code(held(sender="stranger")) == "sender"
    assert code(held(sender="stranger", also=("gam",))) is None
    assert usability(GOOD, environment="production", confirmed=lambda sender: sender == "gam") is None
    assert usability(GOOD, environment="production", confirmed=lambda sender: False) is not None


def test_a_suspended_or_colliding_ins_waits() -> None:
    assert code(GOOD._replace(suspended="traits")) == "traits"
    assert code(GOOD._replace(suspended="contradicted")) == "contradicted"
    assert code(GOOD._replace(collides_with=("p2",))) == "collision"
    assert code(GOOD._replace(duplicates=("p2",))) is None


def test_a_locally_corrected_birth_date_blocks() -> None:
    assert code(GOOD._replace(corrected_birth_date="Y")) == "corrected-date"
    assert code(GOOD._replace(corrected_birth_date="N")) is None


def test_why_there_is_no_ins() -> None:
    assert code(GOOD._replace(ins=None)) == "none"
    assert code(GOOD._replace(ins=None, ins_dropped="environment")) == "environment"
    assert code(GOOD._replace(ins=None, withdrawn=(StoredIns(ALIX, NIR, "gam", AT),))) == "withdrawn"
    assert code(GOOD._replace(merged_into="p2")) == "merged"


def test_validated_without_usable_ins_is_validee() -> None:
    assert trust(GOOD._replace(ins=None), environment="production", confirmed={"gam"}) == "validee"
    assert trust(held(oid=TEST), environment="production", confirmed={"gam"}) == "validee"


def test_each_reason_is_one_sentence_in_each_language() -> None:
    for reason in reasons().values():
        for text in (reason.text_fr, reason.text_en):
            assert text.endswith(".")
            assert text.count(". ") == 0
        assert " :" not in reason.text_fr
        assert " ;" not in reason.text_fr
