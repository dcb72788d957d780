"""Exchanges with an identity provider: verified, bounded, followed nowhere. The servers are real, on this machine."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from ecluse.protocols.oidc import FormRequest, ProviderSilent
from ecluse.transports.oidc import OidcHttp
from tests.transports.conftest import Authority

Receiving = Callable[..., AbstractContextManager[int]]


def answering(answer: bytes, heard: list[bytes] | None = None) -> Callable[[socket.socket], None]:
    """A server that hears one request, answers these bytes and closes."""

    def behave(connection: socket.socket) -> None:
        request = connection.recv(65_536)
        if request.startswith(b"POST") and request.endswith(b"\r\n\r\n"):
            request += connection.recv(65_536)
        if heard is not None:
            heard.append(request)
        connection.sendall(answer)

    return behave


def ok(body: bytes, *headers: str) -> bytes:
    """An answer 200."""
    lines = "".join(f"{one}\r\n" for one in headers)
    return f"HTTP/1.1 200 OK\r\nConnection: close\r\n{lines}\r\n".encode() + body


def refused(receiving: Receiving, behave: Any, scheme: str = "http", **client: Any) -> str:
    """Code with which reading a document fails."""
    tls = client.pop("tls", None)
    with (
        receiving(behave, tls=tls) as port,
        OidcHttp(**client) as one,
        pytest.raises(ProviderSilent) as caught,
    ):
        one.read(f"{scheme}://127.0.0.1:{port}/")
    return caught.value.code


def test_document_is_read_as_it_is(receiving: Receiving) -> None:
    heard: list[bytes] = []
    with receiving(answering(ok(b"{}", "Content-Type: application/json"), heard)) as port, OidcHttp() as one:
        reply = one.fetch(f"http://127.0.0.1:{port}/userinfo", "the-access")
    assert reply == (200, "application/json", b"{}")
    assert (
        b"Authorization: Bearer the-access\r\n" in heard[0] and b"Accept-Encoding: identity\r\n" in heard[0]
    )


def test_form_is_posted_with_its_proof(receiving: Receiving) -> None:
    heard: list[bytes] = []
    with (
        receiving(answering(b"HTTP/1.1 400 Bad\r\nContent-Length: 2\r\n\r\n{}", heard)) as port,
        OidcHttp() as one,
    ):
        request = FormRequest(f"http://127.0.0.1:{port}/token", (("code", "é &"),), "Basic eDp5")
        assert one.post(request).status == 400
    assert heard[0].endswith(b"\r\n\r\ncode=%C3%A9+%26") and b"Authorization: Basic eDp5\r\n" in heard[0]


def test_redirect_is_followed_nowhere(receiving: Receiving) -> None:
    for status in (301, 302, 303, 307, 308):
        answer = (
            f"HTTP/1.1 {status} x\r\nLocation: https://hostile.example/\r\nContent-Length: 0\r\n\r\n".encode()
        )
        assert refused(receiving, answering(answer)) == "provider-redirect"


def test_long_answer_is_not_read_to_its_end(receiving: Receiving) -> None:
    assert refused(receiving, answering(ok(b" " * 2000)), limit=1000) == "provider-oversized"


def test_answer_that_comes_byte_after_byte_is_given_up(receiving: Receiving) -> None:
    def drip(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(ok(b""))
        while True:  # ends when the other side leaves
            connection.sendall(b" ")

    assert refused(receiving, drip, timeout=0.3, limit=10**12) == "provider-timeout"


def test_server_that_says_nothing_is_given_up(receiving: Receiving) -> None:
    def silent(connection: socket.socket) -> None:
        while connection.recv(65_536):
            pass

    assert refused(receiving, silent, timeout=0.2) == "provider-timeout"


def test_what_is_no_http_is_told_as_unreachable(receiving: Receiving) -> None:
    assert refused(receiving, answering(b"MSH|^~\\&|\r")) == "provider-unreachable"
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with OidcHttp() as one, pytest.raises(ProviderSilent) as caught:
        one.read(f"http://127.0.0.1:{port}/")
    assert caught.value.code == "provider-unreachable"


def test_plain_http_beyond_this_machine_is_not_called() -> None:
    with OidcHttp() as one:
        for address in ("http://psc.example/", "file:///etc/passwd", "http://localhost.example/"):
            with pytest.raises(ProviderSilent) as caught:
                one.read(address)
            assert caught.value.code == "metadata-insecure"


def test_proxies_of_the_environment_are_ignored(
    receiving: Receiving, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with receiving(answering(ok(b"{}"))) as port, OidcHttp() as one:
        assert one.read(f"http://127.0.0.1:{port}/") == b"{}"


@pytest.fixture(scope="session")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Authority]:
    """The authority of the provider, and another."""
    folder = tmp_path_factory.mktemp("providers")
    return Authority(folder, "provider-authority"), Authority(folder, "other-authority")


def server(certificate: Path, clients: Path | None = None) -> ssl.SSLContext:
    """TLS of a provider; clients: authority of the certificates it requires."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
        # With TLS 1.3 the refusal comes after the handshake; with 1.2 it is the handshake.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def test_certificate_of_the_provider_is_verified(
    receiving: Receiving, authorities: tuple[Authority, Authority]
) -> None:
    ours, other = authorities
    tls = server(ours.issue("provider"))
    answer = answering(ok(b"{}"))
    assert refused(receiving, answer, "https", tls=tls) == "provider-tls"
    assert refused(receiving, answer, "https", tls=tls, authorities=str(other.path)) == "provider-tls"
    with receiving(answer, tls=tls) as port, OidcHttp(str(ours.path)) as one:
        assert one.read(f"https://127.0.0.1:{port}/") == b"{}"


def test_gateway_shows_its_own_certificate(
    receiving: Receiving, authorities: tuple[Authority, Authority]
) -> None:
    ours, other = authorities
    tls = server(ours.issue("mutual-provider"), ours.path)
    good, bad = ours.issue("gateway"), other.issue("stranger-gateway")
    answer, trusted = answering(ok(b"{}")), str(ours.path)
    assert refused(receiving, answer, "https", tls=tls, authorities=trusted) == "provider-tls"
    wrong = {"authorities": trusted, "certificate": str(bad)}
    assert refused(receiving, answer, "https", tls=tls, **wrong) == "provider-tls"
    with receiving(answer, tls=tls) as port, OidcHttp(trusted, str(good)) as one:
        assert one.read(f"https://127.0.0.1:{port}/") == b"{}"


def test_files_that_cannot_be_used_are_told_at_once(tmp_path: Path) -> None:
    for given in ({"authorities": str(tmp_path / "none.pem")}, {"certificate": str(tmp_path / "none.pem")}):
        with pytest.raises(OSError):
            OidcHttp(**given)
