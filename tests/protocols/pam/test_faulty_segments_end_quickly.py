"""A fault after many empty fields is found at once: the time of a check does not double with every empty field."""

from __future__ import annotations

import pytest

from ecluse.protocols.hl7 import Message
from ecluse.protocols.pam.validate import validate


@pytest.mark.parametrize(
    "segment",
    [
        "PV1|1|I" + "|" * 42 + "20260305MSH|||||||V",
        "PV1|1|I" + "|" * 45 + "x" * 300,
        "PID|1" + "|" * 30 + "OUI|N|~",
    ],
)
@pytest.mark.parametrize("event", ["A28^ADT_A05", "A01^ADT_A01"])
def test_the_report_comes(segment: str, event: str) -> None:
    raw = (
        f"MSH|^~\\&|GAM|CH|DPI|CH|20260304101500||ADT^{event}|M1|P|2.5^FRA^2.11|||||FRA|8859/15\r"
        f"EVN||20260304101500\r{segment}\r"
    )
    assert validate(Message.parse(raw.encode())).findings
