"""What is not a message that can be read: kept all the same, answered only when somebody waits for it."""

from __future__ import annotations

import pytest

from ecluse.services.read_frame import read_frame
from tests.services.feeding import Gate, adt, assert_sound, code, findings, journal, odd, rows

pytestmark = pytest.mark.usefixtures("store")

ACK = b"MSH|^~\\&|GAM|VALMONT|ECLUSE|DMN|20261118081500||ACK^A28^ACK|R1|P|2.5\rMSA|AA|ECL1\r"


def received() -> list[bytes]:
    return [bytes(row[0]) for row in rows("SELECT received FROM store_rawmessage ORDER BY seq")]


def test_an_acknowledgement_is_kept_and_never_answered() -> None:
    (answer,) = Gate().receive(ACK)
    assert (answer.data, answer.close) == (b"", False)
    assert journal() == [("ack", "", "")]
    assert received() == [ACK]


def test_bytes_without_msh_are_kept_and_the_connection_closed() -> None:
    (answer,) = Gate().receive(b"GET / HTTP/1.1\r\nHost: ecluse\r\n\r\n")
    assert (answer.data, answer.close) == (b"", True)
    assert journal() == [("unreadable", "", "")]
    assert "SRV-MSG-003" in findings(1)
    assert_sound()


def test_noise_that_mentions_msh_is_not_answered_either() -> None:
    (answer,) = Gate().receive(odd("noise", b"...MSH|^~\\&|GAM|VALMONT|||1||ADT^A28|N1|P|2.5\r"))
    assert (answer.data, answer.close) == (b"", False)


def test_a_message_with_unusable_delimiters_is_refused_by_name() -> None:
    (answer,) = Gate().receive(b"MSH|||GAM|VALMONT|ECLUSE|DMN|20261118||ADT^A28|U1|P|2.5\rPID|1\r")
    assert code(answer).startswith("AR 102")
    assert b"|U1" in answer.data
    assert not answer.close
    assert journal() == [("unreadable", "AR", "102")]


def test_an_oversized_message_is_refused_in_words_and_the_connection_closed() -> None:
    frame = odd("oversized", adt(control="BIG")[:400])._replace(size=20_000_000)
    (answer,) = Gate().receive(frame)
    assert code(answer) == "AR 207"
    assert b"MSA|AR|BIG" in answer.data
    assert answer.close
    assert journal() == [("unreadable", "AR", "207")]
    assert received() == [adt(control="BIG")[:400]]


def test_an_unfinished_message_is_kept_not_answered_not_integrated() -> None:
    (answer,) = Gate().receive(odd("unfinished", adt()[:250]))
    assert (answer.data, answer.close) == (b"", False)
    assert "SRV-MSG-006" in findings(1)
    assert rows("SELECT count(*) FROM store_patientstate") == [(0,)]


def test_an_empty_frame_is_kept() -> None:
    (answer,) = Gate().receive(b"")
    assert (answer.data, answer.close) == (b"", True)
    assert received() == [b""]
    assert_sound()


def test_an_unknown_event_gets_ar_201_and_an_unknown_type_ar_200() -> None:
    gate = Gate()
    report = adt("A28", "C2").replace(b"ADT^A28^ADT_A05", b"ORU^R01^ORU_R01")
    assert gate.codes(adt("A08", "C1"), report) == ["AR 201", "AR 200"]
    assert journal() == [("message", "AR", "201"), ("message", "AR", "200")]


def test_a_listener_that_cannot_read_a_frame_for_a_reason_of_its_own_hands_it_over_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*arguments: object, **more: object) -> None:
        raise RuntimeError("a rule is wrong")

    monkeypatch.setattr("ecluse.services.read_frame.pam.validate", broken)
    frame = read_frame(adt(), listener="main")
    monkeypatch.undo()
    (answer,) = Gate().receive(frame)
    assert code(answer) == "AR 207"
    assert received() == [adt()]
    assert "SRV-MSG-004" in findings(1)
    assert_sound()


@pytest.mark.parametrize("byte", [0x00, 0x1B, 0x1C, 0x7F, 0x81, 0xA0, 0xC3, 0xED, 0xFF])
def test_odd_bytes_anywhere_never_keep_the_others_from_being_kept(byte: int) -> None:
    gate = Gate()
    base = adt(control="ODD", ipp="7009")
    damaged = [base[:at] + bytes([byte]) + base[at + 1 :] for at in range(0, len(base), 9)]
    answers = gate.receive(*damaged, adt())
    assert b"|AA|C1" in answers[-1].data
    assert len(journal()) == len(damaged) + 1
    assert received() == [*damaged, adt()]
    for answer in answers:
        assert b"\x1c\r" not in answer.data
    assert_sound()


def test_a_message_of_thousands_of_segments_is_kept_and_refused_without_being_read() -> None:
    gate = Gate()
    assert gate.codes(adt() + b"NK1|1\r" * 2000) == ["AE 102"]
    assert journal() == [("unreadable", "AE", "102")]
    assert gate.codes(adt(control="C2") + b"NK1|1\r" * 50) == ["AA"]
