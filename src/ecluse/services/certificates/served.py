"""Compare the certificate that a port really serves with the newest one of the inventory.

A rotation that a proxy or a service did not follow is found before its certificate ends, not after.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from ecluse.protocols.x509.certificate import read_certificate
from ecluse.protocols.x509.errors import Unreadable
from ecluse.services.queries.certificates import slots
from ecluse.services.typography import french
from ecluse.store.models.certificates import HeldCertificate
from ecluse.transports.knock import knock


@dataclass(frozen=True, slots=True)
class Served:
    """What a port serves. fingerprint: empty when it could not be had; same: it is the one in use for the slot; newest:
    fingerprint of a newer one of the inventory, or empty.
    """

    fingerprint: str
    subject: str
    same: bool
    newest: str
    text_fr: str
    text_en: str


def served(host: str, port: int, establishment: int, use: str, now: int) -> Served:
    """Knock at a port that speaks TLS, and compare.

    :param establishment, use: of the slot that should serve there; now: µs since 1970.
    """
    found = knock(host, port, tls=True)
    if not found.certificate:
        return Served(
            "", "", False, "",
            french(f"{host}:{port} ne montre aucun certificat ({found.refused or 'pas de TLS'})."),
            f"{host}:{port} shows no certificate ({found.refused or 'no TLS'}).",
        )  # fmt: skip
    fingerprint = sha256(found.certificate).hexdigest()
    slot = next((one for one in slots(now, establishment=establishment) if one.use == use), None)
    current, newest = (slot.current, slot.newest) if slot is not None else ("", "")
    if fingerprint != current:
        known = HeldCertificate.objects.filter(fingerprint=fingerprint).exists()
        fr = (
            "un certificat de l’inventaire qui n’est pas celui de l’emplacement"
            if known
            else "un autre certificat"
        )
        en = (
            "a certificate of the inventory that is not the one of the slot"
            if known
            else "another certificate"
        )
        text_fr, text_en = f"{host}:{port} sert {fr}.", f"{host}:{port} serves {en}."
    elif newest:
        text_fr = f"{host}:{port} sert le certificat en service, et un plus récent attend."
        text_en = f"{host}:{port} serves the certificate in use, and a newer one waits."
    else:
        text_fr = f"{host}:{port} sert le certificat le plus récent."
        text_en = f"{host}:{port} serves the newest certificate."
    return Served(
        fingerprint, _subject(found.certificate), fingerprint == current, newest, french(text_fr), text_en
    )


def _subject(der: bytes) -> str:
    try:
        return read_certificate(der).rfc4514
    except Unreadable:
        return ""
