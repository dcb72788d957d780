"""The bytes are read as MSH-18 says; when it is wrong or absent, no character is lost and one is told."""

from __future__ import annotations

import pytest

from ecluse.protocols.hl7 import Charset, Encoding, Message
from ecluse.protocols.hl7.charset import CODECS, decode, decode_part, encode


def message_in(declared: str, text: bytes) -> bytes:
    """A message whose MSH-18 is `declared` and whose PID-5 is `text`."""
    header = b"|".join([b"MSH", b"^~\\&", *[b""] * 15, declared.encode("latin-1")])
    return header + b"\rPID|||||" + text + b"\r"


def read(declared: str, text: bytes) -> tuple[str | None, Charset]:
    raw = message_in(declared, text)
    message = Message.parse(raw)
    assert bytes(message) == raw
    return message.get("PID-5"), message.charset


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("8859/1", "iso8859-1"),
        ("8859/15", "iso8859-15"),
        ("UNICODE UTF-8", "utf-8"),
        ("UTF-8", "utf-8"),
        ("UNICODE", "utf-8"),
        (" unicode  utf-8 ", "utf-8"),
        ("8859/2", "iso8859-2"),
        ("8859/9", "iso8859-9"),
    ],
)
def test_the_declared_charset_is_used(declared: str, codec: str) -> None:
    name, charset = read(declared, "GONÇALVÈS".encode("utf-8" if codec == "utf-8" else "latin-1"))
    assert charset == Charset(declared.strip(), codec, None)
    assert name == "GONÇALVÈS" or codec in ("iso8859-2", "iso8859-9")


@pytest.mark.parametrize("declared", [name for name in CODECS if name != "UNICODE UTF-16"])
def test_ascii_bytes_are_right_in_every_charset(declared: str) -> None:
    assert read(declared, b"DUPONT") == ("DUPONT", Charset(declared, CODECS[declared], None))


@pytest.mark.parametrize(
    ("byte", "character"),
    [(0xA4, "€"), (0xA6, "Š"), (0xA8, "š"), (0xB4, "Ž"), (0xB8, "ž"), (0xBC, "Œ"), (0xBD, "œ"), (0xBE, "Ÿ")],
)
def test_8859_15_differs_from_8859_1_where_french_names_need_it(byte: int, character: str) -> None:
    assert read("8859/15", b"N" + bytes([byte]) + b"L")[0] == f"N{character}L"
    assert read("8859/1", b"N" + bytes([byte]) + b"L")[0] == f"N{chr(byte)}L"


