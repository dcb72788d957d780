"""Every generic rule, built from the data for each field, can be triggered by a value of that field."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ecluse.protocols import findings
from ecluse.protocols.hl7 import STANDARD, Segment
from ecluse.protocols.pam import describe, rules, validate
from ecluse.protocols.pam.catalogue import generic_kinds
from ecluse.protocols.pam.explain import SEVERITIES, explain_segment
from ecluse.protocols.pam.profile import Field, Profile, profile, releases

from .builders import message, pid

PROFILE = profile("2.11")
FIELDS = [
    (name, field)
    for name, fields in PROFILE.segments.items()
    for field in fields
    if not (name == "MSH" and field.n <= 2)
]


def _spoilt(field: Field, kind: str, of: Profile) -> Iterator[str]:
    """Values that may trigger a kind of finding."""
    if kind in ("U", "X", "E", "C"):
        yield {"U": "", "X": "x", "E": "x~", "C": "~".join("x" * ((field.maximum or 1) + 1))}[kind]
        return
    longest = [field.length or 0, *(part.length or 0 for part in field.parts)]
    longest += [sub.length or 0 for part in field.parts for sub in of.types.get(part.type, ())]
    tables = [name for name in _tables(field, of) if name in of.tables and of.tables[name].codes]
    probes = {
        "F": ("abc", "a^b", "a&b"),
        "T": ("?!",),
        "L": tuple("x" * (length + 1) for length in sorted(set(longest))),
        "B": (" 1", " 2024", " 10", *(f" {min(of.tables[name].codes)}" for name in tables)),
        "K": ("a\tb",),
        "PU": ("x",),
        "PX": ("x",),
        "PS": ("x",),
    }[kind]
    for position in range(len(field.parts) + 1 if field.parts else 1):
        for probe in probes:
            yield "^" * position + probe
            for sub in range(1, 5):
                yield "^" * position + "&" * sub + probe
                yield "^" * position + "x" + "&" * sub + probe


def _tables(field: Field, of: Profile) -> set[str]:
    """Tables of a field, of its components and of their subcomponents."""
    parts = [*field.parts, *(sub for part in field.parts for sub in of.types.get(part.type, ()))]
    return {name for name in (field.table, *(part.table for part in parts)) if name}


def _told(name: str, field: Field, value: str, of: Profile) -> set[str]:
    padding = field.n - (1 if name == "MSH" else 0)
    segment = Segment(name + "|" * padding + value, STANDARD)
    return {finding.rule for finding in explain_segment(segment, 1, STANDARD, of)}


@pytest.mark.parametrize(("name", "field"), FIELDS, ids=[f"{name}-{field.n}" for name, field in FIELDS])
def test_every_generic_rule_of_a_field_can_be_triggered(name: str, field: Field) -> None:
    for kind in generic_kinds(field, PROFILE):
        rule = f"PAM-{name}-{field.n}-{kind}"
        assert rule in rules()
        assert any(rule in _told(name, field, value, PROFILE) for value in _spoilt(field, kind, PROFILE)), (
            rule
        )


@pytest.mark.parametrize("value", ["MAR\x1bTIN", "MAR\\X1B\\TIN", "MAR\\XC31B\\TIN", "MAR\x7fTIN"])
def test_a_control_character_is_told_however_it_is_written(value: str) -> None:
    found = {
        finding.rule: finding.severity for finding in validate(message(PID_5=f"{value}^LEA^^^^^L")).findings
    }
    assert found["PAM-PID-5-K"] == "error"


def test_a_text_on_several_lines_may_hold_control_characters() -> None:
    assert not _told(
        "NTE", next(field for field in PROFILE.segments["NTE"] if field.n == 3), "a\tb\\X0D\\", PROFILE
    )


def test_a_generic_finding_has_a_rule_in_every_release() -> None:
    probes = (
        "",
        "x",
        "a\tb",
        "?!",
        " 1",
        "x" * 300,
        "a^b&c~~d^^^^^^^^^^^^^^^^^^^^^^^^^e",
        "^^^^x&y&z&t",
        "~" * 12 + "x",
    )
    for release in releases():
        of = profile(release)
        for name, fields in of.segments.items():
            for field in fields:
                for probe in probes:
                    assert _told(name, field, probe, of) <= set(rules())


def test_kinds_of_findings_and_templates_are_the_same() -> None:
    assert set(findings.catalogue("ecluse.protocols.pam", "data/generic.toml")) == set(SEVERITIES)


def test_a_generic_finding_reads_well_in_both_languages() -> None:
    segment = Segment("PID|1||7001|||||" + "X" * 3, STANDARD)
    told = {one.rule: one for one in explain_segment(segment, 1, STANDARD, PROFILE)}
    missing = told["PAM-PID-3-PU"]
    assert describe(missing) == (
        "La composante PID-3.4 (Assigning Authority) est obligatoire et n’est pas remplie\u00a0: renseignez-la."
    )
    assert (
        describe(missing, "en")
        == "Component PID-3.4 (Assigning Authority) is required and is not filled: fill it."
    )


@pytest.mark.parametrize(
    ("line", "rule", "location", "received", "expected"),
    [
        ("PV1|1|X", "PAM-PV1-2-T", "PV1-2", "X", "E, I, N, O, R, V"),
        ("PV1|1|I |", "PAM-PV1-2-B", "PV1-2", "", ""),
        ("EVN||6 mars 2024", "PAM-EVN-2-F", "EVN-2.1", "9 aaaa 9999", "AAAAMMJJ[HHMM[SS]][+/-ZZZZ]"),
        ("EVN||20240230", "PAM-EVN-2-F", "EVN-2.1", "99999999", "AAAAMMJJ[HHMM[SS]][+/-ZZZZ]"),
        ("EVN|A28|20240306", "PAM-EVN-1-X", "EVN-1", "", "Event Type Code"),
        ("EVN|", "PAM-EVN-2-U", "EVN-2", "", "Recorded Date/Time"),
        ("PID|1|||||||F~M", "PAM-PID-8-C", "PID-8", "2", "1"),
        ("PID|1||7^^^A&1.2&ISO^PI~~", "PAM-PID-3-E", "PID-3", "2", ""),
        ("PID|1||||||||||1 rue^^^^^100^H", "PAM-PID-11-T", "PID-11.6", "100", "table 0399"),
        ("PID|1||||A^B^^JR^^^L", "PAM-PID-5-PX", "PID-5.4", "", "Suffix (e.g., JR or III)"),
        ("ZBE|" + "x" * 128 + "y", "PAM-ZBE-1-L", "ZBE-1.1", "129", "128"),
        ("PID|1||7^^^A&1.2&ISO^PI^^^^^^^x", "PAM-PID-3-PS", "PID-3.11", "", "10"),
        ("ZFA|ACTIVE", "PAM-ZFA-1-T", "ZFA-1", "AAAAAA", "ACTIF, FERME, INEXISTANT"),
        ("NK1[2]", "PAM-NK1-33-U", "NK1-33", "", "Next of Kin/Associated Party's Identifiers"),
    ],
)
def test_a_field_is_explained(line: str, rule: str, location: str, received: str, expected: str) -> None:
    segment = Segment(line.replace("[2]", ""), STANDARD)
    told = [one for one in explain_segment(segment, 1, STANDARD, PROFILE) if one.rule == rule]
    assert [(one.location, one.received, one.expected) for one in told] == [(location, received, expected)]


def test_the_second_segment_of_a_name_is_told_apart() -> None:
    told = explain_segment(Segment("NK1|1", STANDARD), 2, STANDARD, PROFILE)
    assert [one.location for one in told] == ["NK1[2]-33"]


def test_a_null_is_a_value_and_needs_no_format() -> None:
    null = dict.fromkeys(("_6", "_7", "_8", "_13", "_16", "_24", "_29", "_30"), '""')
    segment = Segment(pid(_5='A^B^^^""^^L', _11='^^""^^^""^H~""', **null), STANDARD)
    assert list(explain_segment(segment, 1, STANDARD, PROFILE)) == []
