"""The web process: it serves on the socket it is given, and leaves when asked, running requests first."""

from __future__ import annotations

import logging
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import override_settings

from ecluse.main import web
from ecluse.main.configuration import Configuration
from tests.store.databases import StorePlace

PATIENCE = 30


class Process:
    """`web.run` in a thread, with the supervisor's side in the hands of the test."""

    def __init__(self, configuration: Configuration) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.ready = threading.Event()
        self.leave: Callable[[], None] = lambda: None
        self.renewed: Callable[[Configuration], None] = lambda _: None
        arguments = (configuration, self.socket, self.ready.set, self._follow)
        self.thread = threading.Thread(target=web.run, args=arguments, daemon=True)
        self.thread.start()
        assert self.ready.wait(PATIENCE)

    def _follow(self, leave: Callable[[], None], renewed: Callable[[Configuration], None]) -> None:
        self.leave, self.renewed = leave, renewed

    def get(self, path: str, host: str = "localhost", **told: str) -> tuple[int, bytes]:
        address = f"http://127.0.0.1:{self.port}{path}"
        request = urllib.request.Request(address, headers={"Host": host, **told})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def exchange(self, method: str, path: str) -> tuple[bytes, bytes]:
        """Head and body exactly as they come over the wire, until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            asked = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            connection.sendall(asked.encode())
            received = b"".join(iter(lambda: connection.recv(65_536), b""))
        head, _, body = received.partition(b"\r\n\r\n")
        return head, body


@pytest.fixture
def process(sqlite_store: StorePlace) -> Iterator[Process]:
    """A web process over a new store."""
    settings.SECRET_KEY = "used by the tests alone"
    with override_settings(**web.web_settings(sqlite_store.configuration)):
        one = Process(sqlite_store.configuration)
        yield one
        one.leave()
        one.thread.join(PATIENCE)


def test_it_serves_on_the_socket_it_was_given(process: Process) -> None:
    """Ready means answered."""
    assert process.get("/health/live") == (200, b"ok")
    assert process.get("/")[0] == 200


def test_it_leaves_when_asked(process: Process) -> None:
    """With nothing running, at once; the function returns and the process ends."""
    process.get("/health/live")
    process.leave()
    process.thread.join(PATIENCE)
    assert not process.thread.is_alive()


def test_a_running_request_is_answered_before_leaving(
    process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The visitor gets the page that was being prepared."""
    from ecluse.delivery.console import errors

    began, go_on = threading.Event(), threading.Event()

    def slow(*_: object, **__: object) -> HttpResponse:
        began.set()
        go_on.wait(PATIENCE)
        return HttpResponse("the page")

    monkeypatch.setattr(errors, "render", slow)
    found: list[tuple[int, bytes]] = []
    visitor = threading.Thread(target=lambda: found.append(process.get("/nowhere")))
    visitor.start()
    assert began.wait(PATIENCE)
    process.leave()
    go_on.set()
    visitor.join(PATIENCE)
    process.thread.join(PATIENCE)
    assert found == [(200, b"the page")]


def test_new_names_are_admitted_without_a_restart(process: Process, sqlite_store: StorePlace) -> None:
    """SIGHUP: `http_hosts` is read again."""
    assert process.get("/nowhere", host="new.example")[0] == 400
    process.renewed(replace(sqlite_store.configuration, http_hosts=("new.example",)))
    assert process.get("/nowhere", host="new.example")[0] == 404


def test_a_proxy_is_believed_over_the_wire_once_declared(process: Process, sqlite_store: StorePlace) -> None:
    """The server leaves what proxies tell to the pages, which take it from declared ones only."""
    told = {"X-Forwarded-For": "192.0.2.7"}
    assert process.get("/metrics", **told)[0] == 200
    process.renewed(replace(sqlite_store.configuration, http_proxies=("127.0.0.1",)))
    assert process.get("/metrics", **told)[0] == 403
    process.renewed(sqlite_store.configuration)
    assert process.get("/metrics", **told)[0] == 200


