"""Every rule written one by one has a message that breaks it, is told where it is broken, and tells nobody's name."""

from __future__ import annotations

import re

import pytest

from ecluse.protocols import findings
from ecluse.protocols.pam import describe, error_code, rules, validate
from ecluse.protocols.pam.acknowledge import error_labels

from .builders import FORMER, MATRICULE, found
from .cases import CASES, WRONG_KEY, Case

WRITTEN = findings.catalogue("ecluse.protocols.pam", "data/rules.toml")
PERSONAL = (
    *(
        MATRICULE,
        FORMER,
        WRONG_KEY,
        MATRICULE[:13],
        "BOISCLAIR",
        "Boisclair",
        "MAHAUT",
        "ODILE",
        "FONTVIEILLE",
    ),
    *("19680319", "0400000001", "mahaut@", "ÉLODIE", "20250101"),
)
PATH = re.compile(r"([A-Z][A-Z0-9]{2}(\[\d+\])?(-\d+(\[\d+\])?(\.\d+(\.\d+)?)?)?)?\Z")


def test_every_written_rule_has_a_message_that_breaks_it() -> None:
    assert {case.rule for case in CASES} == set(WRITTEN)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.location}")
def test_a_broken_rule_is_told_where_it_is_broken(case: Case) -> None:
    report = validate(case.message, environment=case.environment)  # type: ignore[arg-type]
    told = found(report, case.rule)
    assert case.location in [finding.location for finding in told], report.findings
    for finding in report.findings:
        assert PATH.match(finding.location)
        assert error_code(finding) in error_labels()
        for language in ("fr", "en"):
            sentence = describe(finding, language)  # type: ignore[arg-type]
            assert not [value for value in PERSONAL if value in sentence], sentence
            assert "{" not in sentence


def test_a_rule_speaks_both_languages_and_names_its_source() -> None:
    for rule in rules().values():
        assert rule.text_fr != rule.text_en
        assert rule.source
        assert rule.severity in ("error", "warning", "info")
        assert not re.search(r"[^\u00a0] [:;?!»]", rule.text_fr), rule.text_fr
        assert " :" not in rule.text_en


def test_the_severity_of_a_finding_is_that_of_its_rule_unless_the_case_softens_it() -> None:
    softer = {"error": 0, "warning": 1, "info": 2}
    for case in CASES:
        report = validate(case.message, environment=case.environment)  # type: ignore[arg-type]
        for finding in report.findings:
            assert softer[finding.severity] >= softer[rules()[finding.rule].severity], finding
