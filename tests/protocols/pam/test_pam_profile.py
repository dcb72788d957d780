"""The data of the profile: complete, sourced, and different from one release to another where PAM France says so."""

from __future__ import annotations

import hl7apy
import pytest

from ecluse.protocols.pam import validate
from ecluse.protocols.pam.profile import Element, current_release, load, profile, release_key, releases

from .builders import lines, message, pid, rules_of

ITI_30 = {"A28", "A31", "A40", "A47", "A24", "A37"}
ITI_31 = {
    *(
        "A01",
        "A02",
        "A03",
        "A04",
        "A05",
        "A06",
        "A07",
        "A11",
        "A12",
        "A13",
        "A14",
        "A15",
        "A16",
        "A21",
        "A22",
        "A25",
    ),
    *("A26", "A27", "A38", "A44", "A49", "A52", "A53", "A54", "A55", "Z99"),
}


def test_every_event_of_both_transactions_is_there() -> None:
    structures = profile("2.11").structures
    assert {one for one, structure in structures.items() if structure.transaction == "ITI-30"} == ITI_30
    assert {one for one, structure in structures.items() if structure.transaction == "ITI-31"} == ITI_31
    assert set(structures) - ITI_30 - ITI_31 == {"ACK"}


@pytest.mark.parametrize("resource", ["segments", "datatypes", "tables", "structures", "releases", "ins"])
def test_every_data_file_names_its_sources(resource: str) -> None:
    assert load(f"{resource}.json")["source"]


def test_fields_are_numbered_without_a_gap() -> None:
    for fields in profile("2.11").segments.values():
        assert [field.n for field in fields] == list(range(1, len(fields) + 1))


def _names(elements: tuple[Element, ...]) -> list[str]:
    return [name for one in elements for name in (_names(one.elements) if one.elements else [one.segment])]


def _reference(structure: object) -> list[str]:
    kind, children = structure[0], structure[1]  # type: ignore[index]
    found = []
    for child in children:
        found += [child[0]] if child[3] == "SEG" else _reference(child[1])
    assert kind
    return found


@pytest.mark.parametrize("event", sorted((ITI_30 | ITI_31) - {"Z99"}))
def test_segments_come_in_the_order_of_hl7(event: str) -> None:
    structure = profile("2.11").structures[event]
    library = hl7apy.load_library("2.5")
    reference = iter(_reference(library.get(structure.structure.rpartition("^")[2], "Message")))
    ours = [name for name in _names(structure.elements) if not name.startswith("Z")]
    missing = [name for name in ours if name not in reference]
    # The French tables of A05 and A14 end with PDA, which ADT_A05 of HL7 does not have.
    assert missing == (["PDA"] if event in ("A05", "A14") else [])


def test_releases_are_known_from_2_3_to_the_current_one() -> None:
    assert releases() == ("2.3", "2.4", "2.5", "2.6", "2.7", "2.8", "2.9", "2.10", "2.11")
    assert current_release() == "2.11"
    assert release_key("2.10") > release_key("2.9")
    assert release_key("deux") == ()


@pytest.mark.parametrize(
    ("changes", "rule", "before", "since"),
    [
        ({"PID": pid(_3="7^^^A&1.2&ISO^PI", _8="O")}, "PAM-PID-8-001", "2.10", "2.11"),
        ({"PID": pid(_3="7^^^A&1.2&ISO^PI", _32="")}, "PAM-PID-32-001", "2.9", "2.10"),
        ({"ZFA": "ZFA||||N||N|N"}, "PAM-ZFA-4-001", "2.10", "2.11"),
        ({"ZFA": "ZFA|"}, "PAM-SEG-013", "2.7", "2.8"),
        ({"NK1": "NK1|1|A^B^^^^^L"}, "PAM-NK1-33-U", "2.4", "2.5"),
    ],
)
def test_a_rule_holds_since_its_release(changes: dict[str, str], rule: str, before: str, since: str) -> None:
    assert rule not in rules_of(message("A28", release=before, **changes))
    assert rule in rules_of(message("A28", release=since, **changes))


@pytest.mark.parametrize(
    ("changes", "rule", "last"),
    [
        ({"PID": pid(_3="7^^^A&1.2&ISO^PI", _31="N")}, "PAM-PID-31-X", "2.6"),
        ({}, "PAM-ZFA-9-002", "2.10"),
    ],
)
def test_a_rule_holds_until_its_release(changes: dict[str, str], rule: str, last: str) -> None:
    following = releases()[releases().index(last) + 1]
    assert rule in rules_of(message("A28", release=last, **changes))
    assert rule not in rules_of(message("A28", release=following, **changes))


def test_codes_of_movements_came_with_2_10() -> None:
    line = next(one for one in lines("Z99") if one.startswith("ZBE")).replace("|HMS", "|C")
    assert "PAM-ZBE-9-T" in rules_of(message("Z99", release="2.9", ZBE=line))
    assert "PAM-ZBE-9-T" not in rules_of(message("Z99", release="2.10", ZBE=line))


@pytest.mark.parametrize(
    ("version", "checked", "unchecked", "rule"),
    [
        ("2.5", "2.11", False, "PAM-MSH-12-002"),
        ("2.5^FRA", "2.11", False, "PAM-MSH-12-002"),
        ("2.5^FRA^2.11.1", "2.11", False, "PAM-MSH-12-006"),
        ("2.5^FRA^2.10.5", "2.10", False, "PAM-MSH-12-006"),
        ("2.5^FRA^2.12", "2.11", True, "PAM-MSH-12-003"),
        ("2.5^FRA^2.1", "2.3", True, "PAM-MSH-12-004"),
        ("2.5^FRA^deux", "2.11", True, "PAM-MSH-12-004"),
        ("2.3.1", "2.11", False, "PAM-MSH-12-001"),
        ("", "2.11", False, "PAM-MSH-12-001"),
    ],
)
def test_a_message_is_checked_against_the_release_it_declares(
    version: str, checked: str, unchecked: bool, rule: str
) -> None:
    report = validate(message("A28", MSH_12=version, MSH_21=""))
    assert (report.profile, report.unchecked) == (checked, unchecked)
    assert rule in [finding.rule for finding in report.findings]
    assert ("PAM-MSH-12-007" in [finding.rule for finding in report.findings]) == unchecked


def test_a_release_can_be_imposed() -> None:
    one = message("A28", PID=pid(_3="7^^^A&1.2&ISO^PI", _8="O"))
    assert "PAM-PID-8-001" not in rules_of(one, "2.10")
    assert validate(one, "2.10").profile == "2.10"
    assert validate(message("A28"), "2.11").findings == ()
    assert validate(message("A28"), "9.9").unchecked
