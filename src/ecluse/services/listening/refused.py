"""Why a client was refused by TLS or by our policy, in words for whoever must mend it."""

from __future__ import annotations

import ssl
from typing import NamedTuple

from ecluse.transports.tls import HandshakeFault, handshake_fault

CHECKS = (
    "certificate", "issuer", "family", "environment", "dates", "strength", "revocation", "protocol", "no-server"
)  # fmt: skip
"""What can fail, in the log, in the metrics and on the pages: these names never change."""


class Refused(NamedTuple):
    """A client that is not admitted. check: of `CHECKS`; fingerprint, subject: of its certificate (SHA-256, RFC 4514),
    empty when they are not known; the subject is empty too when it may name a person.
    """

    check: str
    text_fr: str
    text_en: str
    fingerprint: str = ""
    subject: str = ""


def of_handshake(error: ssl.SSLError) -> Refused:
    """Why a handshake failed on our side."""
    fault = handshake_fault(error)
    fr, en = _WORDS[fault]
    said = getattr(error, "verify_message", "") or error.reason or type(error).__name__
    return Refused(fault, f"{fr} (OpenSSL\N{NO-BREAK SPACE}: {said}).", f"{en} (OpenSSL: {said}).")


_WORDS: dict[HandshakeFault, tuple[str, str]] = {
    "certificate": (
        "Le client n’a présenté aucun certificat, et ce point d’écoute en exige un",
        "The client presented no certificate, and this listener requires one",
    ),
    "issuer": (
        "Le certificat du client ne remonte à aucune autorité admise ici : est-il de l’autre environnement ?",
        "The certificate of the client leads to no authority admitted here: is it of the other environment?",
    ),
    "dates": (
        "Le certificat du client, ou celui de son autorité, n’est pas dans ses dates",
        "The certificate of the client, or that of its authority, is out of its dates",
    ),
    "family": (
        "Le certificat du client n’est pas fait pour ouvrir une liaison TLS : il faut un ORG AUTH_CLI, pas un ORG SIGN",
        "The certificate of the client is not made to open a TLS link: an ORG AUTH_CLI is needed, not an ORG SIGN",
    ),
    "revocation": ("Le certificat du client est révoqué", "The certificate of the client is revoked"),
    "strength": (
        "La clé ou la signature du certificat du client, ou de son autorité, est trop faible",
        "The key or the signature of the certificate of the client, or of its authority, is too weak",
    ),
    "protocol": (
        "Le client et cette passerelle n’ont pas pu établir de liaison TLS",
        "The client and this gateway could not set up a TLS link",
    ),
}
