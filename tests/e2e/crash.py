"""Kill a gateway under load, again and again, and check that nothing acknowledged is lost or done twice.

Run by `make test` (10 kills) and `make crash` (500).
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from ecluse.transports.mllp_client import MllpClient
from ecluse.transports.mllp_errors import MllpClientError
from tests.e2e.gateway import Gateway

SENDERS = 6


def message(sender: int, number: int) -> tuple[str, bytes]:
    """A28, then A31s, of one patient in five messages; every message changes something."""
    patient, step = divmod(number, 5)
    control = f"C{sender}-{number}"
    event = "A28" if step == 0 else "A31"
    lines = (
        f"MSH|^~\\&|GAM{sender}|VALMONT|ECLUSE|DMN|20261120101500||ADT^{event}^ADT_A05|{control}|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8",
        "EVN||20261120101500||||20261120101400",
        f"PID|1||{sender}-{patient}^^^VALMONT&1.2.250.1.999.7.1&ISO^PI||BRIAND^ÉLOI^ÉLOI MARIN^^M.^^L||19700101|M|||"
        f"{step} RUE DU PORT^^BREST^^29200^FRA^H||^PRN^PH^^^^^^^^^02980000{step:02}|||||||||||||||||N||PROV",
        "PV1||N",
    )
    return control, "\r".join(lines).encode() + b"\r"


class Sender(threading.Thread):
    """Sends its messages in order; what is not acknowledged is sent again, unchanged, as real senders do."""

    def __init__(self, number: int, address: tuple[str, int], stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.number = number
        self.address = address
        self.stop = stop
        self.acknowledged: list[str] = []
        self.odd: list[str] = []

    def run(self) -> None:
        """Send until told to stop."""
        count = 0
        while not self.stop.is_set():
            try:
                with MllpClient(*self.address) as client:
                    while not self.stop.is_set():
                        control, raw = message(self.number, count)
                        answer = client.send(raw)
                        if b"MSA|AA|" + control.encode() in answer:
                            self.acknowledged.append(control)
                            count += 1
                        elif b"MSA|AR|" not in answer:
                            self.odd.append(answer.decode(errors="replace"))
                            return
            except (MllpClientError, OSError):
                time.sleep(0.02)


def crash(kills: int, seed: int, folder: Path) -> dict[str, int]:
    """Kill `kills` times; returns what was counted.

    :raises AssertionError: when an acknowledged message is missing, done twice, or the journal does not verify.
    """
    rng = random.Random(seed)
    gateway = Gateway(folder / "data").start()
    stop = threading.Event()
    senders = [Sender(number, gateway.mllp, stop) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    victims: Counter[str] = Counter()
    for _ in range(kills):
        time.sleep(rng.uniform(0.05, 0.4))
        victim = rng.choice(["all", "all", "writer", "listener"])
        victims[victim] += 1
        if victim == "all":
            gateway.kill_all()
            gateway.start()
        else:
            pid = gateway.children().get(victim)
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
    time.sleep(1.0)
    stop.set()
    for sender in senders:
        sender.join(20)
    assert gateway.stop() == 0, gateway.log[-2000:]
    counted = check(gateway, [one for sender in senders for one in sender.acknowledged])
    odd = [one for sender in senders for one in sender.odd]
    assert not odd, odd[:3]
    return {**counted, **{f"killed {name}": count for name, count in victims.items()}}


def check(gateway: Gateway, acknowledged: list[str]) -> dict[str, int]:
    """Hold the store against what was acknowledged."""
    assert acknowledged, "nothing was acknowledged at all"
    verified = json.loads(gateway.run("journal", "verify", "--format", "json").stdout)
    assert verified["ok"], verified["problems"][:5]
    gateway.run("journal", "rebuild", "--check")
    store = sqlite3.connect(gateway.data / "ecluse.db")
    rows = store.execute(
        "SELECT control_id, count(*) FROM store_journalentry WHERE kind = 'message' AND answer = 'AA' GROUP BY 1"
    ).fetchall()
    done = dict(rows)
    lost = [one for one in acknowledged if one not in done]
    assert not lost, f"{len(lost)} acknowledged messages are not there, e.g. {lost[:3]}"
    twice = [one for one, count in rows if count > 1]
    assert not twice, f"done twice: {twice[:3]}"
    created = store.execute(
        "SELECT count(*) FROM store_storedevent WHERE type = 'patient.created'"
    ).fetchone()[0]
    wanted = len({tuple(one.split("-")[:1]) + (int(one.split("-")[1]) // 5,) for one in done})
    assert created == wanted, f"{created} patients were created, {wanted} were announced"
    store.close()
    return {"acknowledged": len(acknowledged), "kept": len(done), "patients": created}


if __name__ == "__main__":
    import sys

    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    with tempfile.TemporaryDirectory() as temporary:
        began = time.monotonic()
        result = crash(wanted, seed=int(sys.argv[2]) if len(sys.argv) > 2 else 1, folder=Path(temporary))
        print(f"{wanted} kills in {time.monotonic() - began:.0f} s: {result}")
        print(
            "nothing acknowledged was lost, nothing was done twice, the journal verifies, the rebuild agrees"
        )
