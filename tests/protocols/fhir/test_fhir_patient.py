"""Patient: what each part of an identity becomes, in the two readings of FR Core."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ecluse.protocols.fhir.facts import FhirAddress, FhirIdentifier, FhirIns, FhirName, FhirReliability
from ecluse.protocols.fhir.patient import patient
from ecluse.protocols.fhir.reading import FrCore, reading
from tests.protocols.fhir.people import CLOTILDE, IPP, MATRICULE, NIA, NIR
from tests.protocols.fhir.validator import Validator

_CORE = "https://hl7.fr/ig/fhir/core/"
_STRUCTURES = f"{_CORE}StructureDefinition/"
_SYSTEMS = f"{_CORE}CodeSystem/"
_PARTNER = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus",
    "code": "T",
    "display": "Domestic partner",
}
_FRENCH = {"system": "urn:ietf:bcp:47", "code": "fr"}
_BOTH: tuple[FrCore, ...] = ("2.1", "2.2")


def _reliabilities(resource: dict[str, Any]) -> list[list[tuple[str, Any]]]:
    """Each identityReliability as pairs of sub-extension and code, date or text."""
    found = []
    for one in resource["extension"]:
        if one["url"] == f"{_STRUCTURES}fr-core-identity-reliability":
            found.append([(part["url"], _said(part)) for part in one["extension"]])
    return found


def _said(part: dict[str, Any]) -> Any:
    value = next(value for name, value in part.items() if name.startswith("value"))
    if not isinstance(value, dict):
        return value
    coding = value["coding"][0] if "coding" in value else value
    return coding.get("code") or value.get("text") or coding["display"]


@pytest.mark.parametrize("fr_core", _BOTH)
def test_a_complete_qualified_identity_is_valid_and_claims_the_ins_profile(
    fr_core: FrCore, validator: Validator
) -> None:
    """The profile is named with its version: it tells which meaning the codes have."""
    resource = patient(CLOTILDE, reading(fr_core))
    assert validator.problems(resource) == []
    assert resource["meta"] == {
        "versionId": "3",
        "lastUpdated": "2026-11-18T10:11:12.345Z",
        "source": "urn:oid:1.2.250.1.999.1",
        "profile": [f"{_STRUCTURES}fr-core-patient-ins|{fr_core}.0"],
    }


@pytest.mark.parametrize("fr_core", _BOTH)
@pytest.mark.parametrize("oid", [NIR, NIA])
def test_the_rules_of_the_ins_profile_hold(fr_core: FrCore, oid: str, validator: Validator) -> None:
    """FR Core, fr-core-patient-ins: cardinalities and invariants, evaluated by an independent FHIRPath engine."""
    resource = patient(replace(CLOTILDE, ins=FhirIns(MATRICULE, oid)), reading(fr_core))
    place = "extension.where(url = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace')"
    rules = (
        f"{place}.count() = 1",
        f"{place}.value.extension.where(url = '{_STRUCTURES}fr-core-address-insee-code').value.code = '75118'",
        "name.where(use = 'official').count() = 1",
        "name.where(use = 'official').given.count() = 1",
        f"name.where(use = 'official').extension.where(url = '{_STRUCTURES}fr-core-patient-birth-list-given-name')"
        ".value = 'CLOTILDE AGNES'",
        "gender.exists() and birthDate.exists()",
        f"identifier.where(system = 'urn:oid:{oid}' and type.coding.system = '{_SYSTEMS}fr-core-cs-v2-0203')"
        f".value = '{MATRICULE}'",
        "identifier.where(use = 'official').count() = 1 or identifier.where(use = 'temp').count() = 1",
        "identifier.all(system.exists() and value.exists() and use.exists() and type.exists())",
    )
    assert validator.values(resource, *rules) == [[True]] * len(rules)


@pytest.mark.parametrize(
    ("fr_core", "reliability", "expected"),
    [
        ("2.1", FhirReliability("qualifiee"), [[("identityStatus", "VALI")]]),
        ("2.2", FhirReliability("qualifiee"), [[("identityStatus", "QUAL")]]),
        ("2.1", FhirReliability("validee"), [[("identityStatus", "VALI")]]),
        ("2.2", FhirReliability("validee"), [[("identityStatus", "VALI")]]),
        ("2.1", FhirReliability("provisoire"), [[("identityStatus", "PROV")]]),
        ("2.2", FhirReliability("provisoire"), [[("identityStatus", "PROV")]]),
        (
            "2.1",
            FhirReliability("provisoire", ("DOUT", "HOMA")),
            [[("identityStatus", "PROV")], [("identityStatus", "DOUT")], [("identityStatus", "HOMA")]],
        ),
        (
            "2.2",
            FhirReliability("provisoire", ("DOUT", "HOMA")),
            [[("identityStatus", "PROV"), ("comment", "DOUT"), ("comment", "HOMA")]],
        ),
        # EXI SI 09: a doubtful identity is provisional whatever was deduced, and never fictitious as well.
        ("2.2", FhirReliability("validee", ("DOUT",)), [[("identityStatus", "PROV"), ("comment", "DOUT")]]),
        (
            "2.2",
            FhirReliability("provisoire", ("DOUT", "FICT")),
            [[("identityStatus", "PROV"), ("comment", "FICT")]],
        ),
        ("2.2", FhirReliability("validee", ("LOCAL",)), [[("identityStatus", "VALI"), ("comment", "LOCAL")]]),
        (
            "2.1",
            FhirReliability("qualifiee", (), "INSI", "2026-11-02", "CN"),
            [
                [
                    ("methodCollection", "INSI"),
                    ("dateCollection", "2026-11-02"),
                    ("validationMode", "CN"),
                    ("identityStatus", "VALI"),
                ]
            ],
        ),
        (
            "2.2",
            FhirReliability("qualifiee", (), "INSI", "2026-11-02", "TC"),
            [
                [
                    ("methodCollection", "INSI"),
                    ("dateInterrogationINSi", "2026-11-02"),
                    ("identityStatus", "QUAL"),
                ]
            ],
        ),
    ],
)
def test_the_level_of_trust_in_each_reading(
    fr_core: FrCore, reliability: FhirReliability, expected: list[list[tuple[str, str]]]
) -> None:
    """VALI beside an INS means qualified in 2.1; in 2.2 it means that INSi was not asked."""
    one = replace(CLOTILDE, reliability=reliability)
    assert _reliabilities(patient(one, reading(fr_core))) == expected


@pytest.mark.parametrize(
    ("fr_core", "oid", "kind", "use"),
    [
        ("2.1", NIR, "INS-NIR", "official"),
        ("2.1", NIA, "INS-NIA", "temp"),
        ("2.2", NIA, "INS-NIA", "official"),
        ("2.1", "1.2.250.1.213.1.4.10", "INS-NIR-TEST", "official"),
        ("2.2", "1.2.250.1.213.1.4.11", "INS-NIR-DEMO", "official"),
    ],
)
def test_the_ins_is_a_slice_by_its_authority(fr_core: FrCore, oid: str, kind: str, use: str) -> None:
    """The OID says which INS it is; the use of a NIA changed between the versions."""
    found = patient(replace(CLOTILDE, ins=FhirIns(MATRICULE, oid)), reading(fr_core))["identifier"][0]
    assert found == {
        "use": use,
        "type": {"coding": [{"system": f"{_SYSTEMS}fr-core-cs-v2-0203", "code": kind}]},
        "system": f"urn:oid:{oid}",
        "value": MATRICULE,
    }


@pytest.mark.parametrize("fr_core", _BOTH)
@pytest.mark.parametrize(
    ("change", "profile"),
    [
        ({}, "fr-core-patient-ins"),
        ({"ins": None}, "fr-core-patient"),
        ({"sex": ""}, "fr-core-patient"),
        ({"birth_place": FhirAddress(city="PARIS")}, "fr-core-patient"),
        ({"names": (FhirName("official", "BERGERONNE", "CLOTILDE"),)}, "fr-core-patient"),
        ({"names": (FhirName("official", "BERGERONNE"),)}, None),
        ({"identifiers": (IPP, replace(IPP, oid=""))}, None),
    ],
)
def test_a_profile_is_claimed_only_when_it_is_kept(
    fr_core: FrCore, change: dict[str, Any], profile: str | None
) -> None:
    """FR Core wants a system for each identifier, a given name in each official name, and for an INS all traits."""
    claimed = patient(replace(CLOTILDE, **change), reading(fr_core))["meta"].get("profile")
    assert claimed == ([f"{_STRUCTURES}{profile}|{fr_core}.0"] if profile else None)


def test_an_identifier_without_an_oid_names_its_authority() -> None:
    """No system is invented for an authority that was only named."""
    one = replace(CLOTILDE, ins=None, identifiers=(FhirIdentifier("77", "PI", "LABO DU PONT"),))
    assert patient(one, reading("2.1"))["identifier"] == [
        {
            "use": "usual",
            "type": {
                "coding": [
                    {
                        "system": "http://terminology.hl7.org/CodeSystem/v2-0203",
                        "code": "PI",
                        "display": "Patient internal identifier",
                    }
                ]
            },
            "value": "77",
            "assigner": {"display": "LABO DU PONT"},
        }
    ]


def test_a_merged_identity_points_to_its_survivor(validator: Validator) -> None:
    """It is no longer active, and its identifiers are old ones."""
    merged = patient(replace(CLOTILDE, ins=None, merged_into="p2"), reading("2.2"))
    survivor = patient(replace(CLOTILDE, id="p2", replaces=("p1", "p0")), reading("2.2"))
    assert (merged["active"], merged["identifier"][0]["use"]) == (False, "old")
    assert merged["link"] == [{"other": {"reference": "Patient/p2"}, "type": "replaced-by"}]
    assert survivor["active"] is True
    assert survivor["link"] == [
        {"other": {"reference": "Patient/p1"}, "type": "replaces"},
        {"other": {"reference": "Patient/p0"}, "type": "replaces"},
    ]
    assert [*validator.problems(merged), *validator.problems(survivor)] == []


@pytest.mark.parametrize(
    ("change", "element", "expected"),
    [
        ({"birth_date": "1950-02-31"}, "birthDate", "1950-02"),
        ({"birth_date": "1950-14-35"}, "birthDate", "1950"),
        ({"birth_date": "inconnue"}, "birthDate", None),
        ({"sex": "M"}, "gender", "male"),
        ({"sex": "I"}, "gender", "unknown"),
        ({"sex": ""}, "gender", None),
        ({"deceased": "Y"}, "deceasedBoolean", True),
        ({"deceased": "N"}, "deceasedBoolean", False),
        ({"deceased": "Y", "death_at": "2026-10-01T08:30"}, "deceasedDateTime", "2026-10-01"),
        ({"death_at": "2026-10-01T08:30+02:00"}, "deceasedDateTime", "2026-10-01T08:30:00+02:00"),
        ({"multiple_birth": "Y", "birth_order": ""}, "multipleBirthBoolean", True),
        ({"multiple_birth": "Y", "birth_order": "2"}, "multipleBirthInteger", 2),
        ({"multiple_birth": "N", "birth_order": "2"}, "multipleBirthBoolean", False),
        ({"marital_status": "P"}, "maritalStatus", {"coding": [_PARTNER]}),
        ({"marital_status": "G"}, "maritalStatus", {"text": "G"}),
        ({"language": "FR"}, "communication", [{"language": {"coding": [_FRENCH]}}]),
        ({"language": "breton"}, "communication", [{"language": {"text": "breton"}}]),
    ],
)  # fmt: skip
def test_one_fact_of_a_person(
    change: dict[str, Any], element: str, expected: Any, validator: Validator
) -> None:
    """What FHIR cannot carry is left out or cut, never guessed."""
    resource = patient(replace(CLOTILDE, **change), reading("2.1"))
    assert resource.get(element) == expected
    assert validator.problems(resource) == []


def test_addresses_and_ways_to_reach_somebody() -> None:
    """The birth place is no address; the INSEE code of an address is FR Core's extension."""
    resource = patient(CLOTILDE, reading("2.1"))
    assert resource["address"] == [
        {
            "extension": [
                {
                    "url": f"{_STRUCTURES}fr-core-address-insee-code",
                    "valueCoding": {
                        "system": "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM",
                        "code": "57690",
                    },
                }
            ],
            "line": ["3 rue du Lavoir", "Bât. B"],
            "city": "VALMONT",
            "postalCode": "57730",
            "country": "FRA",
            "use": "home",
        }
    ]
    assert resource["telecom"] == [
        {"system": "phone", "value": "0387000001", "use": "home"},
        {"system": "phone", "value": "0600000001", "use": "mobile"},
        {"system": "email", "value": "clotilde@example.fr"},
    ]


