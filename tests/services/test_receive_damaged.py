"""Messages damaged at random: every one is decided or refused for a reason, none breaks a rule or a batch."""

from __future__ import annotations

import os
import random

import pytest

from ecluse.simulators.hospital import day, faults
from tests.services.feeding import Gate, adt, assert_sound, rows

SOUND = [bytes(one) for one in (*day(7, 30), *faults(7))]
PIECES = (
    b"|", b"^", b"~", b"&", b"\r", b'""', b"\\", b"\x00", b"\xff", b"\x1c", b"\\X00\\", b"\\X0D\\", b"\\F\\", b"||||",
    b"PID", b"MRG|", b"A40", b"A47", b"A24", b"A28", b"VALI", b"1.2.250.1.213.1.4.8", b"INS", b"PI", b"2026",
)  # fmt: skip
MESSAGES = int(os.environ.get("ECLUSE_DAMAGED_MESSAGES", "400"))


def damaged(rng: random.Random) -> bytes:
    """A message of the simulated hospital with a few things broken."""
    message = bytearray(rng.choice(SOUND))
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(message) + 1)
        match rng.randrange(4):
            case 0:
                message[place : place + 1] = bytes([rng.randrange(256)])
            case 1:
                message[place:place] = rng.choice(PIECES)
            case 2:
                del message[place : place + rng.randint(1, 30)]
            case _:
                lines = bytes(message).split(b"\r")
                lines.insert(rng.randrange(len(lines)), rng.choice(lines))
                message = bytearray(b"\r".join(lines))
    return bytes(message)


@pytest.mark.usefixtures("store")
def test_damaged_messages_are_all_decided(caplog: pytest.LogCaptureFixture) -> None:
    rng = random.Random(int(os.environ.get("ECLUSE_DAMAGED_SEED", "1")))
    gate = Gate()
    sent = 0
    while sent < MESSAGES:
        batch = [damaged(rng) for _ in range(rng.randint(1, 50))]
        answers = gate.receive(*batch, adt("A31", f"W{sent}", "witness"))
        assert b"MSA|AA|W" in answers[-1].data
        assert all(b"\x1c\r" not in one.data for one in answers)
        sent += len(batch)
    assert not caplog.records, caplog.text[-3000:]
    (kept,) = rows("SELECT count(*) FROM store_rawmessage")
    assert kept[0] >= sent
    assert_sound()
