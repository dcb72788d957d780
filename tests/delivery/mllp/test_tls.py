"""TLS of a listener: versions, suites, mutual TLS, ends of each direction, renewed certificates."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
from pathlib import Path

import pytest

from ecluse.delivery.mllp import tls as tls_module
from ecluse.services.listening.securing import Tls
from ecluse.transports.tls import server_context
from tests.delivery.mllp.listening import PATIENCE, Listening, adt, frame, listening, run, until
from tests.transports.conftest import Authority


class Certificates:
    """A private authority with a certificate for the receiver and one for a sender, and another authority."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder, "authority")
        self.server = self.authority.issue("receiver")
        self.sender = self.authority.issue("sender")
        self.stranger = Authority(folder, "other").issue("stranger")

    def context(self, *, mutual: bool = False) -> ssl.SSLContext:
        """Of our listener."""
        return server_context(str(self.server), str(self.server), str(self.authority.path) if mutual else "")

    def client(self, own: Path | None = None) -> ssl.SSLContext:
        """Of a sender."""
        context = ssl.create_default_context(cafile=str(self.authority.path))
        if own:
            context.load_cert_chain(own)
        return context


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_messages_of_any_size_pass(certificates: Certificates, version: ssl.TLSVersion) -> None:
    client = certificates.client()
    client.minimum_version = client.maximum_version = version

    async def test() -> None:
        async with listening(certificates.context()) as here:
            sender = await here.connect(client)
            sender.write(
                b"".join(frame(adt(number, size)) for number, size in enumerate((0, 20_000, 500_000, 10)))
            )
            assert await sender.answers(4) == ["0", "1", "2", "3"]
            assert here.writer.received[0].peer == "127.0.0.1"

    run(test)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize(
    ("version", "ciphers"),
    [
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"),
        (
            ssl.TLSVersion.TLSv1_2,
            "ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA",
        ),
        (ssl.TLSVersion.TLSv1_2, "AES128-GCM-SHA256:AES256-GCM-SHA384"),
    ],
    ids=["TLS 1.1", "suites without authenticated encryption", "suites without forward secrecy"],
)
def test_old_manners_are_refused(certificates: Certificates, version: ssl.TLSVersion, ciphers: str) -> None:
    client = certificates.client()
    client.minimum_version = client.maximum_version = version
    client.set_ciphers(ciphers)

    async def test() -> None:
        async with listening(certificates.context()) as here:
            with pytest.raises((ssl.SSLError, ConnectionError)):
                await here.connect(client)
            await until(lambda: not here.server._connections)
            assert here.writer.received == []

    run(test)


def test_mutual_tls_hears_only_those_it_knows(certificates: Certificates) -> None:
    async def test() -> None:
        async with listening(certificates.context(mutual=True)) as here:
            known = await here.connect(certificates.client(certificates.sender))
            known.write(frame(adt("A1")))
            assert await known.answers(1) == ["A1"]
            for own in (None, certificates.stranger):
                await refused(here, certificates.client(own))
            assert [one.header.control_id for one in here.writer.received] == ["A1"]

    run(test)


async def refused(here: Listening, client: ssl.SSLContext) -> None:
    """With TLS 1.3 a sender learns only when it reads that its certificate is not accepted."""
    with pytest.raises((ssl.SSLError, ConnectionError)):
        sender = await here.connect(client)
        sender.write(frame(adt("X1")))
        if not await asyncio.wait_for(sender.reader.read(), PATIENCE):
            raise ConnectionError("closed")


def test_somebody_who_does_not_speak_tls_is_closed(certificates: Certificates) -> None:
    async def test() -> None:
        async with listening(certificates.context()) as here:
            sender = await here.connect()
            sender.write(frame(adt("A1")))
            await sender.to_the_end()
            await until(lambda: not here.server._connections)
            assert here.writer.received == []

    run(test)


