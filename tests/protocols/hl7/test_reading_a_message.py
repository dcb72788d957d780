"""A message is read without losing a byte, and its values are found where the standard says they are."""

from __future__ import annotations

import pytest

from ecluse.protocols.hl7 import NULL, STANDARD, Delimiters, Message, UnreadableMessage, WrongPath
from ecluse.protocols.hl7.message import read_path

A28 = (
    b"MSH|^~\\&|GAM|CH DES ECLUSES|DPI|CH DES ECLUSES|20260304101500||ADT^A28^ADT_A05|M0001|P|2.5^FRA^2.11"
    b"|||||FRA|8859/15|FR||2.11^IHE_FRANCE-2.11-PAM\r"
    b"EVN||20260304101500\r"
    b"PID|1||4711^^^GAM&1.2.250.1.999.1&ISO^PI~~290037512345678^^^ASIP&1.2.250.1.213.1.4.10&ISO^INS"
    b'||TESTUD&&&X\\T\\Y^Zo\xe9^Zo\xe9 Marie^^^^L~""^Zo\xe9^^^^^D||19900317|F|||||||||||||||||||||||VALI\r'
    b"PV1||N\r"
    b"ZFD|a\rZFD|b|\r"
)
"""A creation by the admission office of an invented hospital: two given names, an empty second repetition."""


@pytest.fixture
def message() -> Message:
    return Message.parse(A28)


def test_bytes_come_back_as_they_came(message: Message) -> None:
    assert bytes(message) == A28


def test_segments_come_in_order(message: Message) -> None:
    assert [segment.name for segment in message.segments] == ["MSH", "EVN", "PID", "PV1", "ZFD", "ZFD"]
    assert message.lines[1] == "EVN||20260304101500"


def test_first_and_all_find_segments_by_name(message: Message) -> None:
    first = message.first("ZFD")
    assert first is not None
    assert first.text == "ZFD|a"
    assert [segment.text for segment in message.all("ZFD")] == ["ZFD|a", "ZFD|b|"]
    assert message.first("NK1") is None
    assert message.all("NK1") == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("MSH-1", "|"),
        ("MSH-2", "^~\\&"),
        ("MSH-2.1", "^~\\&"),
        ("MSH-3", "GAM"),
        ("MSH-9.2", "A28"),
        ("MSH-12.3", "2.11"),
        ("PID-3[1].4.2", "1.2.250.1.999.1"),
        ("PID-3.1", "4711"),
        ("PID-3[3].5", "INS"),
        ("PID-3[2]", ""),
        ("PID-3[2].1", ""),
        ("PID-3[2].2", None),
        ("PID-3[4]", None),
        ("PID-5.1.4", "X&Y"),
        ("PID-5.1.5", None),
        ("PID-5.2", "Zoé"),
        ("PID-5[2].1", NULL),
        ("PID-8.1.1", "F"),
        ("PID-8.2", None),
        ("PID-4", ""),
        ("PID-40", None),
        ("PV1", "PV1||N"),
        ("ZFD[2]-1", "b"),
        ("ZFD[2]-2", ""),
        ("ZFD[1]-2", None),
        ("ZFD[3]-1", None),
        ("NK1-1", None),
    ],
)
def test_a_path_gives_absent_empty_and_null_apart(message: Message, path: str, value: str | None) -> None:
    assert message.get(path) == value


def test_a_path_that_stops_early_gives_the_whole_text(message: Message) -> None:
    assert message.get("MSH-9") == "ADT^A28^ADT_A05"
    assert message.get("PID-5[1].1") == "TESTUD&&&X&Y"


@pytest.mark.parametrize(
    "path", ["", "PID.3", "pid-3", "PID-3[0]", "PID-0", "PID[0]-1", "PID-3.0", "PID-3.1.1.1", "PID-٣"]
)
def test_a_misspelt_path_is_an_error_of_the_caller(message: Message, path: str) -> None:
    with pytest.raises(WrongPath):
        message.get(path)


