"""Files of keys and certificates are read whoever made them, and refused in words that help."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    NoEncryption,
    load_der_private_key,
    pkcs12,
)

from ecluse.protocols.x509 import Unreadable, der, read_certificate
from ecluse.protocols.x509 import pkcs12 as reader
from ecluse.protocols.x509.bundle_words import OldProtection, WrongPassword
from ecluse.protocols.x509.keys import LARGEST_FILE, matches
from ecluse.protocols.x509.pkcs12 import Bundle, read_pkcs12
from tests.pki_kit import TestPki
from tests.protocols.x509.bundle_kit import PLATFORM, key_of, key_pem, openssl, p12, pair

KEYTOOL = Path(__file__).parent / "keytool"
LEAF, ISSUER, ROOT = ("leaf", "intermediate"), ("intermediate", "root"), ("root", "")


def codes(bundle: Bundle) -> list[str]:
    return [one.code for one in bundle.notes]


@pytest.mark.parametrize(
    ("options", "notes"),
    [
        (PLATFORM, []),
        ((), []),
        (("-legacy",), ["old-protection"]),
        (("-nomac",), ["no-integrity"]),
        (("-keypbe", "NONE", "-certpbe", "NONE"), ["bare-key"]),
    ],
    ids=["platform", "modern", "legacy", "no-mac", "bare"],
)
def test_the_files_of_openssl(tmp_path: Path, options: tuple[str, ...], notes: list[str]) -> None:
    """Certificates in any order in the file: the key's own is first, then its issuers."""
    leaf, issuer, root = pair(*LEAF), pair(*ISSUER), pair(*ROOT)
    content = p12(tmp_path, "secret", leaf, root.certificate, issuer.certificate, options=options)

    bundle = read_pkcs12(content, "secret")

    assert bundle.keys == (leaf.key,)
    assert bundle.certificates == (leaf.certificate, issuer.certificate, root.certificate)
    assert bundle.certificate_of(leaf.key) == leaf.certificate
    assert bundle.issuers_of(leaf.certificate) == (issuer.certificate, root.certificate)
    assert codes(bundle) == notes


def test_the_file_of_the_test_pki() -> None:
    """It imitates the platform's: key and certificate recognised, authorities above."""
    held = TestPki.make().auth_cli()
    bundle = read_pkcs12(held.p12("clé"), "clé")
    leaf = read_certificate(held.der)
    assert bundle.certificate_of(bundle.keys[0]) == leaf
    assert len(bundle.issuers_of(leaf)) == 2
    assert codes(bundle) == []


def test_the_note_on_an_old_file_says_how_to_convert_it(tmp_path: Path) -> None:
    [note] = read_pkcs12(p12(tmp_path, "a", pair(*ROOT), options=("-legacy",)), "a").notes
    assert "openssl pkcs12 -legacy" in note.text_fr
    assert "openssl pkcs12 -export" in note.text_en


