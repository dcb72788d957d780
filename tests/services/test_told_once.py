"""A defect that the checks and the decision both see is told once, in the journal and in the answer."""

from __future__ import annotations

import msgspec
import pytest

from ecluse.protocols.findings import Finding
from ecluse.protocols.hl7 import Message
from ecluse.services.rulebook import rules
from ecluse.services.told_once import pairs, told_once
from ecluse.store.models import RawMessage
from tests.services.feeding import MARIN, Gate, adt
from tests.store.databases import StorePlace


def kept(gate: Gate, raw: bytes) -> tuple[list[str], list[str]]:
    """Rules in the journal and in the ERR segments of the answer."""
    answer = Message.parse(gate.receive(raw)[0].data)
    row = RawMessage.objects.order_by("-seq").first()
    assert row is not None
    findings = msgspec.json.decode(bytes(row.findings), type=list[Finding])
    told = [answer.get(f"ERR[{n}]-5") or "" for n in range(1, len(answer.all("ERR")) + 1)]
    return [one.rule for one in findings], told


def test_an_excluded_event_is_told_once(store: StorePlace) -> None:
    journal, answer = kept(Gate(), adt("A08"))
    assert "IDN-MSH-9-004" in journal and "PAM-MSH-9-003" not in journal
    assert answer.count("IDN-MSH-9-004") == 1 and "PAM-MSH-9-003" not in answer


def test_two_merges_in_a_message_are_told_once(store: StorePlace) -> None:
    raw = adt("A40", prior="7002^^^VALMONT&1.2.250.1.999.7.1&ISO^PI")
    again = b"PID" + raw.split(b"\rPID", 1)[1]
    journal, answer = kept(Gate(), raw + again)
    assert "IDN-MERGE-001" in journal and "PAM-MRG-001" not in journal
    assert "PAM-MRG-001" not in answer


def test_a_doubt_between_sex_and_matricule_is_told_once_and_names_the_values(store: StorePlace) -> None:
    raw = adt("A28", ins=MARIN, status="VALI").replace(b"||19700112|M|", b"||19700112|F|")
    journal, _ = kept(Gate(), raw)
    assert "PAM-INS-013" in journal and "INS-DOUBT-001" not in journal


def test_every_pair_names_rules_that_exist_once() -> None:
    assert len({(one.keep, one.drop) for one in pairs()}) == len(pairs())
    for one in pairs():
        # Rules of usage and presence are made from the tables of the profile.
        assert one.keep in rules() and one.drop in rules()


@pytest.mark.parametrize(("location", "left"), [("MRG", 1), ("PV1", 2)])
def test_a_missing_segment_is_told_twice_only_when_it_is_another_one(location: str, left: int) -> None:
    findings = (Finding("PAM-SEG-001", "error", location), Finding("IDN-MRG-001", "error", "MRG"))
    assert len(told_once(findings)) == left


def test_what_is_kept_weighs_as_much_as_what_is_dropped() -> None:
    findings = (Finding("PAM-INS-001", "error", "PID-3[2]"), Finding("INS-STATUS-001", "warning", "PID-32"))
    assert told_once(findings) == (Finding("INS-STATUS-001", "error", "PID-32"),)


def test_a_rule_alone_stays() -> None:
    alone = (Finding("INS-DOUBT-001", "warning", "PID-8"), Finding("PAM-PID-3-U", "error", "PID-3"))
    assert told_once(alone) == alone
