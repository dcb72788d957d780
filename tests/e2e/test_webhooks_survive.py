"""Deliveries survive: destinations that are slow, fail, hang or restart, and deliverers killed under traffic.

Receivers are real and on this machine. At the end each live one has every event at least once, the first time of each
in order for each patient, merges after both; a relay has every message likewise; those who never answer slow nobody.
"""

from __future__ import annotations

import itertools
import random
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ecluse.main.configuration import Configuration
from ecluse.protocols.hl7 import Message
from ecluse.services.ask_writer import ask_writer
from ecluse.services.queries.subscribers import SubscriberDocument, every
from ecluse.services.wire import Act
from ecluse.simulators.hospital import Outgoing
from tests.e2e.crash import trust, wait_for_answers
from tests.e2e.crash_traffic import Sender, Sent, Work
from tests.e2e.gateway import Gateway
from tests.e2e.worker import kill_child, settled
from tests.services.delivering import SECRET, sealed_key
from tests.services.feeding import rows
from tests.services.receivers import HttpReceiver, MllpReceiver, free_port
from tests.store import databases
from tests.store.databases import PostgreSQL

pytestmark = pytest.mark.slow
"""Each starts gateways of its own, several seconds apiece: for `make test-all`."""

SENDERS = 3
PAUSE_SECONDS = 0.05
"""Between two strands of a sender: traffic must last, not be heavy."""
PREPARED = 300
"""Strands made before anything begins."""
MESSAGES = 200
"""At least so many are sent, however slow the machine."""
TIMEOUT_SECONDS = 1.0
"""The shortest that a subscriber may have."""
DRAIN_SECONDS = 90.0
_numbers = count(1)
T = TypeVar("T")


