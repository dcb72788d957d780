"""What an acknowledgement says, as its reader sees it."""

from __future__ import annotations

import pytest

from ecluse.protocols import pam
from ecluse.protocols.hl7 import Message, partial_header
from ecluse.services.reply import accept, moment, reply
from tests.conftest import NOW
from tests.services.feeding import Gate, adt


def errors(answer: bytes) -> list[tuple[str, str, str]]:
    """Code, location and text of each ERR."""
    message = Message.parse(answer)
    return [
        (one.field(3).split("^")[0], one.field(2), one.field(8))
        for one in message.segments
        if one.name == "ERR"
    ]


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("changed", "into", "code", "named"),
    [
        (b"ADT^A28^ADT_A05", b"ORU^R01^ORU_R01", "200", "ORU"),
        (b"ADT^A28^ADT_A05", b"ADT^A99^ADT_A05", "201", "A99"),
        (b"ADT^A28^ADT_A05", b"ADT^A08^ADT_A01", "201", "A08"),
        (b"|2.5^", b"|2.6^", "203", "2.6"),
    ],
)
def test_a_refusal_tells_its_cause_once(changed: bytes, into: bytes, code: str, named: str) -> None:
    request = adt()
    assert changed in request
    (answer,) = Gate().receive(request.replace(changed, into))
    told = errors(answer.data)
    assert [one[0] for one in told].count(code) == 1
    assert told[0][0] == code
    assert named in told[0][2]
    assert not [text for _, _, text in told if "intégré sans" in text]


def test_an_acceptance_is_whole_whatever_the_sender_is_called() -> None:
    request = adt().replace(b"|GAM|", b"|G\x02A\x03M|")
    answer = accept(reply(partial_header(request)), 7, NOW)
    header = Message.parse(answer).segments[0]
    assert header.field(5) == "G\\X02\\A\\X03\\M"
    assert header.field(10) == "ECL7"
    assert header.field(7).startswith("2026")


@pytest.mark.parametrize("control_id", ["", "Z1", "a^b~c&d", "\\F\\", "é7", "x\x02y", "7" * 3000])
@pytest.mark.parametrize("marks", ["|^~\\&|", "#^~\\&#", "^|~\\&^", "|^|"])
def test_an_acceptance_prepared_beforehand_is_that_of_its_message(control_id: str, marks: str) -> None:
    request = adt().replace(b"|^~\\&|", marks.encode())
    header = partial_header(request)._replace(control_id=control_id)
    expected = pam.acknowledge(header, "AA", control_id="ECL7", at=moment(NOW))
    for _ in range(2):
        assert accept(reply(header), 7, NOW) == expected
