"""The acknowledgement is written in the charset of the request, and says so truly."""

from __future__ import annotations

import pytest

from ecluse.protocols.hl7 import Message, partial_header
from ecluse.protocols.pam import AckError, acknowledge


@pytest.mark.parametrize(
    ("declared", "name", "answered"),
    [
        ("8859/15", b"C\xbcUR", "8859/15"),
        ("8859/1", b"C\x8cUR", "8859/1"),
        ("", b"C\x8cUR", "8859/1"),
        ("", b"COEUR", ""),
        ("", "CŒUR".encode(), "UNICODE UTF-8"),
        ("8859/15", "CŒUR".encode(), "UNICODE UTF-8"),
        ("UNICODE UTF-8", b"C\x8cUR", "8859/1"),
    ],
)
def test_the_answer_is_what_its_msh_18_says(declared: str, name: bytes, answered: str) -> None:
    head = f"MSH|^~\\&|GAM|CH|DPI|CH|20260304||ADT^A28^ADT_A05|M1|P|2.5^FRA^2.11|||||FRA|{declared}\rPID|||||"
    error = AckError("102", "PID-5", text="L’identité « Cœur » n’est pas reçue…")
    answer = acknowledge(
        partial_header(head.encode() + name + b"\r"), "AE", [error], control_id="E1", at="20260304"
    )
    message = Message.parse(answer)
    assert message.charset.declared == answered
    assert message.charset.issue is None
    assert "identit" in (message.get("ERR-8") or "")
