"""A small certificate authority for the tests of TLS, and receivers that do exactly what a test says."""

from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Behaviour = Callable[[socket.socket], None]


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


class Authority:
    """A certificate authority that lives as long as the tests."""

    def __init__(self, folder: Path, common: str) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(common)
        certificate = self._certificate(
            self._name, self._key, x509.BasicConstraints(ca=True, path_length=None)
        )
        self.path = folder / f"{common}.pem"
        self.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def issue(self, common: str) -> Path:
        """A certificate for 127.0.0.1 and its key, in one PEM file."""
        key = ec.generate_private_key(ec.SECP256R1())
        address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        certificate = self._certificate(_name(common), key, address)
        path = self.folder / f"{common}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return path

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
            .sign(self._key, hashes.SHA256())
        )


@dataclass(frozen=True)
class Contexts:
    """TLS contexts of two sides that trust the same authority; the stranger has a certificate of another."""

    server: ssl.SSLContext
    mutual_server: ssl.SSLContext
    client: ssl.SSLContext
    mutual_client: ssl.SSLContext
    stranger: ssl.SSLContext
    distrustful: ssl.SSLContext


@pytest.fixture(scope="session")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> Contexts:
    folder = tmp_path_factory.mktemp("authority")
    authority, other = Authority(folder, "authority"), Authority(folder, "other")
    receiver, sender, stranger = (
        authority.issue("receiver"),
        authority.issue("sender"),
        other.issue("stranger"),
    )

    def server(mutual: bool) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(receiver)
        if mutual:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(authority.path)
        return context

    def client(trusted: Authority, own: Path | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(trusted.path))
        if own:
            context.load_cert_chain(own)
        return context

    return Contexts(
        server=server(False),
        mutual_server=server(True),
        client=client(authority, None),
        mutual_client=client(authority, sender),
        stranger=client(authority, stranger),
        distrustful=client(other, sender),
    )


@contextmanager
def _receiving(behaviours: tuple[Behaviour, ...], tls: ssl.SSLContext | None) -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    opened = [listener]

    def serve() -> None:
        for behaviour in behaviours:
            with suppress(OSError):
                connection, _ = listener.accept()
                opened.append(connection)
                if tls is not None:
                    connection = tls.wrap_socket(connection, server_side=True)
                    opened.append(connection)
                with connection:
                    behaviour(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        for one in opened:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        for one in opened:
            one.close()


@pytest.fixture
def receiving() -> Callable[..., object]:
    """`with receiving(behaviour, …, tls=None) as port`: a receiver that treats its successive connections so."""

    def start(*behaviours: Behaviour, tls: ssl.SSLContext | None = None) -> object:
        return _receiving(behaviours, tls)

    return start
