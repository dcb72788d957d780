"""Trust stores: which authorities are believed for which target, and how one enters a store.

One store per target, never a merged one (IGC-Santé note §4). An authority of the IGC-Santé enters by its file, which
must be the one whose fingerprint this release publishes; any other is declared by an operator, who types the
fingerprint read elsewhere. The authorities of the public stores are those of this machine.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple, get_args

from ecluse.protocols.x509.certificate import Certificate, read_certificate, read_certificates
from ecluse.protocols.x509.errors import Unreadable
from ecluse.protocols.x509.signature import signed_by
from ecluse.rules.certificates.facts import authorities as national
from ecluse.services.certificates.fingerprints import read_fingerprint
from ecluse.services.certificates.settings import current
from ecluse.services.wire import ActResult
from ecluse.store.models.certificates import CertificateAuthority

StoreName = Literal["igc-sante-production", "igc-sante-test", "igc-osi", "public"]
STORES: tuple[StoreName, ...] = get_args(StoreName)

_COMMON_NAME = "2.5.4.3"

Ask = Callable[[str, dict[str, Any]], ActResult]
"""Has an act done by the writer: its name and its arguments (`ask_writer`, or the console's and the CLI's own)."""


class TrustStore(NamedTuple):
    """anchors: where paths end; intermediates: authorities known of this store that are no anchor."""

    name: str
    anchors: tuple[Certificate, ...]
    intermediates: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class AuthorityOutcome:
    """What became of one authority of a file. done: it is trusted now (or was already: again)."""

    subject: str
    fingerprint: str
    done: bool
    again: bool
    text_fr: str
    text_en: str


def trust_store(name: str) -> TrustStore:
    """A trust store by its name; empty when nothing was imported in it."""
    if name == "public":
        return TrustStore(name, _public(), ())
    anchors: list[Certificate] = []
    intermediates: list[Certificate] = []
    for der, anchor in CertificateAuthority.objects.filter(store=name).values_list("der", "anchor"):
        (anchors if anchor else intermediates).append(_parsed(bytes(der)))
    return TrustStore(name, tuple(anchors), tuple(intermediates))


def published(store: str) -> dict[str, str]:
    """Fingerprints of the authorities that this release knows for a store, with their short names."""
    environment = {"igc-sante-production": "production", "igc-sante-test": "test"}.get(store)
    return {
        one.fingerprint: one.short for one in national() if one.fingerprint and one.environment == environment
    }


def missing(store: str) -> tuple[str, ...]:
    """Short names of the published authorities that were not imported into a store."""
    there = set(CertificateAuthority.objects.filter(store=store).values_list("fingerprint", flat=True))
    return tuple(short for fingerprint, short in published(store).items() if fingerprint not in there)


def import_authorities(ask: Ask, store: str, content: bytes, typed: str = "") -> tuple[AuthorityOutcome, ...]:
    """Trust the authorities of a file (PEM, DER, PKCS#7).

    :param typed: SHA-256 fingerprint that the operator read elsewhere, for an authority that is not published.
    :raises Unreadable: the file holds no certificate, or the typed text is no fingerprint.
    """
    if store not in STORES or store == "public":
        raise Unreadable(
            "Ce magasin de confiance n’existe pas, ou est celui de cette machine : choisissez"
            f" {', '.join(STORES[:3])}.",
            f"This trust store does not exist, or is that of this machine: choose {', '.join(STORES[:3])}.",
        )
    wanted = read_fingerprint(typed) if typed.strip() else None
    if typed.strip() and wanted is None:
        raise Unreadable(
            "L’empreinte tapée n’est pas une empreinte SHA-256 : 64 chiffres hexadécimaux.",
            "The fingerprint typed is no SHA-256 fingerprint: 64 hexadecimal digits.",
        )
    return tuple(_import(ask, store, one, wanted) for one in read_certificates(content))


def _import(ask: Ask, store: str, one: Certificate, typed: str | None) -> AuthorityOutcome:
    if refused := _refusal(store, one, typed):
        return AuthorityOutcome(one.rfc4514, one.fingerprint, False, False, *refused)
    if CertificateAuthority.objects.filter(store=store, fingerprint=one.fingerprint).exists():
        return AuthorityOutcome(
            one.rfc4514, one.fingerprint, True, True,
            "Déjà dans ce magasin de confiance.", "In this trust store already.",
        )  # fmt: skip
    origin = "published" if one.fingerprint in published(store) else "declared"
    asked = {
        "store": store,
        "der": base64.b64encode(one.der).decode("ascii"),
        "fingerprint": one.fingerprint,
        "subject": one.rfc4514,
        "anchor": is_anchor(one),
        "not_after": int(one.not_after.timestamp()) * 1_000_000,
        "origin": origin,
    }
    result = ask("authority.add", asked)
    return AuthorityOutcome(one.rfc4514, one.fingerprint, result.done, False, result.text_fr, result.text_en)


def is_anchor(one: Certificate) -> bool:
    """Whether an authority signed itself: a path ends there."""
    return one.is_self_issued and signed_by(one, one)


def _refusal(store: str, one: Certificate, typed: str | None) -> tuple[str, str] | None:
    if not one.is_authority and not is_anchor(one):
        return (
            "Ce n’est pas le certificat d’une autorité : importez-le dans l’inventaire.",
            "This is no certificate of an authority: import it into the inventory.",
        )
    here = published(store)
    own = next((name for name in STORES if one.fingerprint in published(name)), store)
    if own != store or (_says_test(one) and _takes_no_test(store)):
        return (
            "Cette autorité est celle d’un autre magasin : une autorité de l’IGC-Santé n’entre que dans le"
            " sien, une autorité de test dans celui de test seulement.",
            "This authority is that of another store: an authority of the IGC-Santé enters its own only, a test"
            " authority the test one only.",
        )
    if one.fingerprint in here or one.fingerprint == typed:
        return None
    return (
        f"L’empreinte de ce fichier ({one.fingerprint}) n’est pas publiée ici : lisez celle de"
        " l’autorité sur une autre source et tapez-la.",
        f"The fingerprint of this file ({one.fingerprint}) is not published here: read that of the authority from"
        " another source and type it.",
    )


def _takes_no_test(store: str) -> bool:
    """Whether a store is for production alone: that of IGC-OSI follows the environment of the gateway."""
    return store == "igc-sante-production" or (store == "igc-osi" and current().environment == "production")


def _says_test(one: Certificate) -> bool:
    """Whether the IGC-Santé calls an authority a test one: its common name begins with TEST (note §3)."""
    return any(name.strip().upper().startswith("TEST ") for name in one.subject.values(_COMMON_NAME))


@cache
def _parsed(der: bytes) -> Certificate:
    return read_certificate(der)


@cache
def _public() -> tuple[Certificate, ...]:
    """The authorities that this machine trusts; one that cannot be read is left out."""
    found = []
    for der in ssl.create_default_context().get_ca_certs(binary_form=True):
        try:
            found.append(read_certificate(der))
        except Unreadable:
            continue
    return tuple(found)