def test_a_machine_without_rc2_says_how_to_convert_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In FIPS mode the library only says « Invalid password »: nobody could guess."""
    content = p12(tmp_path, "a", pair(*ROOT), options=("-legacy",))
    monkeypatch.setattr(reader, "opens_rc2", lambda: False)
    with pytest.raises(OldProtection) as refused:
        read_pkcs12(content, "a")
    assert "openssl pkcs12 -legacy" in refused.value.text_fr
    assert read_pkcs12(p12(tmp_path, "a", pair(*ROOT), options=PLATFORM), "a").keys == (key_of("root"),)


@pytest.mark.parametrize("options", [PLATFORM, (), ("-legacy",)], ids=["platform", "modern", "legacy"])
@pytest.mark.parametrize("typed", ["été à l’écluse €", "e\u0301te\u0301 a\u0300 l’e\u0301cluse €"])
def test_accents_in_a_password(tmp_path: Path, options: tuple[str, ...], typed: str) -> None:
    """Composed as keyboards give them, or decomposed as some computers do."""
    content = p12(tmp_path, "été à l’écluse €", pair(*ROOT), options=options)
    assert read_pkcs12(content, typed).keys == (key_of("root"),)


def test_an_accent_that_an_old_program_wrote_byte_by_byte() -> None:
    """OpenSSL before 1.1 took each byte of UTF-8 for a character."""
    content = library_file("root", "été".encode().decode("latin-1"))
    assert read_pkcs12(content, "été").keys == (key_of("root"),)


@pytest.mark.parametrize("given", [None, ""])
def test_an_empty_password_and_none_at_all(tmp_path: Path, given: str | None) -> None:
    """A person who types nothing opens both kinds of file."""
    assert read_pkcs12(p12(tmp_path, "", pair(*ROOT)), given).keys == (key_of("root"),)
    assert read_pkcs12(library_file("root", None), given).keys == (key_of("root"),)


@pytest.mark.parametrize("given", ["Secret", "secret ", "x" * 5000, "\0", "\ud800"])
def test_a_wrong_password_gets_one_neutral_sentence(tmp_path: Path, given: str | None) -> None:
    with pytest.raises(WrongPassword) as refused:
        read_pkcs12(p12(tmp_path, "secret", pair(*ROOT), options=PLATFORM), given)
    assert refused.value.text_fr.startswith(
        "Le mot de passe ne convient pas à ce fichier, ou le fichier est endommagé."
    )


@pytest.mark.parametrize("given", ["", None])
def test_a_password_that_was_not_given_is_said_so(tmp_path: Path, given: str | None) -> None:
    with pytest.raises(WrongPassword) as refused:
        read_pkcs12(p12(tmp_path, "secret", pair(*ROOT), options=PLATFORM), given)
    assert refused.value.text_fr.startswith("Aucun mot de passe n’a été donné")
    assert refused.value.text_en.startswith("No password was given")


def test_a_missing_intermediate_is_said(tmp_path: Path) -> None:
    content = p12(tmp_path, "secret", pair(*LEAF), options=PLATFORM)
    bundle = read_pkcs12(content, "secret")
    assert bundle.certificates == (pair(*LEAF).certificate,)
    assert codes(bundle) == ["missing-intermediate"]
    assert "ACI-EL-ORG.cer" in bundle.notes[0].text_fr


def test_certificates_without_a_key(tmp_path: Path) -> None:
    (tmp_path / "one.pem").write_text(pair(*ROOT).certificate.pem)
    content = openssl("pkcs12", "-export", "-nokeys", "-in", str(tmp_path / "one.pem"), "-passout", "pass:a")
    bundle = read_pkcs12(content, "a")
    assert (bundle.keys, bundle.certificates) == ((), (pair(*ROOT).certificate,))
    assert codes(bundle) == ["no-key"]


def test_a_key_without_its_certificate() -> None:
    key = load_der_private_key(key_of("leaf"), None)
    content = pkcs12.serialize_key_and_certificates(None, key, None, None, BestAvailableEncryption(b"a"))
    assert codes(read_pkcs12(content, "a")) == ["key-without-certificate"]


@pytest.mark.parametrize("name", ["modern.p12", "legacy.p12"])
def test_the_files_of_java(name: str) -> None:
    """Made by keytool (keytool/make.sh): two keys, one of them signed by an authority that is there."""
    check_java((KEYTOOL / name).read_bytes())


def check_java(content: bytes) -> None:
    bundle = read_pkcs12(content, "ecluse-jeton")
    assert len(bundle.keys) == 2
    leaves = [bundle.certificate_of(key) for key in bundle.keys]
    names = {one.rfc4514 for one in leaves if one}
    layout = "OU=1000000000,O=ECLUSE-TEST,ST=Paris (75),C=FR"
    assert names == {f"CN=Une clé,{layout}", f"CN=Autre clé,{layout}"}
    assert len(bundle.certificates) == 3
    assert set(codes(bundle)) - {"old-protection"} == {"several-keys"}


if shutil.which(
    "keytool"
):  # a runtime of Java is too heavy for every machine; the two files above do without

    @pytest.mark.slow
    @pytest.mark.parametrize("name", ["modern.p12", "legacy.p12"])
    def test_the_files_that_java_makes_today(tmp_path: Path, name: str) -> None:
        """`apt-get install default-jre-headless` gives keytool; without it these two tests do not exist."""
        subprocess.run(
            [KEYTOOL / "make.sh", tmp_path], capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"}
        )
        check_java((tmp_path / name).read_bytes())


def test_lengths_written_the_loose_way(tmp_path: Path) -> None:
    """NSS and Java of old write BER: indefinite lengths, strings in pieces."""
    content = p12(tmp_path, "secret", pair(*ROOT), options=(*PLATFORM, "-nomac"))
    version, safe = der.items(der.only(content))
    kind, held = der.items(safe)
    octets = der.only(held.content, der.OCTET_STRING).content
    pieces = b"".join(der.write(der.OCTET_STRING, octets[at : at + 400]) for at in range(0, len(octets), 400))
    loose = b"\x30\x80" + version.der + b"\x30\x80" + kind.der + b"\xa0\x80\x24\x80" + pieces + bytes(8)
    assert read_pkcs12(loose, "secret").keys == (key_of("root"),)


def test_a_file_that_asks_for_too_much_is_not_computed(tmp_path: Path) -> None:
    """Two thousand million iterations would hold the process for an hour."""
    content = p12(tmp_path, "secret", pair(*ROOT), options=PLATFORM)
    patient = bytes.fromhex("02020800")  # 2048
    assert content.count(patient) == 2
    greedy = content.replace(patient, bytes.fromhex("02027fff"))
    with pytest.raises(WrongPassword):  # 32767: computed, and wrong
        read_pkcs12(greedy, "secret")
    whole = bytearray(lengthened(content))
    with pytest.raises(Unreadable, match="excessive computation"):
        read_pkcs12(bytes(whole), "secret")


def lengthened(content: bytes) -> bytes:
    """The file with 2,147,483,647 iterations for its MAC."""
    version, safe, mac = der.items(der.only(content))
    digest, salt, _ = der.items(mac)
    body = digest.der + salt.der + der.write_integer(2**31 - 1)
    return der.write(der.SEQUENCE, version.der + safe.der + der.write(der.SEQUENCE, body))


def info(kind: str, content: bytes) -> bytes:
    """A ContentInfo of this type, whose arc ends in 1.7.N."""
    oid = bytes.fromhex("06092a864886f70d0107") + bytes([int(kind)])
    return der.write(der.SEQUENCE, oid + der.write(0xA0, content))


def pfx(*contents: bytes, version: int = 3, kind: str = "1", mac: bytes = b"") -> bytes:
    """A file of these contents, in clear."""
    safe = der.write(der.OCTET_STRING, der.write(der.SEQUENCE, b"".join(contents)))
    return der.write(der.SEQUENCE, der.write_integer(version) + info(kind, safe) + mac)


@pytest.mark.parametrize(
    "content",
    [
        pfx(version=1),
        pfx(kind="2"),
        pfx(*[info("1", der.write(der.OCTET_STRING, b"0\0"))] * 65),
        pfx(info("1", der.write(der.OCTET_STRING, b"junk"))),
        pfx(info("6", b"junk")),
    ],
    ids=["version", "signed", "too-many", "no-bags", "no-encrypted-data"],
)
def test_other_structures_are_unreadable(content: bytes) -> None:
    """Files signed by a public key (RFC 7292 §3.1) are nobody's; one of a thousand bags is nobody's either."""
    with pytest.raises(Unreadable, match=r"breaks the X\.509 standard"):
        read_pkcs12(content, "a")


def scheme(oid: str, *parameters: bytes) -> bytes:
    """An AlgorithmIdentifier."""
    return der.write(der.SEQUENCE, bytes.fromhex(oid) + b"".join(parameters))


def sequence(*parts: bytes) -> bytes:
    return der.write(der.SEQUENCE, b"".join(parts))


PBES2, PBMAC1 = "06092a864886f70d01050d", "06092a864886f70d01050e"
PBKDF2, SCRYPT = "06092a864886f70d01050c", "06092b06010401da47040b"
AES = scheme("060960864801650304012a")
SALT = der.write(der.OCTET_STRING, bytes(8))


@pytest.mark.parametrize("derivation", ["pbkdf2", "scrypt-memory", "scrypt-parallel"])
@pytest.mark.parametrize("place", ["mac", "certificates"])
def test_no_derivation_costs_more_than_it_should(derivation: str, place: str) -> None:
    """PBKDF2 counts iterations, scrypt memory; both hide in the MAC (RFC 9579) or around the certificates."""
    numbers = {"pbkdf2": (2**30,), "scrypt-memory": (2**20, 8, 1), "scrypt-parallel": (16, 8, 2**20)}[
        derivation
    ]
    oid = PBKDF2 if derivation == "pbkdf2" else SCRYPT
    slow = scheme(oid, sequence(SALT, *(der.write_integer(number) for number in numbers)))
    if place == "mac":
        digest = sequence(scheme(PBMAC1, sequence(slow, AES)), SALT)
        content = pfx(mac=sequence(digest, SALT, der.write_integer(1)))
    else:
        encrypted = sequence(bytes.fromhex("06092a864886f70d010701"), scheme(PBES2, sequence(slow, AES)))
        content = pfx(info("6", sequence(der.write_integer(0), encrypted)))
    with pytest.raises(Unreadable, match="excessive computation"):
        read_pkcs12(content, "a")


@pytest.mark.parametrize(
    "content",
    [b"", b"0", b"\x30\x80", b"\x30\x80" * 4000, b"not a bundle", b"\x30\x03\x02\x01\x03", bytes(2000)],
)
def test_hostile_bytes_are_unreadable(content: bytes) -> None:
    with pytest.raises(Unreadable):
        read_pkcs12(content, "a")


def test_a_truncated_or_altered_file_is_refused(tmp_path: Path) -> None:
    content = p12(tmp_path, "secret", pair(*ROOT), options=PLATFORM)
    for at in range(0, len(content), 97):
        with pytest.raises(Unreadable):
            read_pkcs12(content[:at], "secret")
    for at in range(40, len(content) - 40, 211):
        with pytest.raises(Unreadable):
            read_pkcs12(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :], "secret")


def test_a_file_too_large_is_not_read() -> None:
    with pytest.raises(Unreadable, match="262144"):
        read_pkcs12(bytes(LARGEST_FILE + 1), "a")


def test_a_bundle_shows_no_key() -> None:
    bundle = read_pkcs12(library_file("root", "a"), "a")
    assert "keys" not in repr(bundle)
    assert matches(bundle.keys[0], pair(*ROOT).certificate)


def library_file(name: str, password: str | None) -> bytes:
    """A PKCS #12 file made by the library."""
    mine = pair(name)
    sealed = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    certificate = x509.load_der_x509_certificate(mine.certificate.der)
    return pkcs12.serialize_key_and_certificates(
        None, load_der_private_key(mine.key, None), certificate, None, sealed
    )


