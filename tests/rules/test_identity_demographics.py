"""Absent leaves unchanged, `""` erases, down to the component; names by type, addresses by type, telecoms by use."""

from __future__ import annotations

from typing import Any

import pytest

from ecluse.protocols.pam.facts import Name

from .builders import Desk, person, pi

NULL = '""'
HOME = ("12 RUE DES LILAS", "BAT B", "GRENOBLE", "", "38000", "FRA", "H")
BIRTH = ("", "", "VIZILLE", "", "", "FRA", "BDL", "", "38562")
PHONE = ("", "PRN", "PH", *[""] * 8, "0400000001")
MOBILE = ("", "PRN", "CP", *[""] * 8, "0600000001")
MAIL = ("", "NET", "Internet", "alix@exemple.test")


def after(first: dict[str, Any], *others: dict[str, Any]) -> Any:
    desk = Desk()
    desk.say("A28", person(pi("7001"), **first))
    for facts in others:
        desk.say("A31", person(pi("7001"), **facts))
    return desk.patient("7001")


def details(**fields: Any) -> dict[str, Any]:
    return {"details": {location.replace("_", "-"): value for location, value in fields.items()}}


# ---- names


def test_names_are_kept_by_type() -> None:
    birth, used = Name("VERNOUX", "ALIX", "ALIX MARGOT", "", "L"), Name("BRUNOY", "ALIX", "", "", "D")
    patient = after({"names": (birth,)}, {"names": (used,)})
    assert patient.names == (birth, used)


def test_an_absent_component_of_a_name_is_unchanged() -> None:
    patient = after(
        {"names": (Name("VERNOUX", "ALIX", "ALIX MARGOT", "Mme", "L"),)},
        {"names": (Name("", "", "ALIX JULIE", "", "L"),)},
    )
    assert patient.names == (Name("VERNOUX", "ALIX", "ALIX JULIE", "Mme", "L"),)


def test_a_null_component_of_a_name_is_erased() -> None:
    patient = after(
        {"names": (Name("BRUNOY", "ALIX", "", "", "D"),)}, {"names": (Name(NULL, "MARGOT", "", "", "D"),)}
    )
    assert patient.names == (Name("", "MARGOT", "", "", "D"),)


def test_a_name_in_use_that_is_erased_disappears() -> None:
    birth = Name("VERNOUX", "ALIX", "ALIX", "", "L")
    patient = after(
        {"names": (birth, Name("BRUNOY", "", "", "Mme", "D"))},
        {"names": (Name(NULL, "", "", "", "D"), birth)},
    )
    assert patient.names == (birth,)


def test_a_null_on_creation_is_nothing() -> None:
    patient = after({"names": (Name(NULL, "", "", "", "D"), Name("VERNOUX", NULL, "", "", "L")), "sex": NULL})
    assert (patient.names, patient.sex) == ((Name("VERNOUX", "", "", "", "L"),), "")


def test_a_given_name_in_use_may_stand_alone() -> None:
    assert after({"names": (Name("", "MARGOT", "", "", "D"),)}).names == (Name("", "MARGOT", "", "", "D"),)


# ---- addresses


def test_addresses_are_kept_by_type() -> None:
    patient = after(details(PID_11=(HOME,)), details(PID_11=(BIRTH,)))
    assert patient.details["PID-11"] == (HOME, BIRTH)


def test_an_absent_component_of_an_address_is_unchanged_and_a_null_one_erased() -> None:
    patient = after(
        details(PID_11=(HOME, BIRTH)), details(PID_11=(("14 RUE DES LILAS", NULL, "", "", "", "", "H"),))
    )
    assert patient.details["PID-11"][0] == ("14 RUE DES LILAS", "", "GRENOBLE", "", "38000", "FRA", "H")


def test_an_address_whose_values_are_all_erased_disappears() -> None:
    erased = (NULL, NULL, NULL, "", NULL, NULL, "H")
    patient = after(details(PID_11=(HOME, BIRTH)), details(PID_11=(erased,)))
    assert patient.details["PID-11"] == (BIRTH,)


def test_a_null_field_erases_every_address_and_the_birth_place() -> None:
    patient = after({**details(PID_11=(HOME, BIRTH)), "birth_place": "38562"}, details(PID_11=((NULL,),)))
    assert "PID-11" not in patient.details
    assert patient.birth_place == ""


def test_two_addresses_of_one_type_replace_those_of_that_type() -> None:
    second = ("3 QUAI NEUF", "", "LYON", "", "69001", "FRA", "H")
    patient = after(details(PID_11=(HOME, BIRTH)), details(PID_11=(HOME, second)))
    assert patient.details["PID-11"] == (HOME, second, BIRTH)


# ---- telecoms


def test_telecoms_are_kept_by_use_and_equipment() -> None:
    other = ("", "PRN", "CP", *[""] * 8, "0600000002")
    patient = after(details(PID_13=(PHONE, MOBILE, MAIL)), details(PID_13=(other,)))
    assert patient.details["PID-13"] == (PHONE, other, MAIL)


def test_one_telecom_is_erased_by_its_null() -> None:
    patient = after(details(PID_13=(PHONE, MAIL)), details(PID_13=(("", "NET", "Internet", NULL),)))
    assert patient.details["PID-13"] == (PHONE,)


def test_a_null_field_erases_every_telecom() -> None:
    assert after(details(PID_13=(PHONE, MAIL)), details(PID_13=((NULL,),))).details == {}


# ---- other fields and segments


@pytest.mark.parametrize(
    ("location", "first", "second"),
    [
        ("PID-16", (("M", "Marié"),), (("D",),)),
        ("PID-26", (("FRA",), ("BEL",)), (("FRA",),)),
        ("PD1-4", (("810001234567", "DUMAS", "LEA"),), (("", "DUMAS", "LEA"),)),
    ],
)
def test_another_field_is_replaced_as_a_whole(location: str, first: Any, second: Any) -> None:
    assert after({"details": {location: first}}, {"details": {location: second}}).details[location] == second


def test_another_field_loses_its_nulls_and_disappears_when_nothing_remains() -> None:
    patient = after({"details": {"PID-16": (("M",),)}}, {"details": {"PID-16": (("D", NULL),)}})
    assert patient.details["PID-16"] == (("D",),)
    assert after({"details": {"PID-16": (("M",),)}}, {"details": {"PID-16": ((NULL, NULL),)}}).details == {}


@pytest.mark.parametrize("segment", ["NK1", "ROL", "AL1", "OBX", "ZFD"])
def test_a_segment_is_a_picture_replaced_when_present(segment: str) -> None:
    first, second = (("1", "A"), ("2", "B")), (("1", "C"),)
    assert after({"details": {segment: first}}, {"details": {segment: second}}).details[segment] == second
    assert after({"details": {segment: first}}, {"sex": "F"}).details[segment] == first


@pytest.mark.parametrize(
    "field",
    ["birth_date", "sex", "birth_place", "death_at", "death", "identity_unknown", "corrected_birth_date"],
)
def test_a_single_value_is_unchanged_when_absent_and_erased_by_null(field: str) -> None:
    assert getattr(after({field: "X"}, {}), field) == "X"
    assert getattr(after({field: "X"}, {field: NULL}), field) == ""
    assert getattr(after({field: "X"}, {field: "Y"}), field) == "Y"


def test_the_same_erasure_said_again_changes_nothing() -> None:
    desk = Desk()
    erasing = person(
        pi("7001"), sex=NULL, names=(Name(NULL, "", "", "", "D"),), details={"PID-13": ((NULL,),)}
    )
    desk.say("A28", erasing)
    assert desk.say("A31", erasing).events == ()
