"""Segments are found whatever the sender ends them with, and a line break inside a field stays inside."""

from __future__ import annotations

import pytest

from ecluse.protocols.hl7 import Message

LINES = ["MSH|^~\\&|GAM", "EVN||20260304", "PID|1||4711", "ZZZ"]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r", "\n\n", "\r\n\r\n", "\n\r", "\n \t\n", "\n    "])
@pytest.mark.parametrize(
    "last", ["", "\r", "\n", "\r\n", "\r\n\r\n\n", "\n \n", "\x1c", "\r\x1c\r", "\n\x1c\n"]
)
def test_every_end_of_segment_is_understood(end: str, last: str) -> None:
    raw = (end.join(LINES[:3]) + last).encode()
    message = Message.parse(raw)
    assert [line.removesuffix("\x1c") for line in message.lines] == LINES[:3]
    assert bytes(message) == raw


def test_ends_may_be_mixed_in_one_message() -> None:
    assert Message.parse(b"MSH|^~\\&|GAM\nEVN||20260304\r\nPID|1||4711\rZZZ\n").lines == LINES


@pytest.mark.parametrize(
    "start", [b"\n", b"\r\n\r\n", b"  \t", b"\x0b", b"\xef\xbb\xbf", b"\n\xef\xbb\xbf\r\n"]
)
def test_blanks_before_msh_are_tolerated(start: bytes) -> None:
    raw = start + b"MSH|^~\\&|GAM\rEVN||20260304\r"
    message = Message.parse(raw)
    assert message.lines == LINES[:2]
    assert bytes(message) == raw


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("inner", ["\n", "\r\n", "\n\n", "\r\n  \r\n", "\n  "])
def test_a_line_break_inside_a_field_stays_in_the_field(end: str, inner: str) -> None:
    text = f"Visible par{inner}le patient"
    message = Message.parse(f"MSH|^~\\&|GAM{end}OBX|4|CE|{text}||N|{end}OBX|5|CE|b{end}".encode())
    assert message.get("OBX-3") == text
    assert message.get("OBX-5") == "N"
    assert len(message.all("OBX")) == 2


def test_a_line_break_before_a_field_separator_stays_in_the_field() -> None:
    message = Message.parse(b"MSH|^~\\&|GAM\nOBX|4|CE|a \n||N|\nOBX|5\n")
    assert message.get("OBX-3") == "a \n"
    assert message.get("OBX-5") == "N"


def test_cr_always_ends_a_segment() -> None:
    message = Message.parse(b"MSH|^~\\&|GAM\rNTE|1||premi\rsuite\rPID|1\r")
    assert message.lines == ["MSH|^~\\&|GAM", "NTE|1||premi", "suite", "PID|1"]


@pytest.mark.parametrize("line", ["PIDX|1", "pid|1", "P", "1AB|x", "ZZ|x"])
def test_a_line_that_is_no_segment_belongs_to_the_field_before_it(line: str) -> None:
    assert (
        Message.parse(f"MSH|^~\\&|GAM\nNTE|1||a\n{line}\n".encode()).get("NTE-3")
        == f"a\n{line}".split("|")[0]
    )


def test_a_segment_is_recognised_with_the_separator_of_the_message() -> None:
    message = Message.parse(b"MSH!^~\\&!GAM\nNTE!1!a\nPID|1\nPID!1\n")
    assert [segment.name for segment in message.segments] == ["MSH", "NTE", "PID"]


def test_control_characters_are_kept() -> None:
    raw = b"MSH|^~\\&|GAM\x00\x01\x1fX\rPID|\x00|\x7f\x85\r"
    message = Message.parse(raw)
    assert message.get("MSH-3") == "GAM\x00\x01\x1fX"
    assert message.get("PID-1") == "\x00"
    assert bytes(message) == raw
