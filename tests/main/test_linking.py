"""What a command says, in French, when a receiver of messages does not answer."""

from __future__ import annotations

import socket
import ssl
import threading

import pytest

from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.tools import NoAnswer, Tls
from ecluse.main.linking import _failed, connect
from ecluse.transports.mllp_errors import TlsFailed


@pytest.fixture(autouse=True)
def french(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")


def answering(server: socket.socket, answer: bytes) -> None:
    """Take one message, send these bytes, close."""
    with server.accept()[0] as connection:
        connection.recv(65_536)
        connection.sendall(answer)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "le destinataire a fermé la connexion sans acquitter"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "une trame MLLP et une seule"),
        (b"\x0bMSA|AA\x1c\r\x0bMSA|AA\x1c\r", "une trame MLLP et une seule"),
    ],
)
def test_what_comes_instead_of_an_acknowledgement_is_told_in_french(answer: bytes, said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = connect("127.0.0.1", server.getsockname()[1], None, 20.0)
        thread = threading.Thread(target=answering, args=(server, answer))
        thread.start()
        with pytest.raises(NoAnswer, match=said):
            link.send(b"MSH|^~\\&|A")
        thread.join()
        link.close()


def test_a_receiver_that_says_nothing_is_told_with_the_option_that_waits_longer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        link = connect("127.0.0.1", server.getsockname()[1], None, 0.1)
        with pytest.raises(NoAnswer, match="--timeout"):
            link.send(b"MSH|^~\\&|A")
        link.close()


def test_the_text_of_the_system_is_said_to_be_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(CannotRun, match=r"texte du système.: Connection refused"):
        connect("127.0.0.1", port, None, 1.0)


@pytest.mark.parametrize(("locale", "remedy"), [("fr_FR.UTF-8", "vérifiez que le destinataire parle TLS"),
                                                ("en_GB.UTF-8", "check that the receiver speaks TLS")])  # fmt: skip
def test_what_tls_refuses_comes_with_what_to_look_at(
    monkeypatch: pytest.MonkeyPatch, locale: str, remedy: str
) -> None:
    """The reason is OpenSSL's; the rest is in the language of the terminal."""
    monkeypatch.setenv("LC_ALL", locale)
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answering, args=(server, b"HTTP/1.1 400 Bad Request\r\n\r\n"))
        thread.start()
        with pytest.raises(CannotRun, match=f"WRONG_VERSION_NUMBER.*: {remedy}.*--tls-ca") as caught:
            connect("127.0.0.1", server.getsockname()[1], Tls("", "", ""), 20.0)
        thread.join()
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("reason", "advised"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "--tls-cert"),
        ("SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "--tls-cert"),
        ("CERTIFICATE_VERIFY_FAILED", "--tls-ca"),
    ],
)
def test_a_receiver_that_refuses_our_certificate_has_it_looked_at(reason: str, advised: str) -> None:
    error = TlsFailed(f"TLS failed: {reason}")
    error.__cause__ = ssl.SSLError()
    error.__cause__.reason = reason
    assert {one for one in ("--tls-cert", "--tls-ca") if one in str(_failed("hl7.test:2576", error))} == {
        advised
    }
