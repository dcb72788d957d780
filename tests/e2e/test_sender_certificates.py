"""Senders recognised by certificates that openssl made, through a real gateway with mutual TLS."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ecluse.transports.mllp_client import MllpClient
from tests.e2e.gateway import Gateway
from tests.services.feeding import adt

pytestmark = pytest.mark.slow
"""Each starts gateways of its own, several seconds apiece: for `make test-all`."""

GAM = ("GAM", "VALMONT")


def openssl(*arguments: str) -> str:
    return subprocess.run(
        ["openssl", *arguments], capture_output=True, text=True, timeout=30, check=True
    ).stdout


class Authority:
    """A certificate authority made by openssl: what it issues is a key and a certificate in one PEM file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path, self.key = folder / "ca.pem", folder / "ca.key"
        openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/C=FR/O=Valmont/CN=CA",
            "-keyout", str(self.key), "-out", str(self.path),
        )  # fmt: skip

    def issue(self, name: str) -> Path:
        key, request, certificate = (self.folder / f"{name}.{end}" for end in ("key", "csr", "crt"))
        extension = self.folder / f"{name}.ext"
        extension.write_text("subjectAltName=IP:127.0.0.1\n")
        openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/C=FR/O=Valmont/CN={name}",
            "-keyout", str(key), "-out", str(request),
        )  # fmt: skip
        openssl(
            "x509", "-req", "-in", str(request), "-CA", str(self.path), "-CAkey", str(self.key), "-CAcreateserial",
            "-days", "1", "-extfile", str(extension), "-out", str(certificate),
        )  # fmt: skip
        both = self.folder / f"{name}.pem"
        both.write_bytes(key.read_bytes() + certificate.read_bytes())
        return both


class Hospital(NamedTuple):
    """A gateway with mutual TLS, where GAM / VALMONT is bound to the certificate `gam`."""

    gateway: Gateway
    authority: Authority

    def context(self, name: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.authority.path))
        context.load_cert_chain(self.authority.folder / f"{name}.pem")
        return context

    def say(self, certificate: str, *messages: bytes) -> list[str]:
        """Answers to messages sent with a certificate."""
        with MllpClient(*self.gateway.mllp, tls=self.context(certificate)) as client:
            return [client.send(one).decode() for one in messages]

    def certificates(self) -> dict[str, list[str]]:
        listed = json.loads(self.gateway.run("sender", "list", "--format", "json").stdout)
        return {one["application"]: one["certificates"] for one in listed["senders"]}


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hospital]:
    folder = tmp_path_factory.mktemp("hospital")
    authority = Authority(folder)
    for name in ("gam", "gam-renewed", "labo"):
        authority.issue(name)
    server = authority.issue("server")
    data = folder / "data"
    data.mkdir(mode=0o700)
    (data / "ecluse.toml").write_text(
        f'[[listener]]\ntls_certificate = "{server}"\ntls_key = "{server}"\ntls_client_ca = "{authority.path}"\n'
    )
    with Gateway(data) as gateway:
        gateway.run("sender", "add", *GAM, "--certificate", str(folder / "gam.pem"))
        yield Hospital(gateway, authority)
        assert gateway.stop() == 0, gateway.log[-2000:]


def fingerprint(file: Path) -> str:
    """As openssl prints it, between colons."""
    return openssl("x509", "-in", str(file), "-noout", "-fingerprint", "-sha256").strip().partition("=")[2]


def test_the_fingerprint_is_the_one_openssl_prints(hospital: Hospital) -> None:
    printed = fingerprint(hospital.authority.folder / "gam.pem")
    assert printed.replace(":", "").lower() in hospital.certificates()["GAM"]


def test_its_certificate_admits_it_and_the_journal_says_which(hospital: Hospital) -> None:
    (answer,) = hospital.say("gam", adt(control="E1", ipp="8001"))
    assert "MSA|AA|E1" in answer
    told = json.loads(hospital.gateway.run("journal", "show", "2", "--format", "json").stdout)
    assert told["details"]["subject"] == "CN=gam,O=Valmont,C=FR"
    assert told["details"]["certificate"] in hospital.certificates()["GAM"]


def test_another_certificate_under_its_name_is_refused(hospital: Hospital) -> None:
    forged, honest = hospital.say(
        "labo", adt(control="E2", ipp="8001"), adt(control="L1", ipp="9001", application="LABO")
    )
    assert "MSA|AR|E2" in forged and "SRV-SND-005" in forged
    assert "MSA|AA|L1" in honest, "under its own name it is a sender like others"


def test_a_resumed_tls_session_keeps_its_certificate(hospital: Hospital) -> None:
    context = hospital.context("gam")
    context.maximum_version = (
        ssl.TLSVersion.TLSv1_2
    )  # where the session is known as soon as the handshake is done
    session = None
    for control in ("E3", "E4"):
        with (
            socket.create_connection(hospital.gateway.mllp, 10) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1", session=session) as secured,
        ):
            assert secured.session_reused is (session is not None)
            session = secured.session
            secured.sendall(b"\x0b" + adt("A31", control, "8001") + b"\x1c\r")
            answer = b""
            while not answer.endswith(b"\x1c\r"):
                answer += secured.recv(65_536)
            assert f"MSA|AA|{control}".encode() in answer


def test_a_certificate_is_renewed_beside_the_old_one(hospital: Hospital) -> None:
    folder, run = hospital.authority.folder, hospital.gateway.run
    run("sender", "add", *GAM, "--certificate", fingerprint(folder / "gam-renewed.pem"))
    assert len(hospital.certificates()["GAM"]) == 2
    sent = [adt("A31", f"E{number}", "8001") for number in range(5, 9)]
    assert (
        "MSA|AA|" in hospital.say("gam", sent[0])[0] and "MSA|AA|" in hospital.say("gam-renewed", sent[1])[0]
    )
    run("sender", "forget-certificate", *GAM, "--certificate", str(folder / "gam.pem"))
    assert (
        "MSA|AR|" in hospital.say("gam", sent[2])[0] and "MSA|AA|" in hospital.say("gam-renewed", sent[3])[0]
    )
    again = run("sender", "forget-certificate", *GAM, "--certificate", str(folder / "gam.pem"), check=False)
    assert again.returncode == 1
    assert run("journal", "verify").returncode == 0


@pytest.mark.parametrize(
    "content", [None, b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", b"\x30\x03"]
)
def test_a_file_without_a_certificate_is_told(
    hospital: Hospital, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "sender.pem"
    if content is not None:
        file.write_bytes(content)
    done = hospital.gateway.run("sender", "add", *GAM, "--certificate", str(file), check=False)
    assert done.returncode == 2 and "sender.pem" in done.stderr and "Traceback" not in done.stderr
