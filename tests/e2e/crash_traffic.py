"""Traffic for a gateway that is killed under it: days of the simulated hospital, and counters.

Messages that speak of the same patients make a *strand*: one sender sends it, in order, one message in flight. So
what the gateway must hold does not depend on how strands are interleaved, and one message lost, or done twice, shows.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from ecluse.simulators.hospital import Outgoing, day
from ecluse.simulators.hospital.day import FIRST_DAY
from ecluse.transports.mllp_client import MllpClient
from ecluse.transports.mllp_errors import MllpClientError

PATIENTS = 60
STEPS = 5


class Sent(NamedTuple):
    """A message of a sender; outgoing: what the simulator knows of it, None for a counter."""

    control: str
    raw: bytes
    outgoing: Outgoing | None = None


def counter(sender: int, number: int) -> Sent:
    """A28, then A31s, of one patient in five messages; the street number and the telephone count them."""
    patient, step = divmod(number, STEPS)
    control = f"C{sender}-{number}"
    event = "A28" if step == 0 else "A31"
    lines = (
        rf"MSH|^~\&|GAM{sender}|VALMONT|ECLUSE|DMN|20261120101500||ADT^{event}^ADT_A05|{control}|P|2.5^FRA^2.11"
        "|||||FRA|UNICODE UTF-8",
        "EVN||20261120101500||||20261120101400",
        f"PID|1||{sender}-{patient}^^^VALMONT&1.2.250.1.999.7.1&ISO^PI||BRIAND^ÉLOI^ÉLOI MARIN^^M.^^L||19700101|M|||"
        f"{step} RUE DU PORT^^BREST^^29200^FRA^H||^PRN^PH^^^^^^^^^02980000{step:02}|||||||||||||||||N||PROV",
        "PV1||N",
    )
    return Sent(control, "\r".join(lines).encode() + b"\r")


def strands(messages: list[Outgoing]) -> list[list[Outgoing]]:
    """Messages gathered by the patients they speak of, each strand in order."""
    of: dict[str, list[int]] = {}
    for number, message in enumerate(messages):
        keys = (message.patient, *message.also)
        joined = {id(of[key]): of[key] for key in keys if key in of}
        strand = sorted([number, *itertools.chain(*joined.values())])
        for one in strand:
            of.update(dict.fromkeys((messages[one].patient, *messages[one].also), strand))
    return [[messages[one] for one in strand] for strand in {id(one): one for one in of.values()}.values()]


class Work:
    """Hands strands out to the senders, without end, day after day.

    Two days may bring the same matricule to two people. That is a collision, whose findings depend on who comes first:
    a strand with a matricule already dealt is left out.
    """

    def __init__(self, seed: int) -> None:
        self._lock = threading.Lock()
        self._strands = self._deal(seed)

    def take(self) -> list[Outgoing]:
        """The next strand."""
        with self._lock:
            return next(self._strands)

    def _deal(self, seed: int) -> Iterator[list[Outgoing]]:
        seen: set[str] = set()
        for number in itertools.count():
            for strand in strands(list(day(seed, PATIENTS, on=FIRST_DAY + timedelta(days=number)))):
                mine = {ins.matricule for one in strand if one.record for ins in one.record.ins}
                if not mine & seen:
                    seen |= mine
                    yield strand


class Sender(threading.Thread):
    """Sends strands with counters in between. What is not answered is sent again, unchanged, as real senders do.

    acknowledged: in order; odd: answers nobody expected. When told to stop it finishes the message under way, so
    that everything sent is acknowledged.
    """

    def __init__(self, number: int, address: tuple[str, int], work: Work, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[Sent] = []
        self.odd: list[str] = []
        self._number, self._address, self._work, self._stop_asked = number, address, work, stop
        self._client: MllpClient | None = None

    def run(self) -> None:
        """Send until told to stop, or surprised."""
        for message in self._messages():
            if self._stop_asked.is_set() or self.odd:
                break
            while not self.odd and not self._send(message):
                time.sleep(0.02)
        self._close()

    def _messages(self) -> Iterator[Sent]:
        numbers = itertools.count()
        while True:
            for one in self._work.take():
                yield Sent(one.control_id, one.raw, one)
                yield counter(self._number, next(numbers))

    def _send(self, message: Sent) -> bool:
        try:
            if self._client is None:
                self._client = MllpClient(*self._address)
            self._client.connect()
            answer = self._client.send(message.raw)
        except MllpClientError:
            self._close()
            return False
        if b"MSA|AA|" + message.control.encode() in answer:
            self.acknowledged.append(message)
            return True
        if b"MSA|AR|" not in answer or b"|207^" not in answer:
            self.odd.append(answer.decode(errors="replace"))
        return False

    def _close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def play_again(messages: list[list[Sent]], address: tuple[str, int]) -> None:
    """Send what each sender had acknowledged, again in order, to a gateway that nobody kills.

    :raises AssertionError: when a message is not accepted at once.
    """

    def one(mine: list[Sent]) -> None:
        with MllpClient(*address) as client:
            for message in mine:
                answer = client.send(message.raw)
                if b"MSA|AA|" not in answer:
                    refused.append(answer.decode(errors="replace"))
                    return

    refused: list[str] = []
    running = [threading.Thread(target=one, args=(mine,)) for mine in messages]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert not refused, refused[0]