def test_a_path_says_what_it_asks_for() -> None:
    assert read_path("PID-3[2].4.1") == ("PID", 1, 3, (2, 4, 1))
    assert read_path("PID[2]") == ("PID", 2, None, ())
    assert read_path("PID-5.1") == ("PID", 1, 5, (1, 1))


def test_a_segment_gives_fields_and_repetitions_still_escaped(message: Message) -> None:
    pid = message.first("PID")
    assert pid is not None
    assert pid.field(8) == "F"
    assert pid.field(99) == ""
    assert pid.repetitions(3)[1:] == ["", "290037512345678^^^ASIP&1.2.250.1.213.1.4.10&ISO^INS"]
    assert pid.repetitions(4) == []
    assert "\\T\\" in pid.field(5)


def test_msh_2_is_not_repetitions(message: Message) -> None:
    header = message.first("MSH")
    assert header is not None
    assert header.repetitions(1) == ["|"]
    assert header.repetitions(2) == ["^~\\&"]


def test_a_message_shown_in_a_log_says_nothing_of_the_patient(message: Message) -> None:
    assert repr(message) == "<Message ADT^A28^ADT_A05 M0001, 6 segments>"
    assert repr(message.segments[2]) == "<Segment PID>"


class TestDelimiters:
    def test_are_read_from_the_message(self) -> None:
        message = Message.parse(b"MSH!$*?%!GAM\rPID!1!!a$b%c*d$x?S?y\r")
        assert message.delimiters == Delimiters("!", "$", "*", "?", "%")
        assert message.get("PID-3.2.2") == "c"
        assert message.get("PID-3[2].2") == "x$y"

    def test_usual_ones_are_shared(self) -> None:
        assert Message.parse(b"MSH|^~\\&|A\r").delimiters is STANDARD

    def test_the_truncation_character_of_later_versions_is_left_aside(self) -> None:
        assert Message.parse(b"MSH|^~\\&#|A\r").delimiters == STANDARD

    def test_one_that_is_not_declared_does_not_split(self) -> None:
        message = Message.parse(b"MSH|^|A\rPID|a^b~c&d\\T\\e\r")
        assert message.delimiters == Delimiters("|", "^", "", "", "")
        assert message.get("PID-1.2") == "b~c&d\\T\\e"
        assert message.get("PID-1[1].2.1") == "b~c&d\\T\\e"
        assert message.segments[1].repetitions(1) == ["a^b~c&d\\T\\e"]

    def test_may_be_all_the_message_holds(self) -> None:
        message = Message.parse(b"MSH|^~\\&")
        assert message.get("MSH-2") == "^~\\&"
        assert message.get("MSH-3") is None

    @pytest.mark.parametrize(
        "raw",
        [
            b"MSH",
            b"MSH|",
            b"MSH||GAM|",
            b"MSH|\r",
            b"MSH|^^\\&|GAM",
            b"MSH||~\\&|GAM",
            b"MSHA^~\\&AGAM",
            b"MSH|AB\\&|GAM",
            b'MSH|^~"&|GAM',
            b"MSH\r^~\\&\rPID",
            b"MSH\t^~\\&\tGAM",
            b"MSH \x1f~\\& GAM",
            "MSH|é~\\&|GAM".encode(),
        ],
    )
    def test_that_cannot_be_used_make_the_message_unreadable(self, raw: bytes) -> None:
        with pytest.raises(UnreadableMessage) as caught:
            Message.parse(raw)
        assert caught.value.reason == "delimiters"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b"\r\n \r\n", "empty"),
        (b"<?xml version='1.0'?><ADT_A05/>", "xml"),
        (b"FHS|^~\\&|GAM\rBHS|^~\\&\r", "batch"),
        (b"BHS|^~\\&|GAM\r", "batch"),
        (b"PID|1||4711\r", "no-msh"),
        (b"\x00\x01\x02", "no-msh"),
        (b"\xff\xfe", "empty"),
        (b"\xff\xfeP\x00I\x00D\x00|\x00", "no-msh"),
        ("Écluse".encode(), "no-msh"),
        ("\ufeffMS".encode(), "no-msh"),
    ],
)
def test_what_is_not_a_message_says_why(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableMessage) as caught:
        Message.parse(raw)
    assert caught.value.reason == reason
