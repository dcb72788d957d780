"""The situations that the national documents describe: life cycle of the INS, consent, real-life defects."""

from __future__ import annotations

import pytest

from ecluse.protocols.hl7 import NULL, Message
from ecluse.protocols.pam import describe, validate
from ecluse.protocols.pam.checks.ins import key_of

from .builders import (
    AUTHORITY,
    FORMER,
    INS,
    IPP,
    MATRICULE,
    NIA,
    NIR,
    change,
    lines,
    message,
    pid,
    raw,
    rules_of,
)

FORMER_INS = f"{FORMER}^^^{NIR}^INS"
DELETION = f"{IPP}~{NULL}^^^{NIR}^INS"
PLAIN = pid(_3=IPP)


@pytest.mark.parametrize(
    ("event", "changes"),
    [
        pytest.param("A31", {}, id="INS obtained and qualified"),
        pytest.param("A47", {"MRG_1": FORMER_INS}, id="INS changed"),
        pytest.param("A47", {"PID": pid(_3=DELETION), "MRG_1": INS}, id="INS deleted, status unchanged"),
        pytest.param("A47", {"PID": pid(_3=DELETION, _32="PROV"), "MRG_1": INS}, id="qualified downgraded"),
        pytest.param(
            "A31", {"PID": pid(_3=f"{IPP}~12^^^CNOP&1.2.250.1.176.1.2&ISO^NDP", _32="VALI")}, id="NDP"
        ),
        pytest.param(
            "A31",
            {"PID": pid(_3=f"{IPP}~{INS}~{MATRICULE}^^^ASIP-SANTE-NIR&1.2.250.1.213.1.4.8&ISO^NH^^20240306")},
            id="billing NIR beside the INS",
        ),
        pytest.param(
            "A31", {"PID": pid(_3=f"{IPP}~{FORMER}^^^ASIP-SANTE-NIR&1.2.250.1.213.1.4.8&ISO^NH")}, id="NIR"
        ),
        pytest.param(
            "A31",
            {"PID": pid(_5="BOISCLAIR^MAHAUT^MAHAUT ODILE^^^^L~^MARIE-ODILE^^^^^D")},
            id="used given name alone",
        ),
        pytest.param(
            "A31", {"PID": pid(_5=f"BOISCLAIR^MAHAUT^MAHAUT^^^^L~{NULL}^MAHAUT^^^^^D")}, id="name erased"
        ),
        pytest.param("A31", {"PID": pid(_3=IPP, _29="20240306", _30="Y", _32="VALI")}, id="death"),
        pytest.param(
            "A31", {"PID": pid(_3=IPP, _11="^^OSLO^^^NOR^BDL^^99103", _32="PROV")}, id="born abroad"
        ),
        pytest.param("A28", {"PID": pid(_3=IPP, _31="Y", _32="PROV")}, id="unknown identity"),
        pytest.param("A28", {"PID": pid(_3=IPP, _7="196803", _32="PROV")}, id="incomplete date without INS"),
        pytest.param("A28", {"PID": pid(_3=IPP, _32="PROV"), "ZFD": "ZFD|31^13^1968|||Y"}, id="lunar date"),
        pytest.param("A28", {"PV1": "PV1|1|N"}, id="PV1-1 filled"),
        pytest.param("A28", {"PID": pid(_3=IPP, _24="Y", _25="2")}, id="twin"),
        pytest.param(
            "A28", {"PID": pid(_3=IPP, _6="ROCHEVAL^^^^^^L", _21=f"12^^^{AUTHORITY}^PI")}, id="mother"
        ),
    ],
)
def test_a_national_situation_is_clean(event: str, changes: dict[str, str | None]) -> None:
    assert validate(message(event, **changes)).findings == ()


def test_a_nia_that_becomes_a_nir_is_only_told() -> None:
    nia = f"{FORMER}^^^{NIA}^INS"
    report = validate(message("A31", PID=pid(_3=f"{IPP}~{nia}~{INS}")))
    assert report.conforming
    assert "PAM-INS-006" in [one.rule for one in report.findings]


def test_a_deletion_without_its_null_is_understood_and_told() -> None:
    report = validate(message("A47", PID=PLAIN, MRG_1=INS))
    assert [one.rule for one in report.findings] == ["PAM-MRG-1-006"]
    assert report.conforming


@pytest.mark.parametrize("status", ["PROV", "VIDE", "", "PROV~DOUT", "DOUB"])
def test_an_ins_without_qualification_is_an_error_about_the_ins(status: str) -> None:
    assert "PAM-INS-001" in rules_of(message("A28", PID=pid(_32=status)))


@pytest.mark.parametrize("oid", ["1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11"])
def test_a_test_oid_is_right_in_a_test_environment_only(oid: str) -> None:
    one = message("A28", PID=pid(_3=f"{IPP}~{MATRICULE}^^^ASIP-SANTE-INS-NIR&{oid}&ISO^INS"))
    assert "PAM-INS-004" in rules_of(one)
    assert rules_of(one, environment="test") == []


