"""An answer finds its address even in a message that cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecluse.protocols.hl7 import STANDARD, Delimiters, Message, UnreadableMessage, partial_header

HEADER = (
    b"MSH|^~\\&|GAM^1.2^ISO|CH|DPI|CHU|20260304||ADT^A28^ADT_A05|M1\\T\\2|P|2.5^FRA^2.11|||||FRA|8859/15\r"
)


def test_fields_come_as_they_are_written() -> None:
    header = partial_header(HEADER + b"PID|1\r")
    assert header.found
    assert header.delimiters == STANDARD
    assert header[3:] == (
        "GAM^1.2^ISO", "CH", "DPI", "CHU", "ADT^A28^ADT_A05", "M1\\T\\2", "P", "2.5^FRA^2.11", "8859/15",
    )  # fmt: skip
    assert header.charset.reply == ("8859/15", "iso8859-15")


@pytest.mark.parametrize("start", [b"\r\n", b"\xef\xbb\xbf", b"garbage ", b"\x00\x01", b"PID|1\r"])
def test_is_found_behind_other_bytes(start: bytes) -> None:
    assert partial_header(start + HEADER).control_id == "M1\\T\\2"


def test_is_found_in_utf_16() -> None:
    header = partial_header(HEADER.decode().encode("utf-16"))
    assert header.control_id == "M1\\T\\2"
    assert header.charset.reply.codec == "utf-8"


@pytest.mark.parametrize(
    "raw", [HEADER.replace(b"^~\\&", b""), HEADER.replace(b"^~\\&", b"^^^^"), HEADER.replace(b"^~\\&", b"A")]
)
def test_the_separator_alone_is_enough(raw: bytes) -> None:
    with pytest.raises(UnreadableMessage):
        Message.parse(raw)
    header = partial_header(raw)
    assert header.delimiters == STANDARD
    assert header.control_id == "M1\\T\\2"
    assert header.sending_facility == "CH"


def test_other_delimiters_are_given() -> None:
    header = partial_header(b"MSH!$*?%!A!B!C!D!!!ADT$A28!M1")
    assert header.delimiters == Delimiters("!", "$", "*", "?", "%")
    assert header.message_type == "ADT$A28"
    assert header.control_id == "M1"
    assert header.version == ""


@pytest.mark.parametrize(
    "raw", [b"", b"PID|1|", b"<ADT_A05/>", b"MSH", b"MSHA|", b"XMSH|^~\\&|", b"\xff\xfe\x00"]
)
def test_says_when_there_is_none(raw: bytes) -> None:
    header = partial_header(raw)
    assert not header.found
    assert header.control_id == ""


def test_stops_at_the_end_of_the_segment() -> None:
    for end in (b"\r", b"\n", b"\x1c\r"):
        assert (
            partial_header(b"MSH|^~\\&|GAM|CH" + end + b"PID|1|2|3|4|5|6|7|8|9").receiving_application == ""
        )


ANY_BYTES = st.binary(max_size=80) | st.builds(
    bytes.__add__,
    st.sampled_from([b"MSH", b"MSH|", b"MSH|^~\\&|", b"\xff\xfeM\0S\0H\0|\0", b"\xef\xbb\xbfMSH|^"]),
    st.binary(max_size=80),
)


@settings(max_examples=200, deadline=None)
@given(ANY_BYTES)
@example(b"MSH|^~\\&\xe9")
@example(b"MSH\xe9^~\\&")
def test_no_bytes_make_it_fail(raw: bytes) -> None:
    header = partial_header(raw)
    assert header.charset.reply.codec
    try:
        message = Message.parse(raw)
    except UnreadableMessage:
        return
    assert bytes(message) == raw
    assert header.found
    assert header.control_id == (message.segments[0].field(10))
