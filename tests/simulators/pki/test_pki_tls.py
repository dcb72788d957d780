"""Mutual TLS with certificates of the test PKI, in memory: who gets in, who does not."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from ecluse.simulators.pki.issued import Issued
from tests.pki_kit import TestPki

KIT = TestPki.make()


def _handshake(folder: Path, server: Issued, client: Issued) -> str:
    """Both sides shake hands over memory; return the OU the server saw."""
    theirs, ours = KIT.files(folder, server, "server"), KIT.files(folder, client, "client")
    listening = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=theirs.authorities)
    listening.verify_mode = ssl.CERT_REQUIRED
    listening.load_cert_chain(theirs.chain, theirs.key)
    calling = ssl.create_default_context(cafile=ours.authorities)
    calling.load_cert_chain(ours.chain, ours.key)
    calling.hostname_checks_common_name = False  # else Python takes the CN for a server name
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    caller = calling.wrap_bio(down, up, server_hostname="localhost")
    listener = listening.wrap_bio(up, down, server_side=True)
    waiting = [caller, listener]
    for _ in range(10):
        for one in list(waiting):
            try:
                one.do_handshake()
                waiting.remove(one)
            except ssl.SSLWantReadError:
                pass
    assert not waiting
    seen = listener.getpeercert()
    assert seen
    return next(value for rdn in seen["subject"] for name, value in rdn if name == "organizationalUnitName")


def test_an_auth_cli_opens_a_mutual_tls_link(tmp_path: Path) -> None:
    assert _handshake(tmp_path, KIT.serv(), KIT.auth_cli()) == "1990000028"


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ("org-sign", "unsuitable certificate purpose"),
        ("unknown-authority", "self-signed certificate in certificate chain|unable to get"),
        ("expired-auth-cli", "certificate has expired"),
        ("not-yet-valid", "certificate is not yet valid"),
        ("forged-signature", "certificate signature failure"),
        ("weak-key", "EE_KEY_TOO_SMALL|EE certificate key too weak"),
    ],
)
def test_a_wrong_client_is_refused(tmp_path: Path, client: str, words: str) -> None:
    with pytest.raises(ssl.SSLError, match=words):
        _handshake(tmp_path, KIT.serv(), KIT.catalogued(client))


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("server-without-names", "Hostname mismatch"),
        ("server-of-another-host", "Hostname mismatch"),
        ("org-auth-cli", "unsuitable certificate purpose"),
        ("amc-server", "self-signed certificate in certificate chain|unable to get"),
    ],
)
def test_a_wrong_server_is_refused(tmp_path: Path, server: str, words: str) -> None:
    with pytest.raises(ssl.SSLError, match=words):
        _handshake(tmp_path, KIT.catalogued(server), KIT.auth_cli())
