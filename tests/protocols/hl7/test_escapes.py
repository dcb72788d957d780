"""Escape sequences are read and written so that any text can stand in a component."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.hl7 import BuildError, Delimiters, Message, escape, unescape
from ecluse.protocols.hl7.escapes import escape_controls

OTHERS = Delimiters("!", "$", "*", "?", "%")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("", ""),
        ("DUPONT", "DUPONT"),
        ("\\F\\\\S\\\\T\\\\R\\\\E\\", "|^&~\\"),
        ("12 RUE\\S\\BAT A", "12 RUE^BAT A"),
        ("\\X41\\", "A"),
        ("a\\X0D0A\\b", "a\r\nb"),
        ("\\XC3A9\\", "é"),
        ("\\Xc3a9\\", "é"),
        ("\\E\\F\\E\\", "\\F\\"),
    ],
)
def test_sequences_that_stand_for_characters(written: str, meant: str) -> None:
    assert unescape(written) == meant


@pytest.mark.parametrize(
    "text",
    [
        "ligne 1\\.br\\ligne 2",
        "\\.sp+3\\",
        "\\H\\gras\\N\\",
        "\\C2842\\\\M2442\\",
        "\\Zlocal\\",
        "\\X\\",
        "\\X4\\",
        "\\XG1\\",
        "\\f\\",
        "C:\\dossiers\\patients",
        "fin\\",
        "\\",
    ],
)
def test_everything_else_is_kept(text: str) -> None:
    assert unescape(text) == text


def test_the_end_of_a_sequence_is_not_the_beginning_of_another() -> None:
    assert unescape("a\\.br\\E\\.br\\b") == "a\\.br\\E\\.br\\b"
    assert unescape("\\F\\F\\F\\") == "|F|"
    assert unescape("C:\\F\\S") == "C:|S"


def test_delimiters_of_the_message_are_used() -> None:
    assert unescape("?F??S??T??R??E?", OTHERS) == "!$%*?"
    assert unescape("\\F\\", OTHERS) == "\\F\\"
    assert escape("!$%*?|^", OTHERS) == "?F??S??T??R??E?|^"


def test_a_delimiter_that_is_not_declared_stays_escaped() -> None:
    assert unescape("a\\T\\b", Delimiters("|", "^", "~", "\\", "")) == "a\\T\\b"
    assert unescape("a\\T\\b", Delimiters("|", "^", "~", "", "")) == "a\\T\\b"


def test_hexadecimal_bytes_are_read_in_the_charset_of_the_message() -> None:
    head = "MSH|^~\\&" + "|" * 16
    assert Message.parse(f"{head}8859/15\rPID|C\\XBC\\UR\r".encode()).get("PID-1") == "CŒUR"
    assert Message.parse(f"{head}UNICODE UTF-8\rPID|C\\XC592\\UR\r".encode()).get("PID-1") == "CŒUR"
    assert Message.parse(f"{head}\rPID|Zo\\XE9\\\r".encode()).get("PID-1") == "Zoé"


def test_what_would_end_a_segment_or_a_frame_is_escaped() -> None:
    assert escape("a\rb\nc\x0bd\x1ce") == "a\\X0D\\b\\X0A\\c\\X0B\\d\\X1C\\e"
    assert escape("a\tb\u00a0c") == "a\tb\u00a0c"


def test_every_control_character_can_be_escaped_where_delimiters_are_meant() -> None:
    assert escape_controls("a^b\x00\t\x1b\x7f\rc") == "a^b\\X00\\\\X09\\\\X1B\\\\X7F\\\\X0D\\c"


def test_a_text_that_needs_an_escape_and_has_none_is_refused() -> None:
    with pytest.raises(BuildError):
        escape("A|B", Delimiters("|", "^", "~", "", ""))
    assert escape("A&B\\", Delimiters("|", "^", "~", "", "")) == "A&B\\"


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("|^&~\\FSTREXHN.br0D Zé\r\n\x0b")) | st.text())
def test_any_text_comes_back(text: str) -> None:
    assert unescape(escape(text)) == text
    assert unescape(escape(text, OTHERS), OTHERS) == text
    assert not set("|^&~\r\n\x0b\x1c") & set(escape(text))


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("\\FSTREXHN.br0DZC:")))
def test_reading_never_fails(text: str) -> None:
    assert isinstance(unescape(text, codec="ascii"), str)
