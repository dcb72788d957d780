"""Every finding that matters says what to do, once, and the one that decided comes first."""

from __future__ import annotations

from ecluse.services.queries.journal import FindingDocument
from ecluse.services.queries.remedies import advised, remedy
from ecluse.services.rulebook import rules


def found(rule: str, severity: str = "error") -> FindingDocument:
    return FindingDocument(rule, severity, "PID-5", "Phrase.", "Sentence.", "Source")


def test_every_rule_that_is_not_information_has_a_remedy() -> None:
    assert [one.id for one in rules().values() if one.severity != "info" and remedy(one.id) is None] == []


def test_the_longest_beginning_speaks() -> None:
    special, general = remedy("SRV-MSG-005"), remedy("SRV-MSG-009")
    assert special is not None and special.who == "operator"
    assert general is not None and general.who == "vendor"
    senders = remedy("SRV-SND-005")
    assert senders is not None and senders.page == "senders"
    assert remedy("XXX-001") is None


def test_the_cause_comes_first_and_each_remedy_once() -> None:
    note, one, other = found("PAM-PID-8-B", "info"), found("PAM-PID-8-T"), found("PAM-PID-5-U")
    advices = advised((note, one, other), other)
    assert [each.finding for each in advices] == [other, one, note]
    assert [each.remedy is not None for each in advices] == [True, False, False]
