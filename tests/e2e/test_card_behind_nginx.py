"""The nginx of the documentation, in front of a real gateway: cards of a test PKI, good and bad, and forged headers."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from html import unescape
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from ecluse.services.ask_writer import ask_writer
from ecluse.services.wire import Act
from ecluse.simulators.pki.issued import Issued
from ecluse.simulators.pki.names import EMPLOYEE
from tests.e2e.gateway import Gateway
from tests.lifeline import end_with_us
from tests.pki_kit import TestPki

pytestmark = pytest.mark.slow

DOC = Path(__file__).parents[2] / "docs/carte-cpx.md"
HEADER = "X-Client-Certificate"


class Front(NamedTuple):
    """A gateway behind nginx. address: of nginx; pki: its cards are trusted, but the one revoked; other: nobody's."""

    gateway: Gateway
    address: str
    pki: TestPki
    other: TestPki
    revoked: Issued
    folder: Path

    def context(self, card: Issued | None) -> ssl.SSLContext:
        """A browser that has this card, and does not look at who serves."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if card is not None:
            files = self.pki.files(self.folder, card)
            context.load_cert_chain(files.certificate, files.key)
        return context

    def enter(self, card: Issued | None, **headers: str) -> tuple[int, str]:
        """The status and the sentence that a browser with this card gets."""
        with httpx.Client(verify=self.context(card), base_url=self.address) as browser:
            return press(browser, headers)


def press(browser: httpx.Client, headers: dict[str, str]) -> tuple[int, str]:
    """Press the button of the card."""
    page = browser.get("/connexion/", headers={"host": "localhost"})
    form = page.text.partition('action="/connexion/carte/"')[2]
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert token is not None, page.text
    cookies = "; ".join(f"{one.name}={one.value}" for one in browser.cookies.jar)
    answer = browser.post(
        "/connexion/carte/",
        data={"csrfmiddlewaretoken": token[1], "next": "/compte/"},
        headers={**headers, "host": "localhost", "cookie": cookies, "accept-language": "fr"},
    )
    said = re.search(r'role="alert">(.*?)</p>', answer.text, re.DOTALL)
    return answer.status_code, unescape(said[1]) if said else answer.headers.get("location", "")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("cards")
    lists: dict[str, bytes] = {}
    published = _publish(lists)
    base = f"http://127.0.0.1:{published.server_port}"
    pki, other = TestPki.make(base=base), TestPki.make(seed=2, base=base)
    data = folder / "data"
    data.mkdir(mode=0o700)
    (data / "ecluse.toml").write_text(_settings(pki))
    with Gateway(data) as gateway:
        _open(gateway, pki)
        revoked = pki.employee()
        pki.revoke(revoked, pki.now - timedelta(minutes=5))
        lists.update({one.short: pki.crl(one) for one in (pki.hierarchy.root, pki.hierarchy.persons)})
        nginx, port = _nginx(folder, gateway, pki)
        yield Front(gateway, f"https://127.0.0.1:{port}", pki, other, revoked, folder)
        nginx.terminate()
        nginx.wait(10)
        assert gateway.stop() == 0, gateway.log[-2000:]
    published.shutdown()
    published.server_close()


def _publish(lists: dict[str, bytes]) -> HTTPServer:
    class Published(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = lists.get(self.path.rpartition("/")[2].removesuffix(".crl"))
            self.send_response(200 if content else 404)
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Published)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


def _settings(pki: TestPki) -> str:
    der = pki.hierarchy.persons.certificate.public_bytes(Encoding.DER)
    return (
        'http_hosts = ["localhost"]\nhttp_proxies = ["127.0.0.1"]\n'
        f'[api]\nclient_certificate_header = "{HEADER}"\nclient_certificate_proxies = ["127.0.0.1"]\n'
        f'[accounts]\ncard = true\ncard_authorities = ["{sha256(der).hexdigest()}"]\n'
        '[certificates]\nallowed_networks = ["127.0.0.1"]\n'
    )


def _open(gateway: Gateway, pki: TestPki) -> None:
    """Trust the authorities, and register the card of an employee."""

    def act(name: str, /, **given: Any) -> None:
        done = ask_writer(gateway.data / "run/writer.sock", Act("cli:tests", name, given))
        assert done.done, done.text_en

    for one in (pki.hierarchy.root, pki.hierarchy.persons):
        der = one.certificate.public_bytes(Encoding.DER)
        act(
            "authority.add", store="igc-sante-test", der=base64.b64encode(der).decode(),
            fingerprint=sha256(der).hexdigest(), subject=one.certificate.subject.rfc4514_string(),
            anchor=one is pki.hierarchy.root, not_after=2**50, origin="declared",
        )  # fmt: skip
    until = time.time_ns() // 1000 + 3600_000_000
    act("user.add", username="c.agent", name="Camille Agent", roles=[], invitation="ab" * 32, until=until)
    act("user.bind-card", username="c.agent", holder=EMPLOYEE.identifier)


def _nginx(folder: Path, gateway: Gateway, pki: TestPki) -> tuple[subprocess.Popen[bytes], int]:
    """The nginx of the documentation, its paths and ports changed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    told = re.search(r"```nginx\n(.*?)```", DOC.read_text(), re.DOTALL)
    assert told is not None
    served = pki.files(folder, pki.serv(["localhost"]), "server")
    (folder / "cards.pem").write_bytes(pki.authorities_pem)
    changed = (
        told[1]
        .replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
        .replace("ecluse.hopital.example", "localhost")
        .replace("/etc/nginx/tls/ecluse.pem", str(served.chain))
        .replace("/etc/nginx/tls/ecluse.key", str(served.key))
        .replace("/etc/nginx/tls/autorites-des-cartes.pem", str(folder / "cards.pem"))
        .replace("http://127.0.0.1:8080", gateway.http)
    )
    kept = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off;\nworker_processes 1;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{kept}{changed}\n}}\n"
    )
    process = subprocess.Popen(
        ["/usr/sbin/nginx", "-p", folder, "-c", folder / "nginx.conf", "-e", folder / "nginx.log"],
        preexec_fn=end_with_us(),
    )
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, port
        time.sleep(0.1)
    raise AssertionError((folder / "nginx.log").read_text())


