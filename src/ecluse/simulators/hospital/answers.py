"""What came back: one answer per message, and the summary of a whole run."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from ecluse.protocols.hl7 import Hl7Error, Message
from ecluse.simulators.hospital.outgoing import Outgoing

NONE = "NONE"
"""Code of a message nobody answered."""


class Answer(NamedTuple):
    """The fate of one message. code: MSA-1, or `NONE`; seconds: from the first byte sent to the whole
    answer, last
    attempt only; attempts: times it was sent; errors: ERR segments in words; raw: the acknowledgement."""

    message: Outgoing
    code: str
    seconds: float
    attempts: int
    errors: tuple[str, ...] = ()
    raw: bytes = b""

    @property
    def expected(self) -> bool:
        """Whether the sender expected that answer."""
        return self.message.expects(self.code)


class Acknowledgement(NamedTuple):
    """What an answer says: MSA-1, MSA-2, and one text per ERR segment (code, location, user message)."""

    code: str
    control_id: str
    errors: tuple[str, ...] = ()


def read_acknowledgement(raw: bytes) -> Acknowledgement:
    """Read an acknowledgement; an unreadable answer has the code `NONE` and says so in its errors."""
    start = raw.find(b"\rMSA|AA|")
    if raw.startswith(b"MSH|") and start > 0 and b"\rERR|" not in raw:
        control_id = raw[start + 8 :].split(b"\r", 1)[0].split(b"|", 1)[0]
        return Acknowledgement("AA", control_id.decode("latin-1"))
    try:
        message = Message.parse(raw)
    except Hl7Error as error:
        return Acknowledgement(NONE, "", (f"unreadable answer: {error}",))
    errors = []
    for number, segment in enumerate(message.all("ERR"), 1):
        parts = (message.get(f"ERR[{number}]-{place}") for place in (3, 2, 8, 7))
        errors.append(" · ".join(part for part in parts if part) or segment.text)
    return Acknowledgement(message.get("MSA-1") or NONE, message.get("MSA-2") or "", tuple(errors))


class Latency(NamedTuple):
    """Times to answer, in milliseconds."""

    p50: float
    p95: float
    p99: float
    longest: float


@dataclass
class Summary:
    """Result of a run. unexpected holds the first hundred answers the senders did not expect."""

    sent: int = 0
    seconds: float = 0.0
    codes: Counter[str] = field(default_factory=Counter)
    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    retries: int = 0
    unexpected_count: int = 0
    unexpected: list[Answer] = field(default_factory=list)
    times: array[float] = field(default_factory=lambda: array("d"))

    def add(self, answer: Answer) -> None:
        """Count one answer."""
        self.sent += 1
        self.codes[answer.code] += 1
        self.events[answer.message.event, answer.code] += 1
        self.retries += answer.attempts - 1
        if answer.code != NONE:
            self.times.append(answer.seconds)
        if not answer.expected:
            self.unexpected_count += 1
            if len(self.unexpected) < 100:
                self.unexpected.append(answer)

    @property
    def rate(self) -> float:
        """Messages per second."""
        return self.sent / self.seconds if self.seconds else 0.0

    @property
    def latency(self) -> Latency:
        """Percentiles of the time to answer."""
        times = sorted(self.times)
        if not times:
            return Latency(0.0, 0.0, 0.0, 0.0)

        def at(share: float) -> float:
            return 1000 * times[min(len(times) - 1, int(share * len(times)))]

        return Latency(at(0.50), at(0.95), at(0.99), 1000 * times[-1])
