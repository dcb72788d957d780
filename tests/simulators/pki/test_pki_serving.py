"""The test PKI over HTTP: what openssl and Python get from it, and what it does with hostile requests."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509 import ocsp

from ecluse.simulators.pki import NotAPki, changing, init_test, read_hierarchy, revoke, serve, serving
from tests.pki_kit import KeyRing
from tests.simulators.pki.conftest import NOW
from tests.simulators.pki.openssl import openssl

Visit = Callable[[httpx.AsyncClient], Awaitable[None]]
ORGANISATIONS = "ACI-ORG-ECLUSE-TEST"


def _visit(
    folder: Path, visit: Visit, period: float = 3600.0, clock: Callable[[], datetime] = lambda: NOW
) -> None:
    """Serve the folder while a client visits it."""

    async def go() -> None:
        async with (
            serve(folder, period=period, clock=clock) as (host, port),
            httpx.AsyncClient(base_url=f"http://{host}:{port}", trust_env=False) as client,
        ):
            await visit(client)

    asyncio.run(asyncio.wait_for(go(), 30))


async def _crl(client: httpx.AsyncClient) -> x509.CertificateRevocationList:
    got = await client.get(f"/CRL/{ORGANISATIONS}.crl")
    assert got.headers["content-type"] == "application/pkix-crl"
    return x509.load_der_x509_crl(got.content)


def _number(crl: x509.CertificateRevocationList) -> int:
    return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def test_the_addresses_of_a_certificate_lead_to_its_authority_and_its_crl(folder: Path) -> None:
    hierarchy = read_hierarchy(folder)

    async def visit(client: httpx.AsyncClient) -> None:
        got = await client.get(f"/AC/{ORGANISATIONS}.cer")
        assert got.headers["content-type"] == "application/pkix-cert"
        authority = x509.load_der_x509_certificate(got.content)
        assert authority == hierarchy.organisations.certificate
        crl = await _crl(client)
        assert crl.is_signature_valid(hierarchy.organisations.key.public_key())
        assert len(crl) == 2
        bundle = await client.get(f"/AC/{serving.BUNDLE}")
        assert set(pkcs7.load_der_pkcs7_certificates(bundle.content)) == {
            one.certificate for one in hierarchy
        }
        assert "SIMULATION" in (await client.get("/PC%20TEST")).text

    _visit(folder, visit)


def test_each_start_and_each_period_publish_a_crl_with_the_next_number(folder: Path) -> None:
    numbers: list[int] = []
    moments = iter(NOW + timedelta(days=day) for day in range(1000))

    async def visit(client: httpx.AsyncClient) -> None:
        while not numbers or numbers[-1] < numbers[0] + 2:
            crl = await _crl(client)
            numbers.append(_number(crl))

    before = read_hierarchy(folder).organisations.crl_number
    _visit(folder, visit, period=0.05, clock=lambda: next(moments))
    assert numbers[0] > before
    assert numbers == sorted(numbers)
    assert read_hierarchy(folder).organisations.crl_number >= numbers[-1]


def test_a_revocation_by_another_program_is_told_at_once(folder: Path) -> None:
    async def visit(client: httpx.AsyncClient) -> None:
        before = await _crl(client)
        elsewhere = read_hierarchy(folder)
        with changing(folder, elsewhere):
            revoke(elsewhere, "org-auth-cli", NOW)
        after = await _crl(client)
        assert len(after) == len(before) + 1 and _number(after) == _number(before) + 1

    _visit(folder, visit)


def test_a_pki_replaced_while_it_is_served_is_the_one_served(folder: Path) -> None:
    async def visit(client: httpx.AsyncClient) -> None:
        made = init_test(folder, ["localhost"], NOW, replace=True, new_key=KeyRing(5))
        crl = await _crl(client)
        assert crl.is_signature_valid(made.hierarchy.organisations.key.public_key())
        got = await client.get(f"/AC/{ORGANISATIONS}.cer")
        assert x509.load_der_x509_certificate(got.content) == made.hierarchy.organisations.certificate

    _visit(folder, visit)


@pytest.mark.parametrize(
    ("name", "words"),
    [("org-sign", ": good"), ("revoked-sign", ": revoked"), ("forged-signature", ": unknown"), ("stale-crl", ": good")],
)  # fmt: skip
def test_the_ocsp_client_of_openssl_gets_its_answer(folder: Path, name: str, words: str) -> None:
    issuer = "ACI-PERIMEE-ECLUSE-TEST" if name == "stale-crl" else ORGANISATIONS

    async def visit(client: httpx.AsyncClient) -> None:
        text = await asyncio.to_thread(
            openssl, "ocsp", "-issuer", folder / f"authorities/{issuer}.pem",
            "-cert", folder / f"certificates/{name}.pem",
            "-url", f"{client.base_url}/ocsp", "-CAfile", folder / "trust/igc-sante-root.pem",
            "-verify_other", folder / f"authorities/{issuer}.pem",
        )  # fmt: skip
        assert "Response verify OK" in text and words in text
        assert "no nonce" not in text and "Nonce Verify error" not in text

    _visit(folder, visit)


def test_ocsp_answers_get_requests(folder: Path, tmp_path: Path) -> None:
    request = tmp_path / "request.der"
    openssl(
        "ocsp", "-issuer", folder / f"authorities/{ORGANISATIONS}.pem", "-cert", folder / "certificates/org-conf.pem",
        "-reqout", request, "-no_nonce",
    )  # fmt: skip
    escaped = quote(base64.b64encode(request.read_bytes()).decode(), safe="")

    async def visit(client: httpx.AsyncClient) -> None:
        for path in (escaped, base64.b64encode(request.read_bytes()).decode()):
            got = await client.get(f"/ocsp/{path}")
            assert got.headers["content-type"] == "application/ocsp-response"
            assert ocsp.load_der_ocsp_response(got.content).certificate_status == ocsp.OCSPCertStatus.GOOD

    _visit(folder, visit)


@pytest.mark.parametrize(
    "path",
    [
        "/CRL/../pki.json", "/CRL/%2e%2e%2fpki.json", "/AC/ocsp.key.pem", f"/AC/{ORGANISATIONS}.key.pem", "/AC/.cer",
        f"/CRL/{ORGANISATIONS}", f"/CRL/{ORGANISATIONS}.cer", "/pki.json", "/authorities/ocsp.key.pem", "/AC/%00.cer",
        "/CRL/" + "a" * 4000 + ".crl",
    ],
)  # fmt: skip
def test_nothing_else_of_the_folder_is_served(folder: Path, path: str) -> None:
    async def visit(client: httpx.AsyncClient) -> None:
        assert (await client.get(path)).status_code == 404

    _visit(folder, visit)


def test_hostile_requests_are_refused_unlogged_and_the_next_one_is_served(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def raw(port: int, content: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(content)
        await writer.drain()
        got = await reader.read(100)
        writer.close()
        return got

    async def visit(client: httpx.AsyncClient) -> None:
        port = client.base_url.port
        assert port
        assert (await client.post("/ocsp", content=bytes(100_000))).status_code == 413
        assert b" 400 " in await raw(port, b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n")
        assert b" 400 " in await raw(
            port, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"SECRET" * 4000 + b"\r\n\r\n"
        )
        assert (await client.delete("/ocsp")).status_code == 405
        malformed = await client.post("/ocsp", content=b"0\x80" * 100)
        assert malformed.content == bytes.fromhex("30030a0101")  # malformedRequest
        assert (await client.get("/ocsp/%%%")).status_code in {200, 400}
        await _crl(client)

    _visit(folder, visit)
    assert "LineTooLong" in caplog.text and "SECRET" not in caplog.text


def test_connections_are_bounded_in_number(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "MAX_CONNECTIONS", 3)

    async def visit(client: httpx.AsyncClient) -> None:
        port = client.base_url.port
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        await asyncio.sleep(0)
        reader, one_too_many = await asyncio.open_connection("127.0.0.1", port)
        assert await reader.read() == b""
        for _, writer in [*idle, (reader, one_too_many)]:
            writer.close()

    _visit(folder, visit)


def test_a_connection_that_says_nothing_is_closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "CONNECTION_LIFE", 0.05)

    async def visit(client: httpx.AsyncClient) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
        writer.write(b"GET / HTTP/1.1\r\nHost:")
        assert await reader.read() == b""
        writer.close()

    _visit(folder, visit)


def test_a_folder_without_pki_is_not_served(tmp_path: Path) -> None:
    async def go() -> None:
        async with serve(tmp_path):
            pass

    with pytest.raises(NotAPki):
        asyncio.run(go())
