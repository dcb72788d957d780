"""Mutual TLS through a real gateway: what openssl sees of it, and a certificate renewed without a cut."""

from __future__ import annotations

import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ecluse.transports.mllp_client import MllpClient
from ecluse.transports.mllp_errors import MllpClientError
from tests.e2e.gateway import Gateway
from tests.services.feeding import adt
from tests.transports.conftest import Authority


class Secured(NamedTuple):
    """A gateway with mutual TLS, and how its senders present themselves."""

    gateway: Gateway
    authority: Authority
    sender: Path

    def context(self, own: bool = True) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.authority.path))
        if own:
            context.load_cert_chain(self.sender)
        return context

    def openssl(self, *options: str) -> str:
        """What `openssl s_client` says of a connection."""
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.gateway.mllp[1]}", "-CAfile",
             str(self.authority.path), *options],
            input="", capture_output=True, text=True, timeout=30, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("secured")
    authority = Authority(folder, "authority")
    data = folder / "data"
    data.mkdir(mode=0o700)
    shutil.copy(authority.issue("receiver"), data / "server.pem")
    (data / "ecluse.toml").write_text(
        '[[listener]]\ntls_certificate = "server.pem"\ntls_key = "server.pem"\n'
        f'tls_client_ca = "{authority.path}"\n'
    )
    with Gateway(data) as gateway:
        yield Secured(gateway, authority, authority.issue("sender"))
        assert gateway.stop() == 0, gateway.log[-2000:]


def test_a_sender_with_its_certificate_is_answered(secured: Secured) -> None:
    with MllpClient(*secured.gateway.mllp, tls=secured.context()) as client:
        assert b"MSA|AA|C1" in client.send(adt())


def test_a_sender_without_certificate_is_not_heard(secured: Secured) -> None:
    with (
        pytest.raises(MllpClientError),
        MllpClient(*secured.gateway.mllp, tls=secured.context(own=False)) as client,
    ):
        client.send(adt(control="C2"))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("-tls1_3",), "TLSv1.3"),
        (("-tls1_2",), "GCM"),
        (("-tls1_1",), "no protocols available|alert protocol version|Cipher is (NONE)"),
        (("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384"), "handshake failure|Cipher is (NONE)"),
    ],
    ids=["1.3", "1.2 with an AEAD suite", "1.1", "1.2 with CBC"],
)
def test_versions_and_suites(secured: Secured, options: tuple[str, ...], expected: str) -> None:
    seen = secured.openssl(*options, "-cert", str(secured.sender), "-key", str(secured.sender))
    assert any(one in seen for one in expected.split("|")), seen


def test_a_certificate_is_renewed_without_a_cut(secured: Secured) -> None:
    gateway = secured.gateway
    assert gateway.process is not None
    with MllpClient(*gateway.mllp, tls=secured.context()) as client:
        assert b"MSA|AA|" in client.send(adt(control="C3", ipp="7003"))
        assert "CN = renewed" not in secured.openssl().replace("CN=", "CN = ")
        shutil.copy(secured.authority.issue("renewed"), gateway.data / "server.pem")
        gateway.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 20
        while "CN = renewed" not in secured.openssl().replace("CN=", "CN = "):
            assert time.monotonic() < end, gateway.log[-2000:]
        assert b"MSA|AA|" in client.send(adt("A31", "C4", "7003"))