def test_the_log_of_an_error_holds_no_query_string(
    process: Process, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Django attaches the request, and its address with it: taken off before anything is written."""
    from ecluse.delivery.console import metrics

    def fail(_: HttpRequest) -> None:
        raise RuntimeError

    monkeypatch.setattr(metrics, "readiness", fail)
    with caplog.at_level(logging.ERROR, logger="django.request"):
        assert process.get("/metrics?name=MERCIER")[0] == 500
    (record,) = [one for one in caplog.records if one.name == "django.request"]
    assert "MERCIER" not in str(vars(record))


@pytest.mark.parametrize(
    ("http", "names", "expected"),
    [
        ("127.0.0.1:8080", (), set()),
        ("0.0.0.0:8080", ("a.example",), {"a.example"}),
        ("[::]:8080", (), set()),
        ("10.1.2.3:8080", (), {"10.1.2.3"}),
        ("[fd00::1]:8080", (), {"[fd00::1]"}),
    ],
)
def test_names_of_the_gateway(
    http: str, names: tuple[str, ...], expected: set[str], sqlite_store: StorePlace
) -> None:
    """This machine always; the address it listens on unless it is all of them; the names of the setting."""
    configuration = replace(sqlite_store.configuration, http=http, http_hosts=names)
    assert set(web.hosts(configuration)) == {"localhost", "127.0.0.1", "[::1]"} | expected


def test_tls_spoken_to_the_http_port_is_closed_at_once(process: Process) -> None:
    """Whoever writes https:// for http:// learns it now, not when the connection is given up."""
    with socket.create_connection(("127.0.0.1", process.port), PATIENCE / 2) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        assert connection.recv(1) == b""
    assert process.get("/health/live")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/health/live", "/health/ready", "/premiere-visite/", "/nowhere", "/fhir/metadata", "/fhir/Patient/1",
        "/fhir/Nothing", "/api/v1/openapi.json", "/api/v1/patients/1", "/api/v1/nothing",
    ],
)  # fmt: skip
def test_head_is_get_without_its_body(process: Process, path: str) -> None:
    """A body after a HEAD would be read as the next answer of the connection (RFC 9110, 9.3.2)."""
    head, body = process.exchange("HEAD", path)
    got, shown = process.exchange("GET", path)
    assert body == b""
    assert shown
    assert head.splitlines()[0] == got.splitlines()[0]
    assert f"Content-Length: {len(shown)}\r".encode() in head + b"\r"


def _too_much(port: int, path: str, chunked: bool) -> bytes:
    """What a body that is too large is answered; nothing when the connection was reset first."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {2 * 1024 * 1024}"
        try:
            connection.sendall(f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n\r\n".encode())
            if chunked:
                half = b"80000\r\n" + b"x" * 0x80000 + b"\r\n"
                connection.sendall(half + half)
            return b"".join(iter(lambda: connection.recv(65_536), b""))
        except ConnectionError:
            return b""


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize(
    ("path", "kind", "said"),
    [
        ("/api/v1/patients/search", b"application/problem+json", b'"code":"body-too-large"'),
        ("/fhir/Patient/_search", b"application/fhir+json", b'"resourceType":"OperationOutcome"'),
        ("/", b"text/plain", b"Too Large"),
    ],
)
def test_a_body_larger_than_the_server_takes_is_refused_in_the_form_of_the_interface(
    process: Process, path: str, kind: bytes, said: bytes, chunked: bool
) -> None:
    """Announced or in chunks; the body is not waited for, and the connection ends."""
    # A connection closed before its last bytes were read may be reset, and the answer lost with it: ask again then.
    received = next(filter(None, (_too_much(process.port, path, chunked) for _ in range(20))))
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"Content-Type: " + kind in head and b"Connection: close" in head
    assert said in body
    assert process.get("/health/live") == (200, b"ok")
