"""A key in a PKCS#11 token signs without ever leaving it (SoftHSM2: `apt install softhsm2`)."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from django.db import connection

from ecluse.services.certificates import settings, signer
from ecluse.services.certificates.importing import CertificateFile
from ecluse.services.certificates.keys import KeyUnusable, token_key
from ecluse.store.models.certificates import PrivateKey
from ecluse.transports import pkcs11_token
from ecluse.transports.pkcs11_token import TokenError, TokenKey, read_uri
from tests.services.certificates.house import House

MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
PIN = "1234"
URI = "pkcs11:token=Ecluse%20test;object=ORG%20SIGN"


class Token:
    """A SoftHSM2 token of its own. library: its module; put: a key goes in, and no more out."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        import pkcs11

        self.library = next(one for one in MODULES if Path(one).exists())
        (folder / "tokens").mkdir()
        (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
        monkeypatch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
        self.pin_file = folder / "pin"
        self.pin_file.write_text(f"{PIN}\n")
        made = ["--init-token", "--free", "--label", "Ecluse test", "--so-pin", "so-pin", "--pin", PIN]
        subprocess.run(["softhsm2-util", *made], check=True, capture_output=True)
        lib = pkcs11.lib(self.library)
        lib.reinitialize()
        self.token = lib.get_token(token_label="Ecluse test")

    def put(self, key_der: bytes) -> None:
        from pkcs11 import Attribute
        from pkcs11.util.rsa import decode_rsa_private_key

        key = load_der_private_key(key_der, None)
        inner = key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        told: dict[Any, Any] = decode_rsa_private_key(inner)
        with self.token.open(rw=True, user_pin=PIN) as session:
            session.create_object(
                {
                    **told, Attribute.TOKEN: True, Attribute.PRIVATE: True, Attribute.SENSITIVE: True,
                    Attribute.EXTRACTABLE: False, Attribute.SIGN: True, Attribute.LABEL: "ORG SIGN",
                }
            )  # fmt: skip


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Token]:
    folder = tmp_path / "hsm"
    folder.mkdir()
    yield Token(folder, monkeypatch)


def test_a_token_signs_for_a_slot_and_nothing_of_its_key_is_kept(house: House, token: Token) -> None:
    held = house.pki.sign()
    token.put(held.key_der)
    house.publish()
    house.settings = replace(house.settings, token_library=token.library, token_pin_file=str(token.pin_file))
    settings.use(house.settings)
    done = house.file(CertificateFile(held.pem, token=URI), "dmp_sign")
    assert done.kept, done.verdict.failed
    row = PrivateKey.objects.get()
    assert (row.origin, row.sealed, row.wrapped, row.token) == ("token", None, None, URI)
    signature = signer.signer(1, "dmp_sign", house.gate.now).sign(b"token")
    held.key.public_key().verify(signature, b"token", padding.PKCS1v15(), hashes.SHA256())
    refused = house.file(CertificateFile(house.pki.sign().pem, token=URI), "dmp_sign")
    assert not refused.kept and "key" in [one.name for one in refused.verdict.failed], "another key"


def test_a_token_that_cannot_be_used_says_what_to_look_at(house: House, token: Token) -> None:
    for library, pin, uri, why in (
        ("/nowhere.so", PIN, URI, "library"),
        (token.library, "0000", URI, "pin"),
        (token.library, PIN, "pkcs11:token=Other;object=x", "missing"),
        (token.library, PIN, "pkcs11:token=Ecluse%20test;object=absent", "key"),
    ):
        with pytest.raises(TokenError) as raised:
            TokenKey(library, uri, pin)
        assert raised.value.why == why
        assert pin not in str(raised.value)
    house.settings = replace(house.settings, token_library="/nowhere.so")
    with pytest.raises(KeyUnusable) as unusable:
        token_key(house.settings, URI)
    assert "pkcs11_library" in unusable.value.text_fr


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "file:x",
        "pkcs11:token=a",
        "pkcs11:object=a",
        "pkcs11:token=a;object=b?pin-value=1",
        "pkcs11:token=a;object=b;pin-value=1234",
        "pkcs11:token=a;object=b;PIN-source=%2Fpin",
        "pkcs11:token=a;object=b;p%69n-value=1",
        "pkcs11:token=a;object=b?module-name=x&pin-source=y",
    ],
)
def test_an_address_that_names_no_key_or_holds_a_pin_is_refused(uri: str) -> None:
    with pytest.raises(TokenError):
        read_uri(uri)


