"""The reference of the checks on certificates leaves none out."""

from __future__ import annotations

from ecluse.rules.certificates.facts import data
from ecluse.rules.certificates.judge import CHECKS
from ecluse.rules.certificates.refusals import refusal_texts
from scripts.certificate_reference import page


def test_every_check_and_refusal_is_told_with_what_to_do() -> None:
    lines = [line for line in page().splitlines() if line.startswith("| `")]
    told = [line.split("`")[1] for line in lines]
    judged = [name for name in CHECKS for case in data("judgements")[name].values() if "remedy_fr" in case]
    assert told == [*judged, *refusal_texts()]
    assert set(data("judgements")) == set(CHECKS)
    assert all("|  |" not in line for line in lines)
