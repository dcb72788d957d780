"""A message read into facts: decoded, unescaped, absent and null kept apart, whatever its state."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.hl7 import NULL, Hl7Error, Message
from ecluse.protocols.pam import Header, Identifier, Name, read, validate
from ecluse.protocols.pam.read import MOST_KEPT

from .builders import AUTHORITY, FORMER, INS, IPP, MATRICULE, NIR, header, lines, message, pid, raw

LOCAL = Identifier("7001", "CHU-ESSAI", "1.2.250.1.999.7", "ISO", "PI")


def test_a_creation_is_read_whole() -> None:
    facts = read(message("A28"))
    assert facts.header == Header(
        sending_application="GAM",
        sending_facility="CHU-ESSAI",
        receiving_application="DPI",
        receiving_facility="CHU-ESSAI",
        sent_at="20240306101500",
        type="ADT",
        event="A28",
        structure="ADT_A05",
        control_id="ECLUSE-1",
        processing="P",
        version="2.5",
        country="FRA",
        release="2.11",
        recorded_at="20240306101500",
    )
    (person,) = facts.persons
    assert person.identifiers == (
        LOCAL,
        Identifier(MATRICULE, "ASIP-SANTE-INS-NIR", "1.2.250.1.213.1.4.8", "ISO", "INS"),
    )
    assert person.names == (
        Name("BOISCLAIR", "MAHAUT", "MAHAUT ODILE", "Mme", "L"),
        Name("FONTVIEILLE", "MAHAUT", "", "", "D"),
    )
    assert (person.birth_date, person.sex, person.birth_place) == ("19680319", "F", "75107")
    assert (person.statuses, person.death, person.corrected_birth_date) == (("VALI",), "N", "N")
    assert (facts.merges, facts.prior) == (0, ())
    assert facts.consent == ("ACTIF", "20240306", "", "", "", "", "", "", "INO", "20240306", "IC", "20240306")


def test_demographics_are_kept_by_location() -> None:
    (person,) = read(message("A28")).persons
    assert person.details["PID-11"] == (
        ("4 quai du Canal", "", "LYON", "", "69003", "FRA", "H"),
        ("", "", "PARIS", "", "", "FRA", "BDL", "", "75107"),
    )
    assert person.details["PID-16"] == (("S",),)
    assert person.details["PD1-12"] == (("N",),)
    assert person.details["ROL"][0][1:3] == ("UC", "ODRP")
    assert person.details["NK1"][0][1] == "FONTVIEILLE^YVES^^^^^L"
    assert person.details["ZFD"] == (("", "", "Y", "N", "INSI", "20240306", "CN"),)
    assert person.details["AL1"] == (("1", "", "1^Arachide"),)
    assert "PID-14" not in person.details
    assert "PID-5" not in person.details


def test_several_segments_of_a_name_follow_each_other() -> None:
    text = lines("A28")
    text.insert(6, "NK1|2|LE GOUAREC^ANATOLE^^^^^L")
    (person,) = read(Message.parse(raw(text))).persons
    assert [contact[0] for contact in person.details["NK1"]] == ["1", "2"]


def test_null_is_kept_and_absent_stays_absent() -> None:
    one = message("A31", PID=pid(_5=f"{NULL}^MAHAUT^^^^^D", _13=NULL, _29=NULL, _32="", _11=""))
    (person,) = read(one).persons
    assert person.names == (Name(NULL, "MAHAUT", "", "", "D"),)
    assert person.details["PID-13"] == ((NULL,),)
    assert person.death_at == NULL
    assert person.statuses == ()
    assert person.birth_place == ""
    assert "PID-11" not in person.details


def test_a_deletion_of_an_ins_keeps_its_null() -> None:
    facts = read(message("A47", PID=pid(_3=f"{IPP}~{NULL}^^^{NIR}^INS"), MRG_1=INS))
    assert facts.persons[0].identifiers[1] == Identifier(
        NULL, "ASIP-SANTE-INS-NIR", "1.2.250.1.213.1.4.8", "ISO", "INS"
    )
    assert facts.prior == (Identifier(MATRICULE, "ASIP-SANTE-INS-NIR", "1.2.250.1.213.1.4.8", "ISO", "INS"),)
    assert facts.merges == 1


def test_prior_identifiers_of_every_group_are_read() -> None:
    text = [
        *lines("A40"),
        pid(_3=f"8001^^^{AUTHORITY}^PI"),
        f"MRG|8002^^^{AUTHORITY}^PI~{FORMER}^^^{NIR}^INS",
    ]
    facts = read(Message.parse(raw(text)))
    assert facts.merges == 2
    assert [one.value for one in facts.prior] == ["7002", "8002", FORMER]
    assert [person.identifiers[0].value for person in facts.persons] == ["7001", "8001"]


@pytest.mark.parametrize("event", ["A24", "A37"])
def test_a_link_has_two_persons(event: str) -> None:
    facts = read(message(event))
    assert [person.identifiers for person in facts.persons] == [(LOCAL,), (LOCAL,)]


def test_details_stay_with_the_person_they_follow() -> None:
    text = [header("A24"), "EVN||20240306", pid(), "PD1||A", "ZFD||||Y", pid()]
    first, second = read(Message.parse(raw(text))).persons
    assert (first.corrected_birth_date, second.corrected_birth_date) == ("Y", "")
    assert "PD1-2" in first.details
    assert "PD1-2" not in second.details


def test_empty_repetitions_and_trailing_blanks_are_passed_over() -> None:
    one = message(
        "A28",
        PID=pid(_3=f"~{IPP} ~~", _5="BOISCLAIR^MAHAUT^^^^^L ~^^^~", _13="~^PRN^PH^^^^~~", _32="PROV~~FICT"),
    )
    (person,) = read(one).persons
    assert person.identifiers == (LOCAL,)
    assert person.names == (Name("BOISCLAIR", "MAHAUT", "", "", "L"),)
    assert person.details["PID-13"] == (("", "PRN", "PH"),)
    assert person.statuses == ("PROV", "FICT")


def test_a_name_without_type_and_a_birth_place_without_code() -> None:
    (person,) = read(message("A28", PID=pid(_5="BOISCLAIR&DE^MAHAUT", _11="^^PARIS^^^^BDL"))).persons
    assert person.names == (Name("BOISCLAIR", "MAHAUT", "", "", ""),)
    assert person.birth_place == ""


def test_escapes_are_undone_in_values_and_kept_in_segments() -> None:
    one = message(
        "A28",
        PID=pid(
            _3=f"A\\F\\7^^^{AUTHORITY}^PI",
            _5="D\\T\\ART^LOU^^^^^L",
            _11="1 rue^Bât A\\S\\Esc 2&x^LYON",
            _32="VALI",
        ),
        NK1="NK1|1|A\\S\\B^C",
    )
    (person,) = read(one).persons
    assert person.identifiers[0].value == "A|7"
    assert person.names[0].family == "D&ART"
    assert person.details["PID-11"][0][:2] == ("1 rue", "Bât A^Esc 2&x")
    assert person.details["NK1"][0][1] == "A\\S\\B^C"


def test_other_delimiters_read_the_same_and_segments_are_rewritten_with_the_standard_ones() -> None:
    text = raw(lines("A28")).decode().replace("Arachide", "A\\.br\\B")
    usual = read(Message.parse(text.encode()))
    other = text.translate(str.maketrans("|^~\\&", "#$!/%"))
    assert read(Message.parse(other.encode())) == usual


def test_a_standard_delimiter_that_is_only_text_is_escaped_in_segments() -> None:
    text = raw(lines("A28")).decode().translate(str.maketrans("|^~\\&", "#$!/%"))
    text = text.replace("Arachide", "a|b^c/Z/d/S/e/.br/f")
    (person,) = read(Message.parse(text.encode())).persons
    assert person.details["AL1"][0][2] == "1^a\\F\\b\\S\\c\\Z\\d$e\\.br\\f"


def test_undeclared_delimiters_split_nothing() -> None:
    text = "MSH|^|GAM|X|DPI|Y|20240306||ADT^A28|1|P|2.5\rPID|1||7~8^^^A&B^PI||A~B&C^D^^^^^L\r"
    facts = read(Message.parse(text.encode()))
    assert facts.header.event == "A28"
    assert facts.persons[0].identifiers[0].value == "7~8"
    assert facts.persons[0].identifiers[0].authority == "A&B"
    assert facts.persons[0].names[0].family == "A~B&C"


def test_a_message_of_one_segment_reads_as_nobody() -> None:
    facts = read(Message.parse(b"MSH|^~\\&|"))
    assert facts.persons == ()
    assert facts.header == Header(*[""] * 13)
    assert facts.consent == ()


@pytest.mark.parametrize(
    "text", ["PID", "MRG", "EVN", "ZFA", "ZFD", "NK1", "PD1", "PID|", "X", "PID|1||^^^&&^"]
)
def test_cut_segments_are_read(text: str) -> None:
    facts = read(Message.parse(f"MSH|^~\\&|A\r{text}\r".encode()))
    assert facts.header.sending_application == "A"


def test_times_of_the_event_are_read() -> None:
    facts = read(message("A31", EVN="EVN||20240306||||20240301101500"))
    assert (facts.header.recorded_at, facts.header.occurred_at) == ("20240306", "20240301101500")


_ANY_LINE = st.builds(
    lambda name, rest: name + rest,
    st.sampled_from(
        ["MSH", "PID", "EVN", "MRG", "ZFA", "ZFD", "NK1", "PV1", "ZBE", "PD1", "ROL", "OBX", "", "ZZ"]
    ),
    st.text(alphabet='|^~\\&"AB7 é\t$', max_size=60),
)


@settings(max_examples=250, deadline=None)
@given(
    start=st.sampled_from(
        ["MSH|^~\\&|", "MSH|^|", "MSH#$!/%#", "MSH|^~\\&|A|B|C|D|2024||ADT^A28^ADT_A05|1|P|2.5^FRA^2.11"]
    ),
    head=st.text(alphabet='|^~\\&"A28ADT_5.FR\u00e9 ', max_size=80),
    body=st.lists(_ANY_LINE, max_size=8),
)
def test_nothing_that_parses_makes_reading_or_validation_fail(start: str, head: str, body: list[str]) -> None:
    try:
        one = Message.parse("\r".join([start + head, *body]).encode())
    except Hl7Error:
        return
    read(one)
    report = validate(one)
    assert report.profile


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=300))
def test_no_bytes_after_a_header_make_reading_or_validation_fail(data: bytes) -> None:
    one = Message.parse(raw(lines("A28"))[:300] + data)
    assert read(one).header.event == "A28"
    assert validate(one, environment="test").event == "A28"


def test_of_many_segments_of_one_name_the_first_are_kept_as_details() -> None:
    text = lines("A28") + [f"NK1|{number}|MARTIN^LEA^^^^^L|MTH" for number in range(1, 5000)]
    (person,) = read(Message.parse(raw(text))).persons
    assert len(person.details["NK1"]) == MOST_KEPT
