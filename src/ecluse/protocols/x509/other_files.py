"""What a file is that was given for a certificate and is none: told by its look alone, to say which one to give.

Source: RFC 7468 §4 to §13 (labels of PEM); RFC 5280 §4.1 and §5.1, RFC 2986 §4.1, RFC 5958 §2 (first fields in DER).
"""

from __future__ import annotations

import re

from ecluse.protocols.x509 import der
from ecluse.protocols.x509.errors import Unreadable, reading

_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----")
_WORDS = {
    "list": ("une liste de révocation (CRL)", "a list of revocation (CRL)"),
    "request": (
        "une demande de certificat (CSR) : déposez-la sur la plateforme, qui rendra le certificat",
        "a certificate request (CSR): upload it on the platform, which gives the certificate back",
    ),
    "private": ("une clé privée, sans son certificat", "a private key, without its certificate"),
    "public": ("une clé publique, sans certificat", "a public key, without a certificate"),
    "text": ("un texte, sans bloc « BEGIN CERTIFICATE »", "a text, without any “BEGIN CERTIFICATE” block"),
}
_LABELS = {
    b"X509 CRL": "list",
    b"CERTIFICATE REQUEST": "request",
    b"NEW CERTIFICATE REQUEST": "request",
    b"PUBLIC KEY": "public",
    b"RSA PUBLIC KEY": "public",
}
_NAME, _TIMES = der.SEQUENCE, (0x17, 0x18)


def other_file(content: bytes) -> Unreadable | None:
    """The refusal of a file that is visibly something else than certificates; None when nothing tells.

    :param content: a file without any PEM block of certificates.
    """
    kind = _of_pem(content) or _of_der(content) or _of_text(content)
    if kind is None:
        return None
    fr, en = _WORDS[kind]
    return Unreadable(
        f"Ce fichier ne contient aucun certificat, c’est {fr}. Donnez un certificat PEM (.pem, .crt), DER (.cer, "
        ".der), PKCS#7 (.p7b) ou PKCS#12 (.p12, .pfx).",
        f"This file holds no certificate, it is {en}. Give a PEM (.pem, .crt), DER (.cer, .der), PKCS#7 (.p7b) or "
        "PKCS#12 (.p12, .pfx) file.",
    )


def _of_pem(content: bytes) -> str | None:
    found = _LABEL.search(content)
    if found is None:
        return None
    return "private" if found[1].endswith(b"PRIVATE KEY") else _LABELS.get(found[1])


def _of_der(content: bytes) -> str | None:
    """By the first fields: a list has a date where a certificate has a sequence, a request a key."""
    if content[:1] != b"\x30":
        return None
    try:
        with reading("SEQUENCE"):
            outer = der.items(der.only(content, der.SEQUENCE))
            if len(outer) > 1 and outer[0].tag == der.INTEGER:
                return "private" if der.integer(outer[0]) < 3 else None  # 3: PKCS#12
            inner = [one.tag for one in der.items(outer[0])] if outer and outer[0].tag == der.SEQUENCE else []
    except Unreadable:
        return None
    after = inner[1:] if inner[:1] == [der.INTEGER] else inner
    if after[:2] == [_NAME, _NAME] and len(after) > 2 and after[2] in _TIMES:
        return "list"
    return "request" if inner[:1] == [der.INTEGER] and after in ([_NAME] * 2, [_NAME] * 2 + [0xA0]) else None


def _of_text(content: bytes) -> str | None:
    if content[:1] in (b"", b"\x30"):
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return "text" if all(one.isprintable() or one.isspace() for one in text) else None