class TestFallback:
    @pytest.mark.parametrize(
        ("declared", "issue"), [("", "absent"), ("ASCII", "failed"), ("EBCDIC", "unknown")]
    )
    @pytest.mark.parametrize(("codec", "found"), [("utf-8", "utf-8"), ("cp1252", "cp1252")])
    def test_reads_utf_8_then_windows_1252(self, declared: str, issue: str, codec: str, found: str) -> None:
        assert read(declared, "CŒUR D’ÉTÉ".encode(codec)) == ("CŒUR D’ÉTÉ", Charset(declared, found, issue))

    def test_utf_8_declared_and_windows_bytes(self) -> None:
        assert read("UNICODE UTF-8", b"Zo\xe9") == ("Zoé", Charset("UNICODE UTF-8", "cp1252", "failed"))

    @pytest.mark.parametrize("declared", ["8859/1", "8859/15"])
    def test_8859_declared_and_utf_8_bytes(self, declared: str) -> None:
        assert read(declared, "Zoé".encode()) == ("Zoé", Charset(declared, "utf-8", "failed"))

    @pytest.mark.parametrize("declared", ["8859/1", "8859/15"])
    def test_8859_declared_and_control_bytes_of_windows(self, declared: str) -> None:
        assert read(declared, b"C\x8cUR D\x92\xc9T\xc9") == (
            "CŒUR D’ÉTÉ",
            Charset(declared, "cp1252", "failed"),
        )

    def test_bytes_that_windows_leaves_undefined_are_kept(self) -> None:
        name, charset = read("", b"\x81\x8d\x8f\x90\x9d\xe9")
        assert name == "\x81\x8d\x8f\x90\x9dé"
        assert charset.codec == "cp1252"
        assert encode(name, charset.codec) == b"\x81\x8d\x8f\x90\x9d\xe9"

    def test_one_truncated_character_does_not_spoil_the_others(self) -> None:
        name, charset = read("UNICODE UTF-8", "Zoé".encode() + b" Andr\xc3")
        assert name == "Zoé AndrÃ"
        assert charset == Charset("UNICODE UTF-8", "utf-8", "failed")

    def test_a_byte_the_declared_charset_lacks(self) -> None:
        assert read("8859/7", b"\xd2\xe1") == ("Òá", Charset("8859/7", "cp1252", "failed"))

    def test_another_spelling_is_understood_and_told(self) -> None:
        assert read("iso-8859-15", b"N\xbcL") == ("NŒL", Charset("iso-8859-15", "iso8859-15", "unknown"))
        assert read("ISO 8859/99", b"N\xe9L")[1] == Charset("ISO 8859/99", "cp1252", "unknown")

    def test_unknown_charset_and_utf_8_bytes(self) -> None:
        assert read("UTF8", "é".encode()) == ("é", Charset("UTF8", "utf-8", "unknown"))

    def test_no_byte_is_lost_whatever_is_declared(self) -> None:
        every = bytes(byte for byte in range(256) if byte not in b"\r\n|\\^~&")
        for declared in [*CODECS, "UNKNOWN"]:
            name, charset = read(declared, every)
            assert name is not None
            assert len(name) == len(every)
            assert "\ufffd" not in name
            assert encode(name, charset.codec) == every


class TestRepeatedMsh18:
    def test_the_first_repetition_counts(self) -> None:
        name, charset = read("8859/15~UNICODE UTF-8", b"N\xbcL")
        assert name == "NŒL"
        assert charset == Charset("8859/15~UNICODE UTF-8", "iso8859-15", "several")

    def test_a_failure_is_told_first(self) -> None:
        assert read("UNICODE UTF-8~8859/15", b"Zo\xe9")[1].issue == "failed"

    def test_empty_repetitions_do_not_count(self) -> None:
        assert read("~8859/15~", b"N\xbcL")[1] == Charset("~8859/15~", "iso8859-15", None)

    def test_with_other_delimiters(self) -> None:
        raw = b"MSH!^*\\&" + b"!" * 15 + b"!8859/15*ASCII\rPID!\xbc\r"
        assert Message.parse(raw).charset == Charset("8859/15*ASCII", "iso8859-15", "several")


class TestByteOrderMark:
    def test_of_utf_8_is_not_part_of_the_message(self) -> None:
        raw = b"\xef\xbb\xbf" + message_in("UNICODE UTF-8", "Zoé".encode())
        message = Message.parse(raw)
        assert bytes(message) == raw
        assert message.text.startswith("MSH")
        assert message.charset == Charset("UNICODE UTF-8", "utf-8", None, bom=True)

    @pytest.mark.parametrize(("declared", "issue"), [("8859/1", "failed"), ("", "absent"), ("X", "unknown")])
    def test_decides_against_msh_18(self, declared: str, issue: str) -> None:
        message = Message.parse(b"\xef\xbb\xbf" + message_in(declared, "Zoé".encode()))
        assert message.get("PID-5") == "Zoé"
        assert message.charset == Charset(declared, "utf-8", issue, bom=True)

    def test_before_bytes_that_are_not_utf_8(self) -> None:
        message = Message.parse(b"\xef\xbb\xbf" + message_in("UNICODE UTF-8", b"Zo\xe9"))
        assert message.get("PID-5") == "Zoé"
        assert message.charset.issue == "failed"


