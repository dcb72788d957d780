"""`ecluse simulate pki`: serves, issues, revokes."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from click.testing import Result
from cryptography import x509

from ecluse.simulators.pki import read_hierarchy
from tests.delivery.cli.commands import invoke
from tests.pki_kit import TestPki, throw_away_keys
from tests.simulators.pki.openssl import openssl


def _pki(folder: Path, *arguments: str, locale: str = "C.UTF-8") -> Result:
    return invoke("simulate", "pki", "--folder", str(folder), *arguments, locale=locale)


def test_the_command_serves_until_told_to_stop(folder: Path) -> None:
    command = [sys.executable, "-m", "ecluse", "simulate", "pki", "--folder", str(folder), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout and running.stderr
            word, _, address = running.stdout.readline().strip().partition(" http=")
            assert word == "ready" and address.startswith("127.0.0.1:")
            got = httpx.get(f"http://{address}/CRL/ACI-ORG-ECLUSE-TEST.crl", trust_env=False)
            assert x509.load_der_x509_crl(got.content).issuer == read_hierarchy(folder).organisations.name
            running.send_signal(signal.SIGTERM)
            told = running.stderr.read()
            assert running.wait(20) == 0
        finally:
            running.kill()
    assert "SIMULATION" in told and "Traceback" not in told


def test_a_certificate_is_issued_for_the_csr_of_openssl(folder: Path, tmp_path: Path) -> None:
    csr, key = tmp_path / "request.pem", tmp_path / "key.pem"
    openssl(
        "req",
        "-new",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-sha256",
        "-subj",
        "/CN=carrier",
        "-keyout",
        key,
        "-out",
        csr,
    )
    done = _pki(folder, "--csr", str(csr), "--family", "sign", "--service", "Client_ROC_WebServices_AMC")
    assert done.exit_code == 0, done.output
    (tmp_path / "held.pem").write_bytes(done.stdout_bytes)
    verified = openssl(
        "verify", "-CAfile", folder / "trust/igc-sante-root.pem", "-untrusted", folder / "trust/igc-sante.pem",
        tmp_path / "held.pem",
    )  # fmt: skip
    assert verified.endswith(": OK\n")
    held = x509.load_pem_x509_certificate(done.stdout_bytes)
    assert "CN=Client_ROC_WebServices_AMC,OU=1990000028" in held.subject.rfc4514_string()
    assert held.serial_number in read_hierarchy(folder).organisations.issued


def test_a_certificate_is_revoked_by_name(folder: Path) -> None:
    done = _pki(folder, "--revoke", "org-auth-cli", locale="fr_FR.UTF-8")
    assert done.exit_code == 0 and "révoqué" in done.stderr
    text = openssl("crl", "-inform", "DER", "-in", folder / "crl/ACI-ORG-ECLUSE-TEST.crl", "-noout", "-text")
    assert text.count("Serial Number") == 3


def test_a_taken_port_is_told_with_what_to_do(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = _pki(folder, "--port", str(port))
    assert (
        done.exit_code == 2
        and f"port {port} is taken" in done.output
        and "--port with another" in done.output
    )


def test_what_cannot_be_done_is_one_line(folder: Path, tmp_path: Path) -> None:
    csr = tmp_path / "request.pem"
    csr.write_bytes(TestPki.make().csr()[0])
    for arguments, words in (
        (("--revoke", "nobody"), "no issued certificate has this name"),
        (("--csr", str(csr), "--family", "serv"), "at least one valid server name"),
        (("--csr", str(csr)), "give a service name"),
        (("--csr", str(folder / "README.md"), "--service", "x"), "not a readable CSR"),
        (("--csr", str(csr), "--revoke", "org-sign"), "exclude each other"),
    ):
        done = _pki(folder, *arguments)
        assert done.exit_code == 2 and words in done.output, done.output
    done = _pki(tmp_path / "nothing", "--revoke", "org-sign")
    assert done.exit_code == 2 and "holds no readable test PKI" in done.output


@pytest.mark.slow
def test_a_new_pki_has_keys_of_its_own_and_the_names_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    command = [
        sys.executable,
        "-m",
        "ecluse",
        "simulate",
        "pki",
        "--folder",
        str(folder),
        "--host",
        "a.example",
    ]
    with subprocess.Popen([*command, "--port", "0"], stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout and running.stdout.readline().startswith("ready http=127.0.0.1:")
        finally:
            running.terminate()
    hierarchy = read_hierarchy(folder)
    assert hierarchy.addresses.base == "http://127.0.0.1:8089"
    used = {one.key.private_numbers().p for one in hierarchy}
    assert len(used) == 7 and not used & {one.private_numbers().p for one in throw_away_keys()[4096]}
    server = x509.load_pem_x509_certificate((folder / "certificates/serv-ssl.pem").read_bytes())
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example"]
