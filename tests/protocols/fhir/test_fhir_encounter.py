"""Encounter: what each part of a stay becomes, and that any stay gives a valid resource."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ecluse.protocols.fhir.encounter import encounter
from ecluse.protocols.fhir.facts import FhirIdentifier, FhirParticipant, FhirPlace, FhirStay, Version
from ecluse.protocols.fhir.reading import reading
from tests.protocols.fhir.validator import Validator

OID = "1.2.250.1.999.7"
_V2 = "http://terminology.hl7.org/CodeSystem/v2-"
_V3 = "http://terminology.hl7.org/CodeSystem/v3-"
_FR_TYPES = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identifier-type"
STAY = FhirStay(
    id="s1",
    version=Version(2, "2026-11-18T10:11:12.345Z"),
    patient="p1",
    status="discharged",
    patient_class="I",
    visit=FhirIdentifier("V1", "VN", "VALMONT", OID),
    account=FhirIdentifier("D1", "AN", "VALMONT", OID),
    start="2026-11-18T07:00:00.000Z",
    end="2026-11-20T09:00:00+01:00",
    participants=(FhirParticipant("ATND", "801234567897", "RÉAULT", "PAUL"),),
    place=FhirPlace("CHIR", "12", "A", "VALMONT"),
    unit=("6268", "Unité 6268"),
)


def test_a_complete_stay(validator: Validator) -> None:
    """Every element, and the profile of FR Core with its version."""
    found = encounter(STAY, reading("2.2"))
    assert found is not None
    assert validator.problems(found) == []
    assert found["meta"] == {
        "versionId": "2",
        "lastUpdated": "2026-11-18T10:11:12.345Z",
        "profile": ["https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-encounter|2.2.0"],
    }
    assert found["identifier"] == [_number("V1", "official", _FR_TYPES, "VN")]
    assert found["account"] == [{"identifier": _number("D1", "secondary", f"{_V2}0203", "AN")}]
    assert found["participant"] == [
        {
            "type": [{"coding": [{"system": f"{_V3}ParticipationType", "code": "ATND"}]}],
            "individual": {"identifier": {"value": "801234567897"}, "display": "PAUL RÉAULT"},
        }
    ]
    assert {
        name: found[name] for name in ("status", "class", "subject", "period", "location", "serviceProvider")
    } == {
        "status": "finished",
        "class": {"system": f"{_V3}ActCode", "code": "IMP", "display": "inpatient encounter"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2026-11-18T07:00:00Z", "end": "2026-11-20T09:00:00+01:00"},
        "location": [{"location": {"display": "VALMONT / CHIR / 12 / A"}}],
        "serviceProvider": {"identifier": {"value": "6268"}, "display": "Unité 6268"},
    }


def _number(value: str, use: str, system: str, kind: str) -> dict[str, Any]:
    return {
        "use": use,
        "type": {"coding": [{"system": system, "code": kind}]},
        "system": f"urn:oid:{OID}",
        "value": value,
        "assigner": {"display": "VALMONT"},
    }


@pytest.mark.parametrize(
    ("change", "element", "expected"),
    [
        ({"status": "pre-admitted"}, "status", "planned"),
        ({"status": "in-progress"}, "status", "in-progress"),
        ({"status": "on-leave"}, "status", "onleave"),
        ({"status": "cancelled"}, "status", "cancelled"),
        ({"status": ""}, "status", "unknown"),
        ({"patient_class": "N"}, "class", {"system": "http://terminology.hl7.org/CodeSystem/v2-0004", "code": "N"}),
        ({"start": "2026-11-18T08:00:00"}, "period", {"start": "2026-11-18", "end": "2026-11-20T09:00:00+01:00"}),
        ({"end": "2026-11-17"}, "period", {"start": "2026-11-18T07:00:00Z"}),
        ({"unit": ("", ""), "facility": "VALMONT"}, "serviceProvider", {"display": "VALMONT"}),
        ({"place": FhirPlace()}, "location", None),
    ],
)  # fmt: skip
def test_one_fact_of_a_stay(
    change: dict[str, Any], element: str, expected: Any, validator: Validator
) -> None:
    """Statuses, classes, times without a zone."""
    found = encounter(replace(STAY, **change), reading("2.1"))
    assert found is not None
    assert found.get(element) == expected
    assert validator.problems(found) == []


@pytest.mark.parametrize(
    "change", [{"visit": None}, {"visit": FhirIdentifier("V1", "VN", "VALMONT")}, {"start": "", "end": ""},
               {"preadmit": FhirIdentifier("P1", "")}],
)  # fmt: skip
def test_the_profile_is_claimed_only_when_it_is_kept(change: dict[str, Any]) -> None:
    """A visit number with its system, a period, and no pre-admission number of another form."""
    found = encounter(replace(STAY, **change), reading("2.1"))
    assert found is not None
    assert "profile" not in found["meta"]


_TEXT = st.sampled_from(
    ["", " ", "x", "\x00", "I", "O", "?", "2026-11-18", "2026-11-18T08:00:00+01:00", "20"]
) | st.text(max_size=8)
_NUMBER = st.none() | st.builds(FhirIdentifier, _TEXT, _TEXT, _TEXT, st.sampled_from(["", OID, "1.2."]))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    one=st.builds(
        FhirStay,
        id=st.just("s1"),
        version=st.just(STAY.version),
        patient=st.sampled_from(["p1", "not an id"]),
        status=_TEXT,
        patient_class=_TEXT,
        visit=_NUMBER,
        account=_NUMBER,
        preadmit=_NUMBER,
        start=_TEXT,
        end=_TEXT,
        participants=st.lists(
            st.builds(FhirParticipant, st.just("ATND"), _TEXT, _TEXT, _TEXT), max_size=2
        ).map(tuple),
        place=st.none() | st.builds(FhirPlace, _TEXT, _TEXT, _TEXT, _TEXT),
        unit=st.tuples(_TEXT, _TEXT),
        facility=_TEXT,
    )
)
def test_any_stay_gives_a_valid_resource(one: FhirStay, validator: Validator) -> None:
    """Or none, when it cannot name its patient."""
    found = encounter(one, reading("2.2"))
    assert (found is None) == (one.patient != "p1")
    if found is not None:
        assert validator.problems(found) == []
