"""What an act on certificates is given: read, or refused with a sentence."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from ecluse.services.acts.access import text
from ecluse.services.acts.outcome import ActRefused
from ecluse.store.models.access import Establishment
from ecluse.store.models.certificates import CertificateRequest, HeldCertificate, PrivateKey

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
MOST_BYTES = 64 * 1024


def establishment(given: dict[str, Any]) -> Establishment:
    """The establishment an act names by its number."""
    id_ = given.get("establishment")
    found = Establishment.objects.filter(id=id_).first() if isinstance(id_, int) else None
    if found is None:
        raise ActRefused("Établissement inconnu.", "Unknown establishment.")
    return found


def certificate(given: dict[str, Any], states: tuple[str, ...] = ("held",)) -> HeldCertificate:
    """The certificate an act names by its fingerprint, when it is in one of these states."""
    found = HeldCertificate.objects.filter(fingerprint=fingerprint_of(given)).first()
    if found is None:
        raise ActRefused("Certificat inconnu.", "Unknown certificate.")
    if found.state not in states:
        raise ActRefused(
            "Ce certificat est déjà révoqué ou rangé.", "This certificate is revoked or put away already."
        )
    return found


def operator(given: dict[str, Any]) -> str:
    """Who asks."""
    return str(given.get("operator") or "")[:80]


def binary(given: dict[str, Any], name: str, *, needed: bool = True) -> bytes:
    """Bytes given in base64.

    :raises ActRefused: they are not, or too many.
    """
    value = given.get(name) or ""
    try:
        content = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        content = b""
    if (needed or value) and not 0 < len(content) <= MOST_BYTES:
        raise ActRefused(f"« {name} » n’a pas la forme attendue.", f"“{name}” has not the form expected.")
    return content


def number(given: dict[str, Any], name: str) -> int:
    """A whole number.

    :raises ActRefused: it is not.
    """
    value = given.get(name)
    if not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise ActRefused(f"« {name} » n’a pas la forme attendue.", f"“{name}” has not the form expected.")
    return value


def ignore(_: object) -> None:
    """For a statement whose count of rows says nothing."""


def fingerprint_of(given: dict[str, Any]) -> str:
    """The fingerprint an act names."""
    value = given.get("fingerprint")
    if not isinstance(value, str) or not _FINGERPRINT.fullmatch(value):
        raise ActRefused(
            "L’empreinte attendue a 64 chiffres hexadécimaux.", "A fingerprint of 64 hexadecimal digits is expected."
        )  # fmt: skip
    return value


def key_of(given: dict[str, Any]) -> PrivateKey | None:
    """The private key an act names by its id; None when it names none."""
    if not given.get("key"):
        return None
    found = PrivateKey.objects.filter(id=text(given, "key", 20)).first()
    if found is None:
        raise ActRefused("Clé inconnue : recommencez.", "Unknown key: try again.")
    return found


def request_of(given: dict[str, Any]) -> CertificateRequest:
    """The pending request an act names by its id."""
    found = CertificateRequest.objects.filter(id=text(given, "request", 20), state="pending").first()
    if found is None:
        raise ActRefused("Demande inconnue, ou déjà close.", "Unknown request, or closed already.")
    return found