def test_contacts_say_their_role_in_the_words_of_each_reading() -> None:
    """2.2 tells a role from a kinship by an extension; the person of trust is a code of FR Core."""
    role = {"coding": [{"system": f"{_SYSTEMS}fr-core-cs-contact-relationship", "code": "K"}]}
    kin = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0063", "code": "FTH"}]}
    url = f"{_STRUCTURES}fr-core-patient-contact-relationship-category"
    assert patient(CLOTILDE, reading("2.1"))["contact"][0]["relationship"] == [kin, role]
    assert patient(CLOTILDE, reading("2.2"))["contact"] == [
        {
            "relationship": [
                {"extension": [{"url": url, "valueCode": "relationType"}], **kin},
                {"extension": [{"url": url, "valueCode": "role"}], **role},
            ],
            "name": {"family": "BERGERONNE", "given": ["OCTAVE"]},
            "telecom": [{"system": "phone", "value": "0387000002"}],
            "address": {"city": "METZ"},
        }
    ]


def test_a_general_practitioner_is_contained_once() -> None:
    """The same doctor in PD1-4 and in ROL is one."""
    one = replace(CLOTILDE, practitioners=CLOTILDE.practitioners * 2)
    resource = patient(one, reading("2.1"))
    assert resource["contained"] == [
        {
            "resourceType": "Practitioner",
            "id": "practitioner-1",
            "identifier": [
                {
                    "use": "official",
                    "type": {"coding": [{"system": f"{_SYSTEMS}fr-core-cs-v2-0203", "code": "RPPS"}]},
                    "system": "urn:oid:1.2.250.1.71.4.2.1",
                    "value": "899700245667",
                    "assigner": {"display": "ASIP-SANTE-PS"},
                }
            ],
            "name": [{"family": "LEROUET", "given": ["PAUL"], "prefix": ["Dr"]}],
            "telecom": [{"system": "phone", "value": "0387000003", "use": "work"}],
        }
    ]
    assert resource["generalPractitioner"] == [{"reference": "#practitioner-1", "display": "Dr PAUL LEROUET"}]
