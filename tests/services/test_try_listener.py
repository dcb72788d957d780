"""A listener tried from the pages: what answers, with which certificate, and how long that one lasts."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ecluse.services.deployment_view import ListenerView
from ecluse.services.try_listener import certificate_state, try_listener
from ecluse.transports.tls import server_context
from tests.main.certificates import make_pems


def listener(address: str, certificate: Path | str = "") -> ListenerView:
    return ListenerView(
        "main", address, "", "Europe/Paris", str(certificate), "", (), "to_confirm", 500, 1, 1.0, ""
    )


@contextmanager
def serving(context: ssl.SSLContext | None) -> Iterator[str]:
    """A port that accepts one connection, with TLS or without."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            connection, _ = server.accept()
            with connection:
                if context is not None:
                    context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        thread.join(10)


def test_a_port_in_clear_answers() -> None:
    with serving(None) as address:
        tried = try_listener(listener(address))
    assert (tried.answers, tried.tls, tried.same, tried.fault) == (True, "", None, "")


def test_a_port_with_tls_shows_the_certificate_of_its_file(tmp_path: Path) -> None:
    pems = make_pems(tmp_path)
    with serving(server_context(str(pems.certificate), str(pems.key))) as address:
        tried = try_listener(listener(address, pems.certificate))
    assert (tried.answers, tried.same) == (True, True)
    assert tried.tls.startswith("TLSv1.3 · TLS_")


def test_a_certificate_replaced_in_its_file_is_told(tmp_path: Path) -> None:
    """The gateway shows the former one until it reads the file again."""
    pems = make_pems(tmp_path)
    with serving(server_context(str(pems.certificate), str(pems.key))) as address:
        make_pems(tmp_path)
        tried = try_listener(listener(address, pems.certificate))
    assert (tried.answers, tried.same) == (True, False)


def test_a_closed_port_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    tried = try_listener(listener(address))
    assert not tried.answers and tried.fault


def test_a_port_chosen_at_the_start_is_not_known() -> None:
    assert try_listener(listener("127.0.0.1:0")).unknown


@pytest.mark.parametrize(
    ("days", "level"), [(400, "ok"), (121, "ok"), (119, "warn"), (31, "warn"), (29, "bad"), (-2, "bad")]
)
def test_a_certificate_is_to_be_renewed_in_time(tmp_path: Path, days: int, level: str) -> None:
    pems = make_pems(tmp_path, timedelta(days=days, hours=1))
    state = certificate_state(listener("127.0.0.1:1", pems.certificate), datetime.now(UTC))
    assert state is not None
    assert (state.subject, state.days, state.level, state.fault) == ("CN=localhost", days, level, "")


def test_a_certificate_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    assert certificate_state(listener("127.0.0.1:1"), now) is None
    missing = certificate_state(listener("127.0.0.1:1", tmp_path / "none.pem"), now)
    assert missing is not None and missing.fault == "No such file or directory"
    (tmp_path / "text.pem").write_text("no certificate")
    wrong = certificate_state(listener("127.0.0.1:1", tmp_path / "text.pem"), now)
    assert wrong is not None and wrong.fault == "PEM"
