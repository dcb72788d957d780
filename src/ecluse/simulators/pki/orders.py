"""What the IGC-Santé platform does for a structure: a certificate from a CSR, a revocation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ecluse.simulators.pki import profiles
from ecluse.simulators.pki.authority import Authority
from ecluse.simulators.pki.errors import OrderRefused
from ecluse.simulators.pki.hierarchy import Hierarchy
from ecluse.simulators.pki.names import MAX_BYTES, Structure, writable

MAX_CSR = 64 * 1024
_HOST = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.I
)


class Order(NamedTuple):
    """What is ordered. family: `auth_cli`, `sign`, `conf` or `serv`; service: service applicatif, which becomes the CN
    (unused for `serv`); hosts: server names (`serv`); structure: None for that of the hierarchy.
    """

    family: str
    service: str = ""
    hosts: Sequence[str] = ()
    structure: Structure | None = None


def issue_from_csr(hierarchy: Hierarchy, csr: bytes, order: Order, now: datetime) -> x509.Certificate:
    """Issue the certificate of an order for the key of a CSR (PEM or DER), from `now`, for three years.

    As on the platform, the subject in the CSR is a carrier only: the directory data replace it.

    :raises OrderRefused: the CSR is not one, its signature or its key is not accepted, or the order is incomplete.
    """
    key = _key_of(csr)
    structure = order.structure or hierarchy.structure
    check_structure(structure)
    if order.family not in profiles.FAMILIES:
        raise _refused("la famille demandée n’existe pas", "the family asked for does not exist")
    if order.family == "serv":
        if not order.hosts or not all(valid_host(host) for host in order.hosts):
            raise _refused("donnez au moins un nom de serveur valable", "give at least one valid server name")
        profile = profiles.server(structure, order.hosts, now)
        name = order.hosts[0]
    else:
        if not writable(order.service):
            raise _refused(
                f"donnez un nom de service de 1 à {MAX_BYTES} octets",
                f"give a service name of 1 to {MAX_BYTES} bytes",
            )
        profile = profiles.organisation(profiles.FAMILIES[order.family], structure, order.service, now)
        name = order.service
    return hierarchy.organisations.issue(profile, key, f"{name} (CSR)")


def valid_host(host: str) -> bool:
    """True for a server name (RFC 1123), which may be a single label; an address is not one."""
    return _HOST.fullmatch(host) is not None and not host.rpartition(".")[2].isdigit()


def check_structure(structure: Structure) -> None:
    """Check that a certificate can name this structure.

    :raises OrderRefused: one of its fields is empty, unprintable, or too long (the raison sociale is cut).
    """
    if not structure.company.isprintable() or not all(
        writable(one) for one in (structure.identifier, structure.company[:1], structure.department)
    ):
        raise _refused(
            f"l’établissement doit avoir identifiant, raison sociale et département, de {MAX_BYTES} octets au plus",
            f"the establishment must have an identifier, a name and a department, of {MAX_BYTES} bytes at most",
        )


def find(hierarchy: Hierarchy, asked: str) -> tuple[Authority, int]:
    """The certificate of that name (the last issued) or serial number (hexadecimal), and its authority.

    :raises OrderRefused: no authority issued it.
    """
    wanted = asked.replace(":", "").lower().lstrip("0")
    for authority in hierarchy:
        for serial, name in reversed(authority.issued.items()):
            if name == asked or f"{serial:x}" == wanted:
                return authority, serial
    raise _refused(
        "aucun certificat émis n’a ce nom ni ce numéro de série",
        "no issued certificate has this name or serial number",
    )


def revoke(
    hierarchy: Hierarchy, asked: str, now: datetime, reason: x509.ReasonFlags | None = None
) -> Authority:
    """Revoke a certificate by name or serial number, and publish the CRL that says it at once.

    :returns: the authority that issued it. :raises OrderRefused: no authority issued it.
    """
    authority, serial = find(hierarchy, asked)
    authority.revoke(serial, now, reason)
    authority.publish(now)
    return authority


def _key_of(csr: bytes) -> rsa.RSAPublicKey:
    """The key of a CSR that proves its possession: RSA 2048, SHA-256."""
    if len(csr) > MAX_CSR:
        raise _refused("le fichier est trop grand pour une CSR", "the file is too large for a CSR")
    try:
        asked = x509.load_pem_x509_csr(csr) if b"-----BEGIN" in csr[:1024] else x509.load_der_x509_csr(csr)
        key, algorithm, proven = asked.public_key(), asked.signature_hash_algorithm, asked.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _refused("ce fichier n’est pas une CSR lisible", "this file is not a readable CSR") from error
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size != 2048 or key.public_numbers().e != 65537:
        raise _refused(
            "la clé doit être RSA de 2048 bits (exposant 65537)",
            "the key must be RSA of 2048 bits (exponent 65537)",
        )
    if not isinstance(algorithm, hashes.SHA256) or not proven:
        raise _refused(
            "la CSR doit être signée par sa clé, en SHA-256",
            "the CSR must be signed by its key, with SHA-256",
        )
    return key


def _refused(fr: str, en: str) -> OrderRefused:
    return OrderRefused(f"IGC de test : {fr}.", f"Test PKI: {en}.")


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """The certificate alone, PEM: all that the platform gives back for a CSR."""
    return certificate.public_bytes(serialization.Encoding.PEM)