def hidden(rounds: int) -> bytes:
    """A file whose only key bag is inside encrypted contents, and asks for so many iterations."""
    options = ("-topk8", "-v2", "aes-256-cbc", "-iter", "1000", "-outform", "DER", "-passout", "pass:a")
    sealed = openssl("pkcs8", *options, given=key_pem(key_of("root")))
    asked = sequence(*_with_rounds(der.only(sealed), rounds))
    bag = sequence(bytes.fromhex("060b2a864886f70d010c0a0102"), der.write(0xA0, asked))
    content = sequence(bag)
    padding = 16 - len(content) % 16
    encryptor = Cipher(AES256(hashlib.pbkdf2_hmac("sha1", b"a", bytes(8), 1, 32)), CBC(bytes(16))).encryptor()
    closed = encryptor.update(content + bytes([padding]) * padding)
    derivation = scheme(PBKDF2, sequence(SALT, der.write_integer(1)))
    cipher = scheme("060960864801650304012a", der.write(der.OCTET_STRING, bytes(16)))
    inside = sequence(
        bytes.fromhex("06092a864886f70d010701"),
        scheme(PBES2, sequence(derivation, cipher)),
        der.write(0x80, closed),
    )
    return pfx(info("6", sequence(der.write_integer(0), inside)))