class Unhurried(Work):
    """Strands with a pause before each, those with a merge first."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        found = [super(Unhurried, self).take() for _ in range(PREPARED)]
        self._ready = sorted(found, key=lambda strand: any(one.event == "A40" for one in strand))

    def take(self) -> list[Outgoing]:
        """The next strand, after a while."""
        time.sleep(PAUSE_SECONDS)
        return self._ready.pop() if self._ready else super().take()


class Faults:
    """Faults by chance, with a seed; what was refused once is taken the next time, so that a test ends."""

    def __init__(self, seed: int, faults: Sequence[int | float | None], share: float) -> None:
        self._rng = random.Random(seed)
        self._faults, self._share = faults, share
        self._seen: set[str] = set()
        self.done = 0

    def __call__(self, event: dict[str, Any]) -> int | float | None:
        if event["id"] in self._seen or self._rng.random() >= self._share:
            return 204
        self._seen.add(event["id"])
        self.done += 1
        return self._rng.choice(self._faults)

    def acknowledgement(self, message: Message) -> str:
        """The same for an application behind MLLP: AR, or no answer at all."""
        fault = self({"id": message.get("MSH-10")})
        return "AA" if fault == 204 else "AR" if fault == 503 else ""


class Destinations:
    """Every kind of subscriber, declared to a gateway from the beginning of its feeds."""

    def __init__(self, gateway: Gateway, around: ExitStack) -> None:
        self._gateway, self._around = gateway, around
        self.faults = {
            "failing": Faults(1, (500, 503, 429, 404, None), 0.03),
            "late": Faults(2, (TIMEOUT_SECONDS + 0.5,), 0.01),
            "application": Faults(3, (503, None), 0.02),
        }
        self.webhooks = {
            name: self._webhook(name) for name in ("steady", "slow", "restarting", "failing", "late")
        }
        self.webhooks["slow"].answer = lambda event: 0.1
        self.application = around.enter_context(MllpReceiver(self.faults["application"].acknowledgement))
        self._add("application", "relay", f"127.0.0.1:{self.application.port}", {"parallel": 1})
        self._add("closed", "webhook", f"http://127.0.0.1:{free_port()}/")
        self._add("silent", "webhook", f"http://127.0.0.1:{self._silence()}/")

    def _webhook(self, name: str) -> HttpReceiver:
        port = free_port()
        options = {"full": name == "steady"}
        secret = self._add(name, "webhook", f"http://127.0.0.1:{port}/hook", options)
        answer = self.faults.get(name, lambda event: 204)
        return self._around.enter_context(HttpReceiver(secret, answer, port))

    def _silence(self) -> int:
        """A port that takes connections and never says a word."""
        listening = self._around.enter_context(socket.create_server(("127.0.0.1", 0), backlog=100))
        return int(listening.getsockname()[1])

    def _add(self, name: str, kind: str, target: str, options: dict[str, Any] | None = None) -> str:
        configuration = Configuration(data=self._gateway.data)
        secrets = Path(self._gateway.env["ECLUSE_SECRETS"])
        arguments = {
            "name": name, "kind": kind, "target": target, "plaintext": True, "position": 0,
            "options": {"timeout": TIMEOUT_SECONDS, **(options or {})},
            **(sealed_key(secrets) if kind == "webhook" else {}),
        }  # fmt: skip
        result = ask_writer(configuration.run / "writer.sock", Act("cli:test", "subscriber.add", arguments))
        assert result.done, result.text_en
        return SECRET

    def drained(self) -> dict[str, SubscriberDocument]:
        """Wait until the live ones have everything; all subscribers then."""
        living = {*self.webhooks, "application"}
        end = time.monotonic() + DRAIN_SECONDS
        while True:
            found = {one.name: one for one in every(time.time_ns() // 1000)}
            late = [one for name, one in found.items() if name in living and (one.behind or one.waiting)]
            if not late:
                return found
            assert time.monotonic() < end, f"{late}\n{self._gateway.log[-3000:]}"
            time.sleep(0.2)


@pytest.fixture(
    params=[
        pytest.param(("sqlite", 3), id="sqlite"),
        pytest.param(("sqlite", 8), id="sqlite-long", marks=pytest.mark.slow),
        pytest.param(("postgresql", 8), id="postgresql-long", marks=pytest.mark.slow),
    ]
)
def played(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Gateway, int]]:
    """A gateway that is serving, and how many times to kill its deliverer or its publisher."""
    vendor, kills = request.param
    one = Gateway(tmp_path / "data")
    one.env["ECLUSE_DELIVERIES_ALLOWED_NETWORKS"] = "127.0.0.1"
    server: PostgreSQL | None = None
    name = f"surviving_{next(_numbers)}"
    if vendor == "postgresql":
        server = request.getfixturevalue("postgresql")
        server.create(name)
        one.env["ECLUSE_DATABASE_URL"] = server.url(name)
    with one:
        yield one, kills
    databases.use(Configuration(data=Path("/nowhere")))
    if server is not None:
        server.drop(name)


def test_nothing_is_lost_nor_out_of_order(played: tuple[Gateway, int]) -> None:
    gateway, kills = played
    with ExitStack() as around:
        trust(gateway)
        destinations = Destinations(gateway, around)
        acknowledged = under_fire(gateway, kills, destinations)
        settled(gateway)
        found = destinations.drained()
        assert gateway.stop() == 0, gateway.log[-2000:]

        told = rows("SELECT cursor, patient, other FROM store_outwardevent ORDER BY cursor")
        assert len(told) > 100 and any(other for _, _, other in told)
        for name, receiver in destinations.webhooks.items():
            assert receiver.wrong == [], name
            first = once(int(event["id"].rpartition("-")[2]) for event in receiver.accepted)
            assert sorted(first) == [cursor for cursor, _, _ in told], name
            assert_in_order(first, [(cursor, (patient, other)) for cursor, patient, other in told])
        assert_relayed(destinations.application, acknowledged)
        assert all(one.done for one in destinations.faults.values())
        assert all(found[name].circuit != "closed" and found[name].waiting for name in ("closed", "silent"))


def under_fire(gateway: Gateway, kills: int, destinations: Destinations) -> list[Sent]:
    """Traffic, killed deliverers and publishers, and a receiver that restarts; what was acknowledged."""
    rng = random.Random(20_261_120)
    stop, work = threading.Event(), Unhurried(20_261_120)
    senders = [Sender(number, gateway.mllp, work, stop) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    killed = {"deliverer": 0, "worker": 0}
    for role in itertools.islice(itertools.cycle(killed), kills):
        destinations.webhooks["restarting"].stop()
        killed[role] = kill_child(gateway, role, rng.uniform(0.0, 2.0), killed[role])
        destinations.webhooks["restarting"].start()
    wait_for_answers(senders, MESSAGES - sum(len(sender.acknowledged) for sender in senders))
    stop.set()
    for sender in senders:
        sender.join(60)
    assert not any(sender.odd for sender in senders), [sender.odd for sender in senders]
    return list(itertools.chain(*(sender.acknowledged for sender in senders)))


def once(received: Iterable[T]) -> dict[T, int]:
    """The place of the first reception of each."""
    return {one: place for place, one in enumerate(dict.fromkeys(received))}


def assert_in_order(first: dict[T, int], told: Iterable[tuple[T, Iterable[str]]]) -> None:
    """For each patient, what was told of it was received first in that order."""
    latest: dict[str, int] = {}
    for one, patients in told:
        for patient in filter(None, patients):
            assert first[one] > latest.get(patient, -1), (one, patient)
            latest[patient] = first[one]


def assert_relayed(application: MllpReceiver, acknowledged: list[Sent]) -> None:
    """Every message acknowledged, in the order of its sender for each patient; the bytes are those that came, unless an
    INS was withheld."""
    first = once(application.accepted)
    assert set(first) == {one.control for one in acknowledged}
    assert_in_order(first, ((one.control, about(one)) for one in acknowledged))
    relayed = {Message.parse(raw).get("MSH-10"): raw for raw in application.messages}
    assert [
        one.control for one in acknowledged if b"^INS" not in one.raw and relayed[one.control] != one.raw
    ] == []


def about(sent: Sent) -> tuple[str, ...]:
    """Whom a message names, as its sender knows it."""
    if sent.outgoing is None:
        return (sent.raw.split(b"PID|1||")[1].split(b"^")[0].decode(),)
    others = [one for one in sent.outgoing.also if one.partition("@")[0].encode() in sent.raw]
    return (sent.outgoing.patient, *others)