def test_a_handshake_that_does_not_end_is_closed(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_module, "HANDSHAKE_SECONDS", 0.01)

    async def test() -> None:
        async with listening(certificates.context()) as here:
            sender = await here.connect()
            assert await sender.to_the_end() == b""

    run(test)


def test_peers_are_admitted_before_the_handshake(certificates: Certificates) -> None:
    async def test() -> None:
        async with listening(certificates.context(), allowed_peers=("10.0.0.0/8",)) as here:
            sender = await here.connect()
            assert await sender.to_the_end() == b""

    run(test)


@pytest.mark.parametrize("farewell", [True, False], ids=["close_notify", "end of the socket only"])
def test_a_sender_that_stops_writing_still_gets_its_answers(
    certificates: Certificates, farewell: bool
) -> None:
    async def test() -> None:
        async with listening(certificates.context()) as here:
            here.writer.holding = True
            talking = asyncio.create_task(
                asyncio.to_thread(last_words, here.port, certificates.client(), farewell)
            )
            await until(lambda: len(here.writer.waiting) == 2)
            (connection,) = here.server._connections.values()
            await until(lambda: connection._ended)
            here.writer.answer(1)
            here.writer.answer(1)
            assert await talking == b"\x0bACK|A1|message\x1c\r\x0bACK|A2|message\x1c\r"
            await until(lambda: not here.server._connections)

    run(test)


def last_words(port: int, context: ssl.SSLContext, farewell: bool) -> bytes:
    """Send two messages, end our direction, and read to the end; with the pieces of TLS in hand."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as sock:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                sock.sendall(outgoing.read())
                incoming.write(sock.recv(65_536))
        tls.write(frame(adt("A1")) + frame(adt("A2")))
        sock.sendall(outgoing.read())
        if farewell:
            with pytest.raises(ssl.SSLWantReadError):
                tls.unwrap()
            sock.sendall(outgoing.read())
        sock.shutdown(socket.SHUT_WR)
        while data := sock.recv(65_536):
            incoming.write(data)
        found = b""
        while True:
            try:
                chunk = tls.read(65_536)
            except (ssl.SSLZeroReturnError, ssl.SSLWantReadError):
                return found
            if not chunk:
                return found
            found += chunk


def test_the_end_of_our_side_is_said(certificates: Certificates) -> None:
    async def test() -> None:
        async with listening(certificates.context()) as here:
            sender = await here.connect(certificates.client())
            sender.write(frame(adt("A1")) + frame(b"noise"))
            assert await sender.to_the_end() == b"\x0bACK|A1|message\x1c\r"

    run(test)


def test_a_certificate_read_again_serves_new_connections_and_keeps_the_others(
    certificates: Certificates, tmp_path: Path
) -> None:
    file = tmp_path / "server.pem"
    shutil.copy(certificates.server, file)
    context = server_context(str(file), str(file))

    async def test() -> None:
        async with listening(context) as here:
            before = await here.connect(certificates.client())
            before.write(frame(adt("A1")))
            assert await before.answers(1) == ["A1"]
            former = before.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            shutil.copy(certificates.authority.issue("renewed"), file)
            here.server.secure("main", Tls(server_context(str(file), str(file))))
            after = await here.connect(certificates.client())
            assert after.writer.get_extra_info("ssl_object").getpeercert(binary_form=True) != former
            before.write(frame(adt("A2")))
            assert await before.answers(1) == ["A2"]

    run(test)


def test_back_pressure_works_through_tls(certificates: Certificates) -> None:
    async def test() -> None:
        async with listening(certificates.context()) as here:
            here.writer.holding = True
            sender = await here.connect(certificates.client())
            for number in range(200):
                sender.write(frame(adt(number, 20_000)))
            await until(lambda: len(here.writer.received) >= 64)
            here.writer.holding = False
            here.writer.answer()
            assert await sender.answers(200) == [str(number) for number in range(200)]

    run(test)