def test_good_card_opens_its_account(front: Front) -> None:
    assert front.enter(front.pki.employee()) == (302, "/compte/")


def test_bad_cards_are_refused_in_a_sentence(front: Front) -> None:
    """Those that nginx knows to be bad too: the gateway says it."""
    pki = front.pki
    expired = pki.employee(not_after=pki.now - timedelta(hours=1))
    for card in (pki.employee(authority=pki.hierarchy.unknown), front.other.employee(), expired):
        status, said = front.enter(card)
        assert status == 403 and "expirée, ou son émetteur n’est pas reconnu" in said
    status, said = front.enter(pki.person())
    assert status == 403 and "Aucun compte d’ici n’est lié à cette carte" in said
    status, said = front.enter(None)
    assert status == 403 and "Aucune carte n’a été présentée" in said


def test_header_that_a_client_writes_is_overwritten(front: Front) -> None:
    told = quote(front.pki.employee().pem.decode(), safe="")
    for name in (HEADER, HEADER.lower(), HEADER.replace("-", "_")):
        status, said = front.enter(None, **{name: told})
        assert status == 403 and "Aucune carte n’a été présentée" in said
    status, said = front.enter(front.pki.person(), **{HEADER: told})
    assert status == 403 and "Aucun compte d’ici n’est lié à cette carte" in said


def test_header_from_another_peer_than_the_proxy_is_refused(front: Front) -> None:
    told = quote(front.pki.employee().pem.decode(), safe="")
    elsewhere = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(base_url=front.gateway.http, transport=elsewhere) as browser:
        status, said = press(browser, {HEADER: told, "X-Forwarded-For": "127.0.0.1"})
    assert status == 403 and "chemin prévu" in said


def test_revoked_card_is_refused(front: Front) -> None:
    """Its list came from the address that the card names: nothing else had asked for it."""
    status, said = front.enter(front.revoked)
    assert status == 403 and "Cette carte est opposée" in said


def test_each_connection_proves_the_key_of_the_card_again(front: Front) -> None:
    """None is resumed, which needs no card any more."""
    context, port = front.context(front.pki.employee()), int(front.address.rpartition(":")[2])
    former: ssl.SSLSession | None = None
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", port)) as plain:
            secured = context.wrap_socket(plain, server_hostname="localhost", session=former)
            secured.sendall(b"GET /connexion/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
            while secured.recv(65_536):
                pass
            assert not secured.session_reused
            former = secured.session