@pytest.mark.parametrize(("environment", "severity"), [("production", "error"), ("test", "warning")])
def test_a_wrong_key_weighs_what_the_environment_says(environment: str, severity: str) -> None:
    wrong = f"{MATRICULE[:13]}{MATRICULE[13:][::-1]}"
    assert wrong != MATRICULE
    one = message("A28", PID=pid(_3=f"{IPP}~{wrong}^^^{NIR}^INS"))
    found = validate(one, environment=environment).findings  # type: ignore[arg-type]
    assert [(one.rule, one.severity) for one in found] == [("PAM-INS-003", severity)]


@pytest.mark.parametrize(
    ("number", "key"),
    [
        ("2751263220749", 74),
        ("297022A020778", 78),
        ("180032B020401", 23),
        ("1090763220888", 35),
        ("1810363220456", 76),
    ],
)
def test_the_key_of_published_test_matricules(number: str, key: int) -> None:
    assert key_of(number) == key


@pytest.mark.parametrize(
    ("feeding", "consultation"), [("INO", "IC"), ("INO", "INC"), ("IO", "INC"), ("INO", "NA"), ("NA", "NA")]
)
def test_the_five_national_combinations_of_consent_are_clean(feeding: str, consultation: str) -> None:
    dates = ["20240306" if code != "NA" else "" for code in (feeding, consultation)]
    zfa = f"ZFA|ACTIF|20240306|||||||{feeding}|{dates[0]}|{consultation}|{dates[1]}"
    assert validate(message("A28", ZFA=zfa)).findings == ()


@pytest.mark.parametrize(("feeding", "consultation"), [("IO", "IC"), ("IO", "NA"), ("NA", "IC")])
def test_another_combination_of_consent_is_told(feeding: str, consultation: str) -> None:
    assert "PAM-ZFA-9-001" in rules_of(message("A28", ZFA=f"ZFA|||||||||{feeding}||{consultation}|"))


def test_obsolete_consent_fields_are_never_read_as_an_opposition() -> None:
    report = validate(message("A28", ZFA="ZFA||||N||N|N"))
    assert [one.rule for one in report.findings] == ["PAM-ZFA-4-001"]
    assert "jamais lus comme une opposition" in describe(report.findings[0])


def test_every_defect_of_an_identity_copied_from_a_slide_is_explained() -> None:
    """Wrong key, sex that contradicts the matricule, birth place one field early, no list of given names."""
    wrong = f"{MATRICULE[:13]}{(int(MATRICULE[13:]) + 1) % 97:02d}"
    spoilt = pid(
        _3=f"{IPP}~{wrong}^^^{NIR}^INS",
        _5="BOISCLAIR^MAHAUT^^^Mme^^L",
        _8="M",
        _10="^^PARIS^^^FRA^BDL^^75107",
        _11="4 quai du Canal^^LYON^^69003^FRA^H",
    )
    told = rules_of(message("A28", PID=spoilt), environment="test")
    for rule in ("PAM-INS-003", "PAM-INS-013", "PAM-PID-10-001", "PAM-INS-021", "PAM-INS-025"):
        assert rule in told


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("_3", "7001^^^CHU-ESSAI&&M^PI", "PAM-PID-3-003"),
        ("_3", "7001^^^&&M^PI", "PAM-PID-3-PU"),
        ("_3", "7001^^^&350000121&M^PI", "PAM-PID-3-PU"),
        ("_3", "7001^^^^PI", "PAM-PID-3-PU"),
        ("_3", f"{IPP}~~", "PAM-PID-3-E"),
        ("_5", "BOISCLAIR^MAHAUT^^^^^M", "PAM-PID-5-T"),
        ("_5", "BOISCLAIR^MAHAUT", "PAM-PID-5-PU"),
        ("_5", "BOISCLAIR^MAHAUT^^^^^L ", "PAM-PID-5-B"),
        ("_6", "ROCHEVAL^^^^^^M", "PAM-PID-6-T"),
        ("_11", "1 rue^^LYON^^^100^H", "PAM-PID-11-T"),
        ("_13", "^NET^Internet^NON", "PAM-XTN-002"),
        ("_32", "VALI ", "PAM-PID-32-B"),
    ],
)
def test_a_defect_met_in_the_field_is_told(field: str, value: str, rule: str) -> None:
    assert rule in rules_of(message("A28", PID=pid(**{"_3": IPP, field: value})))


def test_an_authority_without_a_name_is_never_an_error() -> None:
    report = validate(message("A28", PID=pid(_3="7001^^^&350000121&M^PI")))
    assert [(one.rule, one.severity, one.location) for one in report.findings] == [
        ("PAM-PID-3-PU", "warning", "PID-3.4.1")
    ]


def test_segments_whose_place_is_not_specified_are_accepted() -> None:
    for event in ("A40", "A47"):
        one = Message.parse(raw([*change(lines(event), {}), "ZFD|||Y|N|SM"]))
        assert validate(one).conforming


def test_a_message_of_another_type_is_not_checked_as_a_pam_message() -> None:
    report = validate(message("A28", MSH_9="ORU^R01^ORU_R01"))
    assert (report.event, report.structure) == ("R01", "")
    assert [one.rule for one in report.findings] == ["PAM-MSH-9-001"]
