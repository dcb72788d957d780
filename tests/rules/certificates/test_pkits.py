"""Every path of the NIST suite is decided as NIST says, and for the reason NIST says."""

from __future__ import annotations

import pytest

from ecluse.rules.certificates.path import validate
from ecluse.rules.certificates.refusals import Refusal
from ecluse.rules.certificates.revocation import Material, refusal_among, statuses
from tests.rules.certificates.pkits_kit import CASES, MOMENT, TABLE, Case, suite

TESTS_OF_NIST = 224  # sections 4.1 to 4.16 of PKITS 1.0.1: 6 8 11 21 8 17 5 20 8 14 11 10 38 35 10 2


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_path(case: Case) -> None:
    """The path is found among all the authorities of the suite, and its status among all its lists."""
    known = suite()
    outcome = validate(
        known.certificates[case.certificate], known.authorities, [known.anchor], MOMENT, case.options
    )
    refusal = outcome
    if not isinstance(outcome, Refusal):
        material = Material(known.crls, given=known.authorities)
        refusal = refusal_among(statuses(outcome, material, MOMENT, case.options), hard_fail=True)
    assert (refusal.check if isinstance(refusal, Refusal) else "") == case.refused


def test_the_table_holds_every_test_of_the_document() -> None:
    """No test is left out of the table."""
    numbers = {tuple(case.id.split(".")[:3]) for case in CASES}
    assert len(numbers) == TESTS_OF_NIST
    assert [section["number"] for section in TABLE["section"]] == [f"4.{n}" for n in range(1, 17)]


def test_ends_that_the_suite_holds_and_the_table_does_not() -> None:
    """Every end certificate of the suite is judged."""
    ends = {name for name in suite().certificates if name.endswith("EE")}
    assert ends - {case.certificate for case in CASES} == set()
