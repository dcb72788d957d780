"""An acknowledgement repeats fields of the request; whatever they hold, it fits in one frame."""

from __future__ import annotations

import pytest

from ecluse.protocols.hl7 import Message, partial_header
from ecluse.protocols.mllp import Decoder, Frame, encode
from ecluse.protocols.pam.acknowledge import AckError, acknowledge


@pytest.mark.parametrize("control_id", ["M1\x1c", "M\x0bMSH|1", "M\n1", "\x1c\x0b"])
@pytest.mark.parametrize("encoding", ["^~\\&", "^~"])
def test_control_characters_of_the_control_id_do_not_break_the_frame(control_id: str, encoding: str) -> None:
    request = f"MSH|{encoding}|GAM|CH|DPI|CH|20260304||ADT^A28^ADT_A05|{control_id}|P|2.5^FRA^2.11\rPID|1\r"
    error = AckError("102", "MSH-2", text="Valeur attendue : |^~\\&")
    answer = acknowledge(partial_header(request.encode()), "AE", [error], control_id="E1", at="20260304")
    assert Decoder().feed(encode(answer)) == [Frame(answer)]
    assert [segment.name for segment in Message.parse(answer).segments] == ["MSH", "MSA", "ERR"]