class TestUtf16:
    @pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
    @pytest.mark.parametrize("mark", ["", "\ufeff"])
    @pytest.mark.parametrize("blanks", ["", "\r\n "])
    @pytest.mark.parametrize(
        ("declared", "issue"),
        [
            ("UNICODE UTF-16", None),
            ("UNICODE", None),
            ("8859/15", "failed"),
            ("", "absent"),
            ("X", "unknown"),
        ],
    )
    def test_is_recognised(
        self, codec: str, mark: str, blanks: str, declared: str, issue: str | None
    ) -> None:
        raw = (mark + blanks + message_in(declared, "Zoé".encode()).decode()).encode(codec)
        message = Message.parse(raw)
        assert bytes(message) == raw
        assert message.get("PID-5") == "Zoé"
        assert message.charset == Charset(declared, codec, issue, bom=bool(mark))

    def test_is_acknowledged_in_utf_8(self) -> None:
        raw = message_in("UNICODE UTF-16", b"Zoe").decode().encode("utf-16")
        assert Message.parse(raw).charset.reply == Encoding("UNICODE UTF-8", "utf-8")

    @pytest.mark.parametrize("damage", [b"\r", b"\x00\xd8\r\x00"])
    def test_half_a_character_is_shown_and_told(self, damage: bytes) -> None:
        raw = message_in("UNICODE UTF-16", b"Zoe").decode().encode("utf-16-le") + damage
        message = Message.parse(raw)
        assert "\ufffd" in message.text
        assert message.charset.issue == "failed"
        assert bytes(message) == raw

    def test_declared_but_written_on_one_byte(self) -> None:
        assert read("UNICODE UTF-16", b"Zoe") == ("Zoe", Charset("UNICODE UTF-16", "utf-8", "failed"))


@pytest.mark.parametrize(
    ("declared", "text", "reply"),
    [
        ("8859/15", b"N\xbcL", Encoding("8859/15", "iso8859-15")),
        ("UNICODE UTF-8", b"NOEL", Encoding("UNICODE UTF-8", "utf-8")),
        ("", b"NOEL", Encoding("", "ascii")),
        ("ASCII~8859/1", b"NOEL", Encoding("ASCII", "ascii")),
        ("8859/15~8859/1", b"N\xbcL", Encoding("8859/15", "iso8859-15")),
        ("8859/1", b"C\x8cUR", Encoding("8859/1", "cp1252")),
        ("8859/15", "NOËL".encode(), Encoding("UNICODE UTF-8", "utf-8")),
        ("", "NOËL".encode(), Encoding("UNICODE UTF-8", "utf-8")),
        ("UNICODE UTF-8", b"NO\xcbL", Encoding("8859/1", "cp1252")),
        ("ISO-8859-1", b"NO\xcbL", Encoding("8859/1", "iso8859-1")),
    ],
)
def test_the_answer_is_written_as_the_request_really_was(declared: str, text: bytes, reply: Encoding) -> None:
    assert read(declared, text)[1].reply == reply


def test_an_endless_msh_18_is_told_by_its_beginning() -> None:
    assert read("Z" * 5000, b"NOEL")[1].declared == "Z" * 64


def test_msh_18_is_read_in_the_header_only() -> None:
    for end in (b"\r", b"\n", b"\r\n"):
        raw = b"MSH|^~\\&|GAM" + end + b"PID" + b"|8859/15" * 30 + end
        assert Message.parse(raw).charset.declared == ""


def test_bytes_that_are_no_message_are_still_text() -> None:
    assert decode(b"Zo\xe9")[0] == "Zoé"
    assert decode(b"MSH")[0] == "MSH"
    assert decode(b"")[0] == ""


def test_hexadecimal_bytes_follow_the_charset_of_the_message() -> None:
    assert decode_part(b"\xbc", "iso8859-15") == "Œ"
    assert decode_part(b"\x8c", "cp1252") == "Œ"
    assert decode_part("Œ".encode(), "utf-8") == "Œ"
    assert decode_part(b"\xe9", "ascii") == "é"


def test_the_fallback_only_reads() -> None:
    with pytest.raises(UnicodeEncodeError):
        "é".encode("ascii", "ecluse.windows-1252")
