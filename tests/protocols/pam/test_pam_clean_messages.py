"""A clean message gives no finding, for every event of the profile, and takes the fast path."""

from __future__ import annotations

import pytest

from ecluse.protocols.hl7 import Message
from ecluse.protocols.pam import validate
from ecluse.protocols.pam.fast import is_clean
from ecluse.protocols.pam.profile import profile
from ecluse.protocols.pam.validate import _explain, _fast_check, warm_up

from .builders import lines, message, raw

EVENTS = sorted(profile("2.11").structures)
WITH_FAST_CHECK = [event for event in EVENTS if event not in ("ACK", "A24", "A37", "A44")]


@pytest.mark.parametrize("full", [True, False], ids=["usual segments", "required segments"])
@pytest.mark.parametrize("event", EVENTS)
def test_a_clean_message_gives_no_finding(event: str, full: bool) -> None:
    report = validate(message(event, full=full))
    assert report.findings == ()
    assert report.conforming
    assert report.event == event
    assert report.structure == profile("2.11").structures[event].structure
    assert report.profile == "2.11"
    assert not report.unchecked


@pytest.mark.parametrize("event", WITH_FAST_CHECK)
def test_a_clean_message_takes_the_fast_path(event: str) -> None:
    one = Message.parse(raw(lines(event)))
    check = _fast_check(profile("2.11").structures[event].structure, "2.5^FRA^2.11")
    assert check is not None
    assert is_clean(one, check, "production")


@pytest.mark.parametrize("event", EVENTS)
def test_the_explaining_checks_agree_on_clean_messages(event: str) -> None:
    one = Message.parse(raw(lines(event)))
    assert _explain(one, one.lines[0].split("|"), None, "production").findings == ()


def test_segments_ended_by_line_feeds_take_the_fast_path_too() -> None:
    one = Message.parse(raw(lines("A28")).replace(b"\r", b"\n"))
    assert validate(one).findings == ()


def test_warming_up_compiles_what_the_first_messages_need() -> None:
    warm_up(("A28",))
    assert validate(message("A28")).findings == ()


def test_other_delimiters_are_explained_without_a_finding_but_theirs() -> None:
    text = raw(lines("A28")).decode().replace("^", "$").replace("~", "!").replace("&", "%")
    report = validate(Message.parse(text.encode()))
    assert [finding.rule for finding in report.findings] == ["PAM-MSH-2-001"]


def test_two_cut_lines_never_pass_for_a_segment() -> None:
    text = lines("A28")
    rank = next(index for index, line in enumerate(text) if line.startswith("PV1"))
    text[rank : rank + 1] = ["PV", "1"]
    rules = [finding.rule for finding in validate(Message.parse(raw(text))).findings]
    assert "PAM-SEG-001" in rules
    assert "PAM-SEG-006" in rules
