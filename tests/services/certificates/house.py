"""An establishment, a test PKI and the services of certificates, on the store of a test."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from ecluse.protocols.x509.certificate import read_certificates
from ecluse.services.certificates import crls, settings, signer
from ecluse.services.certificates.importing import CertificateFile, Imported, Target, import_certificate
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.services.certificates.trust import import_authorities
from ecluse.services.wire import ActResult
from ecluse.simulators.pki.issued import Issued, pem
from ecluse.store.models.access import Establishment
from tests.conftest import NOW
from tests.pki_kit import TestPki
from tests.services.feeding import Gate
from tests.store.databases import StorePlace

TODAY = datetime.fromtimestamp(NOW / 1_000_000, UTC)
STORE = "igc-sante-test"


class _Published(BaseHTTPRequestHandler):
    """The lists of the authorities, on loopback."""

    house: House

    def do_GET(self) -> None:
        content = self.house.lists.get(self.path.rpartition("/")[2].removesuffix(".crl"))
        self.send_response(200 if content else 404)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_: Any) -> None:
        """Nothing."""


class House:
    """Everything a test of certificates starts from. pki: its authorities are trusted; gate: the writer; lists: what
    the authorities publish, by short name.
    """

    def __init__(self, store: StorePlace, **changed: Any) -> None:
        self.store = store
        self.settings = CertificateSettings(
            environment="test",
            data=store.data,
            secrets=store.secrets,
            allowed_networks=("127.0.0.1",),
            **changed,
        )
        settings.use(self.settings)
        signer.forget()
        self.lists: dict[str, bytes] = {}
        handler = type("Published", (_Published,), {"house": self})
        self.server = HTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()
        self.gate = Gate()
        self.pki = TestPki.make(now=TODAY, base=f"http://127.0.0.1:{self.server.server_port}")
        self.place = Establishment.objects.create(
            id=1, name="CENTRE HOSPITALIER DE VALMONT", finess=self.pki.hierarchy.structure.identifier[1:]
        )
        for one in (self.pki.hierarchy.root, self.pki.hierarchy.organisations):
            self.trust(pem([one.certificate]))

    def close(self) -> None:
        """Stop publishing."""
        self.server.shutdown()
        self.server.server_close()

    def publish(self, at: datetime | None = None) -> None:
        """New lists of the root and of the organisations."""
        for one in (self.pki.hierarchy.root, self.pki.hierarchy.organisations):
            self.lists[one.short] = self.pki.crl(one, at)

    def refresh(self) -> list[str]:
        """Have the lists fetched; what came of each."""
        return [one.state for one in crls.refresh(self.settings, self.gate.now, force=True)]

    def ask(self, name: str, arguments: dict[str, Any]) -> ActResult:
        """An act, as the console and the CLI ask it."""
        return self.gate.act(name, **arguments)

    def trust(self, content: bytes) -> None:
        """Declare an authority, its fingerprint typed."""
        (one,) = read_certificates(content)
        (done,) = import_authorities(self.ask, STORE, content, one.fingerprint)
        assert done.done, done.text_en

    def pki_fingerprint(self, content: bytes) -> str:
        """SHA-256 of the certificate of a file."""
        return read_certificates(content)[0].fingerprint

    def give(
        self, held: Issued, use: str = "dmp_tls", *, password: str = "secret", place: str = "auto"
    ) -> Imported:
        """Import a PKCS#12 file."""
        return self.file(CertificateFile(held.p12(password), password), use, place)

    def file(self, file: CertificateFile, use: str = "dmp_tls", place: str = "auto") -> Imported:
        target = Target(self.place.id, use, place)
        return import_certificate(self.settings, self.ask, file, target, self.gate.now, by="cli:claire")