class _Refusing:
    """A token that refuses every PIN, as a module of PKCS#11. said: PINs it heard; flags: what it tells of itself."""

    def __init__(self, flags: int = 0) -> None:
        import pkcs11
        import pkcs11.exceptions

        self.said: list[str] = []
        self.exceptions, self.TokenFlag, self.flags = pkcs11.exceptions, pkcs11.TokenFlag, flags
        self.slow = threading.Event()
        self.asked = threading.Event()

    def lib(self, _: str) -> _Refusing:
        return self

    def get_token(self, token_label: str) -> _Refusing:
        self.asked.set()
        self.slow.wait(10)
        return self

    def open(self, user_pin: str = "") -> None:
        self.said.append(user_pin)
        raise self.exceptions.PinIncorrect


@pytest.fixture
def refusing(house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[_Refusing]:
    """In the place of the module of a token, beside a certificate whose key is in it."""
    token = _Refusing()
    token.slow.set()
    monkeypatch.setattr(pkcs11_token, "_module", lambda: token)
    (tmp_path / "pin").write_text("0000")
    house.settings = replace(house.settings, token_library="x", token_pin_file=str(tmp_path / "pin"))
    settings.use(house.settings)
    assert house.give(house.pki.auth_cli()).kept
    PrivateKey.objects.update(sealed=None, wrapped=None, token="pkcs11:token=a;object=b")
    yield token
    pkcs11_token.forget_refused()


def test_a_wrong_pin_is_said_once_until_its_file_changes(
    house: House, refusing: _Refusing, tmp_path: Path
) -> None:
    for _ in range(5):
        with pytest.raises(KeyUnusable):
            signer.signer(1, "dmp_tls", house.gate.now)
    assert refusing.said == ["0000"]
    (tmp_path / "pin").write_text("11111")
    for _ in range(2):
        with pytest.raises(KeyUnusable):
            signer.signer(1, "dmp_tls", house.gate.now)
    assert refusing.said == ["0000", "11111"]


@pytest.mark.parametrize("flag", ["USER_PIN_FINAL_TRY", "USER_PIN_LOCKED"])
def test_the_last_try_of_a_token_is_never_taken(house: House, refusing: _Refusing, flag: str) -> None:
    refusing.flags = getattr(refusing.TokenFlag, flag)
    with pytest.raises(KeyUnusable) as raised:
        signer.signer(1, "dmp_tls", house.gate.now)
    assert refusing.said == [] and "last try" in raised.value.text_en


def test_a_slow_token_keeps_no_other_slot_from_signing(house: House, refusing: _Refusing) -> None:
    assert house.give(house.pki.auth_cli(), "roc_directory").kept
    refusing.slow.clear()

    def sign() -> None:
        try:
            with pytest.raises(KeyUnusable):
                signer.signer(1, "dmp_tls", house.gate.now)
        finally:
            connection.close()

    waiting = threading.Thread(target=sign)
    waiting.start()
    try:
        assert refusing.asked.wait(10)
        done = threading.Event()

        def other() -> None:
            try:
                signer.signer(1, "roc_directory", house.gate.now)
                done.set()
            finally:
                connection.close()

        threading.Thread(target=other, daemon=True).start()
        assert done.wait(10)
    finally:
        refusing.slow.set()
        waiting.join()
