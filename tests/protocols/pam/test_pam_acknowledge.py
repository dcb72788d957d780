"""The acknowledgement: what it says, in whose delimiters and characters, and from how little it can be built."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.hl7 import Message, PartialHeader, partial_header
from ecluse.protocols.pam import AckError, acknowledge, describe, error_code, validate
from ecluse.protocols.pam.acknowledge import erl

from .builders import header, lines, message, raw

ERROR = AckError("101", "PID-3[2].4.2", "error", "PAM-PID-3-PU", "Renseignez l’autorité « OID ».")


def _answer(request: bytes, code: str = "AA", *errors: AckError) -> bytes:
    return acknowledge(partial_header(request), code, errors, control_id="ECL1", at="20240306101501+0100")  # type: ignore[arg-type]


def test_an_accepted_message_gets_its_control_id_back() -> None:
    assert _answer(raw(lines("A28"))) == (
        b"MSH|^~\\&|DPI|CHU-ESSAI|GAM|CHU-ESSAI|20240306101501+0100||ACK^A28^ACK|ECL1|P|2.5^FRA^2.11"
        b"|||||FRA|UNICODE UTF-8\r"
        b"MSA|AA|ECLUSE-1\r"
    )


def test_an_error_tells_where_what_and_what_to_do() -> None:
    answer = _answer(raw(lines("A28")), "AE", ERROR).decode()
    assert answer.split("\r")[2] == (
        "ERR||PID^1^3^2^4^2|101^Required field missing^HL70357|E|PAM-PID-3-PU||"
        "Renseignez l’autorité « OID ».|Renseignez l’autorité « OID »."
    )


def test_an_acknowledgement_is_itself_a_clean_message() -> None:
    for code, errors in (("AA", ()), ("AE", (ERROR,)), ("AR", (ERROR, AckError("201", "MSH-9.2")))):
        report = validate(Message.parse(_answer(raw(lines("A28")), code, *errors)))
        assert report.event == "ACK"
        assert report.findings == ()


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("PID-3[2].4.2", "PID^1^3^2^4^2"),
        ("PID[2]-3", "PID^2^3^1"),
        ("MSH-9.1", "MSH^1^9^1^1"),
        ("MSH-9.2", "MSH^1^9^1^2"),
        ("EVN", "EVN^1"),
        ("MRG[2]", "MRG^2"),
        ("", ""),
        ("?", ""),
    ],
)
def test_a_location_becomes_an_erl(location: str, expected: str) -> None:
    assert erl(location) == expected


@pytest.mark.parametrize(("code", "rule"), [("200", "MSH-9.1"), ("201", "MSH-9.2")])
def test_an_unknown_type_or_event_is_located_in_msh_9(code: str, rule: str) -> None:
    spoilt = {"200": message("A28", MSH_9="ORU^R01"), "201": message("A28", MSH_9="ADT^A99")}[code]
    finding = next(one for one in validate(spoilt).findings if one.location == rule)
    assert error_code(finding) == code
    error = AckError(code, finding.location, finding.severity, finding.rule, describe(finding))
    answer = _answer(bytes(spoilt), "AR", error).decode()
    assert f"ERR||MSH^1^9^1^{rule[-1]}|{code}^" in answer
    assert "\rMSA|AR|ECLUSE-1\r" in answer


@pytest.mark.parametrize("severity", [("error", "E"), ("warning", "W"), ("info", "I")])
def test_a_severity_becomes_a_letter(severity: tuple[str, str]) -> None:
    answer = _answer(raw(lines("A28")), "AA", AckError("0", severity=severity[0]))  # type: ignore[arg-type]
    assert f"ERR|||0^Message accepted^HL70357|{severity[1]}\r".encode() in answer


def test_the_delimiters_of_the_request_are_used_and_escaped() -> None:
    request = raw(lines("A28")).decode().translate(str.maketrans("|^~\\&", "#$!/%")).encode()
    answer = _answer(request, "AE", AckError("102", "PID-5.1", text="100 % de 3$ | #1 !")).decode()
    assert answer.startswith("MSH#$!/%#DPI#CHU-ESSAI#GAM#CHU-ESSAI#")
    assert "#ACK$A28$ACK#" in answer
    assert "ERR##PID$1$5$1$1#102$Data type error$HL70357#E###100 /T/ de 3/S/ | /F/1 /R/#" in answer


@pytest.mark.parametrize(
    ("declared", "codec", "name", "text"),
    [
        ("8859/15", "iso8859-15", b"8859/15", "œuvre à 3 €".encode("iso8859-15")),
        ("8859/1", "latin-1", b"8859/1", "oeuvre à 3 EUR".encode("latin-1")),
        ("UNICODE UTF-8", "utf-8", b"UNICODE UTF-8", "œuvre à 3 €".encode()),
        ("ASCII", "ascii", b"ASCII", b"oeuvre a 3 EUR"),
        ("UNICODE UTF-16", "utf-16", b"UNICODE UTF-8", "œuvre à 3 €".encode()),
    ],
)
def test_the_answer_is_in_the_characters_of_the_request(
    declared: str, codec: str, name: bytes, text: bytes
) -> None:
    accented = "CHU-ESSAI" if codec == "ascii" else "CHU-ÉTÉ"
    request = raw(lines("A28")).decode().replace("UNICODE UTF-8", declared).replace("CHU-ESSAI", accented)
    answer = _answer(request.encode(codec), "AE", AckError("102", text="œuvre à 3 €"))
    assert b"|FRA|" + name + b"\rMSA|AE|ECLUSE-1\r" in answer
    assert answer.endswith(text + b"|" + text + b"\r")


def test_a_long_explanation_is_cut_for_users_and_kept_for_support() -> None:
    text = "Valeur | à corriger. " * 30
    answer = _answer(raw(lines("A28")), "AE", AckError("102", text=text)).decode()
    *_, diagnostic, user = answer.split("\r")[2].split("|")
    assert len(user) <= 250
    assert user.endswith("...")
    assert diagnostic.count("\\F\\") == 30


def test_a_text_on_several_lines_is_written_on_one() -> None:
    answer = _answer(raw(lines("A28")), "AE", AckError("102", text="une\r\ndeux\x0b\x1c"))
    assert answer.count(b"\r") == 3
    assert b"\x0b" not in answer
    assert b"\x1c" not in answer


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"MSH|",
        b"MSH|^~\\&|GAM",
        b"bruit",
        b"MSH||||||||||1|",
        b"PID|1||7",
        b"MSH|\x0b\x1c|a|b",
        b"MSH|^|A|B|C|D",
    ],
)
def test_an_answer_is_built_from_almost_nothing(request_: bytes) -> None:
    answer = Message.parse(_answer(request_, "AR", AckError("207", text="Illisible & perdu | ^ ~")))
    assert answer.get("MSA-1") == "AR"
    assert [segment.name for segment in answer.segments] == ["MSH", "MSA", "ERR"]
    assert (answer.get("MSH-9") or "")[:3] == "ACK"
    assert answer.get("MSH-12.1") == "2.5"


def test_no_control_character_travels_into_an_answer() -> None:
    every = "".join(chr(code) for code in (*range(0x20), 0x7F) if code not in (0x0A, 0x0D, 0x1C))
    request = (
        raw(lines("A28"))
        .replace(b"|GAM|", b"|G" + every.encode() + b"M|")
        .replace(b"|ECLUSE-1|", b"|E\x02\x03|")
    )
    answer = _answer(request, "AE", AckError("102", "PID-5", text=f"Reçu : {every}."))
    assert not set(answer) & (set(range(0x20)) | {0x7F}) - {0x0D}
    assert b"\rMSA|AE|E\\X02\\\\X03\\\r" in answer


def test_the_event_is_left_out_when_it_is_not_one() -> None:
    assert b"||ACK|ECL1|" in _answer(raw([header("A28").replace("ADT^A28^ADT_A05", "ADT^?^X")]))


def test_the_version_of_the_request_is_repeated() -> None:
    assert b"|P|2.5^FRA^2.9|" in _answer(raw(lines("A28", release="2.9")))


def test_accept_codes_of_the_enhanced_mode_can_be_written() -> None:
    assert b"MSA|CA|ECLUSE-1\r" in _answer(raw(lines("A28")), "CA")


@settings(max_examples=200, deadline=None)
@given(
    start=st.sampled_from(
        [b"MSH|^~\\&|", b"MSH|^|", b"MSH#$!/%#", b"MSH|||", b"\xef\xbb\xbfMSH|^~\\&|", b""]
    ),
    rest=st.binary(max_size=120),
    text=st.text(max_size=400),
)
def test_an_answer_never_fails_and_stays_in_one_frame(start: bytes, rest: bytes, text: str) -> None:
    answer = _answer(start + rest, "AE", AckError("102", "PID-3", "error", "PAM-PID-3-U", text))
    assert answer.startswith(b"MSH")
    assert answer.endswith(b"\r")
    assert answer.count(b"\r") == 3
    assert b"\x1c" not in answer
    Message.parse(answer)


def test_the_header_of_a_parsed_message_is_enough() -> None:
    one = message("A31")
    fields = one.segments[0].fields
    whole = PartialHeader._make((True, one.delimiters, one.charset, *fields[3:7], *fields[9:13], fields[18]))
    assert acknowledge(whole, "AA", control_id="ECL1", at="20240306101501+0100") == _answer(bytes(one))


def test_a_type_of_any_length_is_answered_and_not_remembered() -> None:
    """A hostile sender varies MSH-9: what is kept in memory stays small."""
    from ecluse.protocols.pam.acknowledge import _read_type

    kept = _read_type.cache_info().currsize
    for number in range(3):
        request = raw(lines("A28")).replace(b"ADT_A05", f"{number}{'X' * 5_000}".encode(), 1)
        assert b"||ACK^A28^ACK|ECL1" in _answer(request)
    assert _read_type.cache_info().currsize == kept