def _with_rounds(sealed: der.Element, rounds: int) -> list[bytes]:
    """The parts of an EncryptedPrivateKeyInfo, with other iterations in it."""
    algorithm, content = der.items(sealed)
    assert algorithm.der.count(der.write_integer(1000)) == 1
    # The same number of bytes, so that the lengths around stay true.
    number = der.write(der.INTEGER, rounds.to_bytes(2, "big"))
    return [algorithm.der.replace(der.write_integer(1000), number), content.der]


def test_a_key_hidden_in_encrypted_contents_is_never_opened() -> None:
    """Nobody could count its iterations beforehand: they may be thousands of millions."""
    bundle = read_pkcs12(hidden(1000), "a")
    assert (bundle.keys, codes(bundle)) == ((), ["no-key", "no-integrity"])


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha384", "sha512"])
def test_the_mac_of_every_digest(tmp_path: Path, algorithm: str) -> None:
    content = p12(tmp_path, "se crét", pair(*ROOT), options=("-macalg", algorithm))
    assert read_pkcs12(content, "se crét").keys == (key_of("root"),)
    with pytest.raises(WrongPassword):
        read_pkcs12(content, "secret")


def test_a_mac_that_is_not_of_the_content_is_refused(tmp_path: Path) -> None:
    """What is in clear opens without any password: the MAC alone tells that it was changed."""
    options = ("-keypbe", "NONE", "-certpbe", "NONE")
    content = p12(tmp_path, "secret", pair(*ROOT), options=options)
    assert read_pkcs12(content, "secret").keys
    end = pair(*ROOT).certificate.der[-32:]
    assert content.count(end) == 1
    with pytest.raises(WrongPassword):
        read_pkcs12(content.replace(end, end[:-1] + bytes([end[-1] ^ 1])), "secret")
    with pytest.raises(WrongPassword):
        read_pkcs12(content, "other")


@pytest.mark.parametrize(
    "content", [b"\x30\xff" + bytes(8), b"\x30\x88" + bytes(6), b"\x30\x81\x05\x02\x01\x03\0\0"]
)
def test_a_length_that_leads_out_of_the_file_is_no_bundle(content: bytes) -> None:
    assert reader.is_pkcs12(content) is (content[3:4] == b"\x02")
