"""Playing messages: order, retries, rate, and the account of what came back; sockets at the end."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable

import pytest

from ecluse.simulators.hospital import NONE, Answer, Manners, Outgoing, Summary, day, faults, load, play
from ecluse.simulators.hospital.answers import read_acknowledgement
from ecluse.transports.mllp_errors import ClosedWithoutAnswer, ConnectFailed, NotConnected

QUICK = Manners(retry_delay=0, silence=0.05, answer_timeout=5)


def ack(raw: bytes, code: str = "AA", error: bytes = b"") -> bytes:
    """An acknowledgement to a message."""
    control_id = raw.split(b"\r", 1)[0].split(b"|")[9]
    head = b"MSH|^~\\&|R|R|S|S|20260302||ACK^A28^ACK|K1|P|2.5^FRA^2.11\r"
    return head + b"MSA|%b|%b\r" % (code.encode(), control_id) + error


class Receiver:
    """A receiver in memory. reply: answers, or raises; connections: how many were opened."""

    def __init__(self, reply: Callable[[bytes], bytes] = ack, refuse_first: int = 0) -> None:
        self.reply, self.connections, self.refuse = reply, 0, refuse_first
        self.received: list[tuple[int, bytes]] = []
        self.in_flight = self.most_in_flight = 0

    async def connect(self) -> "Link":
        if self.refuse:
            self.refuse -= 1
            raise ConnectFailed("nobody there")
        self.connections += 1
        return Link(self, self.connections)


class Link:
    def __init__(self, receiver: Receiver, number: int) -> None:
        self.receiver, self.number, self.busy = receiver, number, False

    async def send(self, message: bytes) -> bytes:
        assert not self.busy, "one message in flight per connection"
        self.busy = True
        self.receiver.received.append((self.number, message))
        try:
            for _ in range(1 + len(self.receiver.received) % 3):
                await asyncio.sleep(0)
            return self.receiver.reply(message)
        finally:
            self.busy = False

    def close(self) -> None:
        pass


def run(messages: Iterable[Outgoing], receiver: Receiver, **options: object) -> Summary:
    options.setdefault("manners", QUICK)
    return asyncio.run(play(messages, "nowhere", 0, connect=receiver.connect, **options))  # type: ignore[arg-type]


def test_a_day_is_sent_and_accepted() -> None:
    messages = list(day(1, 30))
    receiver = Receiver()
    summary = run(messages, receiver)
    assert summary.sent == len(messages) == summary.codes["AA"]
    assert summary.unexpected == [] and summary.retries == 0
    assert receiver.connections == 3


def test_each_sender_keeps_its_order() -> None:
    messages = list(day(1, 30))
    receiver = Receiver()
    run(messages, receiver)
    got = [raw for _, raw in receiver.received]
    for sender in ("gam", "dpi", "lgc"):
        sent = [outgoing.raw for outgoing in messages if outgoing.sender == sender]
        assert [raw for raw in got if raw in set(sent)] == sent


@pytest.mark.parametrize("connections", [None, 1, 7])
def test_messages_about_a_patient_keep_their_order_whoever_sends_them(connections: int | None) -> None:
    messages = list(day(4, 40))
    receiver = Receiver()
    run(messages, receiver, manners=Manners(connections=connections, waiting=2))
    place = {raw: i for i, (_, raw) in enumerate(receiver.received)}
    by_patient: dict[str, list[int]] = defaultdict(list)
    for outgoing in messages:
        for patient in {outgoing.patient, *outgoing.also}:
            by_patient[patient].append(place[outgoing.raw])
    assert all(places == sorted(places) for places in by_patient.values())


def test_progress_tells_each_answer() -> None:
    told: list[Answer] = []
    run(load(1, 20), Receiver(), progress=told.append)
    assert len(told) == 20 and all(answer.expected for answer in told)


def fails_once(error: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    seen: set[bytes] = set()

    def reply(raw: bytes) -> bytes:
        if raw in seen:
            return ack(raw)
        seen.add(raw)
        return error(raw)

    return reply


def closed(_: bytes) -> bytes:
    raise ClosedWithoutAnswer("closed")


def test_a_lost_answer_is_asked_again_with_the_same_bytes() -> None:
    receiver = Receiver(fails_once(closed))
    summary = run(load(1, 3), receiver)
    assert summary.codes == {"AA": 3} and summary.retries == 3
    assert receiver.received[0][1] == receiver.received[1][1]
    assert receiver.connections == 4


def test_an_idle_connection_closed_by_the_receiver_is_no_retry() -> None:
    def idle(_: bytes) -> bytes:
        raise NotConnected("idle")

    replies = iter([ack, idle, ack, ack])
    summary = run(load(1, 3), Receiver(lambda raw: next(replies)(raw)))
    assert summary.codes == {"AA": 3} and summary.retries == 0


def test_a_receiver_that_is_late_to_start_is_waited_for() -> None:
    assert run(load(1, 2), Receiver(refuse_first=2)).codes == {"AA": 2}


def test_a_receiver_that_never_comes_gives_no_answer() -> None:
    summary = run(load(1, 2), Receiver(refuse_first=99))
    assert summary.codes == {NONE: 2} and summary.unexpected_count == 2
    assert summary.unexpected[0].errors == ("nobody there",)
    assert summary.unexpected[0].attempts == 1 + QUICK.retries


def test_a_passing_rejection_is_tried_again() -> None:
    reply = fails_once(lambda raw: ack(raw, "AR", b"ERR||PID^1|207^Application internal error^HL70357|E\r"))
    summary = run(load(1, 1), Receiver(reply))
    assert summary.codes == {"AA": 1} and summary.retries == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("AE", b"ERR||PID^1^3|204^Unknown key identifier^HL70357|E||||Patient fusionn\xc3\xa9.\r"),
        ("AR", b"ERR||MSH^1^12|203^Unsupported version^HL70357|E\r"),
    ],
)
def test_what_cannot_pass_is_not_tried_again(code: str, error: bytes) -> None:
    receiver = Receiver(lambda raw: ack(raw, code, error))
    summary = run(load(1, 1), receiver)
    assert summary.codes == {code: 1} and len(receiver.received) == 1
    (answer,) = summary.unexpected
    assert error.split(b"|")[3][:3].decode() in answer.errors[0]


def test_an_expected_refusal_is_not_unexpected() -> None:
    refused = [outgoing for outgoing in faults(1) if outgoing.fault == "a08"]
    receiver = Receiver(lambda raw: ack(raw, "AR", b"ERR||MSH^1^9|201^Unsupported event code^HL70357|E\r"))
    assert run(refused, receiver).unexpected_count == 0


def test_silence_is_accepted_where_no_answer_is_due() -> None:
    silent = [outgoing for outgoing in faults(1) if outgoing.fault == "ack-to-listener"]
    summary = run(silent, Receiver(closed))
    assert summary.codes == {NONE: 1} and summary.unexpected_count == 0


def test_an_answer_to_another_message_is_no_answer() -> None:
    receiver = Receiver(lambda raw: ack(b"MSH|||||||||OTHER|"))
    summary = run(load(1, 1), receiver)
    assert summary.codes == {NONE: 1}
    assert "OTHER" in summary.unexpected[0].errors[0]


def test_a_rate_spreads_the_messages_in_time() -> None:
    summary = run(load(1, 11), Receiver(), manners=Manners(rate=200))
    assert summary.seconds >= 10 / 200


def test_an_endless_flow_can_be_stopped() -> None:
    async def stop_after(count: int) -> int:
        seen = 0

        def progress(_: Answer) -> None:
            nonlocal seen
            seen += 1
            if seen == count:
                task.cancel()

        task = asyncio.ensure_future(
            play(load(1), "nowhere", 0, connect=Receiver().connect, progress=progress, manners=QUICK)
        )
        with pytest.raises(asyncio.CancelledError):
            await task
        return seen

    assert asyncio.run(stop_after(50)) >= 50


def test_percentiles_are_in_milliseconds() -> None:
    summary = Summary()
    (message,) = load(1, 1)
    for milliseconds in range(1, 101):
        summary.add(Answer(message, "AA", milliseconds / 1000, 1))
    assert summary.latency.p50 == pytest.approx(51)
    assert summary.latency.p99 == pytest.approx(100)
    assert summary.latency.longest == pytest.approx(100)
    assert Summary().latency.p50 == 0 and Summary().rate == 0


def test_acknowledgements_are_read_whatever_their_shape() -> None:
    assert read_acknowledgement(ack(b"MSH|||||||||M1|")).control_id == "M1"
    assert read_acknowledgement(b"no HL7").code == NONE
    assert read_acknowledgement(b"MSH|^~\\&|R\nMSA|AE|M2\nERR|||207^x\n")[:2] == ("AE", "M2")
    assert read_acknowledgement(b"MSH|^~\\&|R\r").code == NONE


async def over_a_socket(play_against: Callable[[int], Awaitable[Summary]]) -> Summary:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                frame = await reader.readuntil(b"\x1c\r")
                writer.write(b"\x0b" + ack(frame[1:-2]) + b"\x1c\r")
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        return await play_against(server.sockets[0].getsockname()[1])


def test_over_a_real_socket_with_several_connections() -> None:
    summary = asyncio.run(
        over_a_socket(lambda port: play(load(1, 200), "127.0.0.1", port, manners=Manners(connections=4)))
    )
    assert summary.codes == {"AA": 200} and summary.rate > 0


def test_nobody_listening_is_said_plainly() -> None:
    manners = Manners(retries=0)
    summary = asyncio.run(play(load(1, 1), "127.0.0.1", 9, manners=manners))
    assert summary.codes == {NONE: 1}
    assert "127.0.0.1:9" in summary.unexpected[0].errors[0]
