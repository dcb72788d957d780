"""What acts on certificates ask of a private key: it is here, it is this establishment's, and nobody else has it."""

from __future__ import annotations

from django.db.models import F

from ecluse.protocols.x509.certificate import Certificate, read_certificate
from ecluse.protocols.x509.errors import Unreadable
from ecluse.services.acts.outcome import ActRefused
from ecluse.services.certificates.keys import here, others_have, public_of
from ecluse.store.errors import StoreError
from ecluse.store.models.access import Establishment
from ecluse.store.models.certificates import CertificateRevocation, HeldCertificate, PrivateKey

OUT_OF_HAND = ("compromise", "theft", "loss")
"""Reasons that tell of the key itself: somebody else may have it, and no certificate on it may serve again."""
_TOLD_OUT_OF_HAND = ("keyCompromise",)
"""The same, as an authority tells it (CRLReason, RFC 5280 §5.3.1)."""


def read_given(der: bytes, fingerprint: str) -> Certificate:
    """The certificate an act brings.

    :raises ActRefused: it cannot be read, or is another than the one that was judged.
    """
    try:
        found = read_certificate(der)
    except Unreadable as error:
        raise ActRefused(error.text_fr, error.text_en) from None
    if found.fingerprint != fingerprint:
        raise ActRefused(
            "L’empreinte n’est pas celle de ce certificat.",
            "The fingerprint is not that of this certificate.",
        )
    return found


def check_key(key: PrivateKey, where: Establishment, certificate: Certificate | None = None) -> None:
    """Refuse a key that is no longer here, that another establishment uses, or that is not the certificate's.

    :raises ActRefused: it is one of these.
    """
    if not here(key):
        raise ActRefused(
            "La clé a été détruite entre-temps : recommencez.", "The key was destroyed meanwhile: try again."
        )
    if others_have(key.id, where.id):
        raise ActRefused(
            "Cette clé est celle d’un autre établissement : demandez un certificat pour celui-ci.",
            "This key is that of another establishment: ask for a certificate for this one.",
        )
    if certificate is not None and key.public != public_of(certificate.public_key.spki):
        raise ActRefused(
            "La clé n’est pas celle de ce certificat.", "The key is not that of this certificate."
        )


def check_not_revoked(certificate: Certificate) -> None:
    """Refuse a certificate whose revocation is recorded, or whose key got out of hand under another one.

    :raises ActRefused: it is one of these.
    """
    if CertificateRevocation.objects.filter(certificate=certificate.fingerprint).exists():
        raise ActRefused(
            "La révocation de ce certificat est enregistrée ici : il ne peut plus servir. Demandez-en un nouveau.",
            "The revocation of this certificate is recorded here: it can serve no more. Ask for a new one.",
        )
    lost = CertificateRevocation.objects.filter(reason__in=OUT_OF_HAND)
    told = CertificateRevocation.objects.filter(reason="told", note__in=_TOLD_OUT_OF_HAND)
    public = public_of(certificate.public_key.spki)
    if any(_public(one.certificate) == public for one in (lost | told).select_related("certificate")):
        raise ActRefused(
            "Un autre certificat sur cette clé a été révoqué pour perte, vol ou compromission : faites une"
            " nouvelle demande, avec une nouvelle clé.",
            "Another certificate on this key was revoked for loss, theft or compromise: make a new request, with"
            " a new key.",
        )


def on_same_key(held: HeldCertificate, reason: str, note: str) -> list[HeldCertificate]:
    """The other certificates that a revocation reaches: those on the same key when it got out of hand, else none."""
    if reason not in OUT_OF_HAND and not (reason == "told" and note in _TOLD_OUT_OF_HAND):
        return []
    public = _public(held)
    others = HeldCertificate.objects.filter(state__in=("held", "retired")).exclude(
        fingerprint=held.fingerprint
    )
    return [one for one in others if _public(one) == public]


def lock_key(key: PrivateKey) -> None:
    """Keep a key from the chore that destroys unused ones. Inside the writer's transaction.

    :raises StoreError: it came first.
    """
    kept = PrivateKey.objects.filter(id=key.id).exclude(sealed=None, token="")
    # Written as it is: that locks the row, in a transaction that Django does not know of.
    if not kept.update(made=F("made")):
        raise StoreError(
            "La clé a été détruite entre-temps : recommencez.", "The key was destroyed meanwhile: try again."
        )


def _public(held: HeldCertificate) -> str:
    return public_of(read_certificate(bytes(held.der)).public_key.spki)
