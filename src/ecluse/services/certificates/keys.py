"""Private keys kept here: sealed when they come, opened by the signer alone, destroyed when nothing needs them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from ecluse.protocols.x509.certificate import Certificate
from ecluse.protocols.x509.keys import LoadedKey, Signer, public_key_of
from ecluse.services.certificates import key_vault
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.store.access_turn import writing
from ecluse.store.errors import StoreError
from ecluse.store.models.certificates import CertificateRequest, HeldCertificate, PrivateKey
from ecluse.transports.pkcs11_token import TokenError, TokenKey

_UNUSED = 3600 * 1_000_000
"""µs after which a key that no certificate nor request needs is destroyed: the act that wanted it was refused."""


def public_of(spki: bytes) -> str:
    """What tells a key from all others: SHA-256 of its public part, however an issuer wrote its parameters."""
    with contextlib.suppress(ValueError, UnsupportedAlgorithm):
        spki = load_der_public_key(spki).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(spki).hexdigest()


def keep_key(secrets: Path, pkcs8: bytes, *, origin: str, by: str, now: int, bits: int) -> str:
    """Keep a private key, sealed; its identifier. A key that is here already keeps its own.

    :param secrets: folder of the master key; origin: `made` or `imported`; now: µs since 1970.
    :raises StoreError: the master key can be neither read nor made.
    """
    public = public_of(public_key_of(pkcs8))
    with writing():
        row = PrivateKey.objects.select_for_update().filter(public=public).first()
        if row is not None and not here(row):
            kept = key_vault.seal(secrets, row.id, pkcs8)
            PrivateKey.objects.filter(id=row.id).update(sealed=kept.sealed, wrapped=kept.wrapped, made=now)
        elif row is not None:
            # Wanted again: the hour after which an unused key is destroyed begins anew.
            PrivateKey.objects.filter(id=row.id).update(made=now)
        if row is not None:
            return row.id
        id_ = key_vault.new_id("key")
        kept = key_vault.seal(secrets, id_, pkcs8)
        PrivateKey.objects.create(
            id=id_, public=public, kind="rsa", bits=bits, origin=origin, sealed=kept.sealed, wrapped=kept.wrapped,
            made=now, by=by,
        )  # fmt: skip
        return id_


def keep_token_key(certificate: Certificate, uri: str, *, by: str, now: int) -> str:
    """Keep where the key of a certificate is in a PKCS#11 token; its identifier. uri: RFC 7512, without PIN."""
    public = public_of(certificate.public_key.spki)
    with writing():
        row, made = PrivateKey.objects.get_or_create(
            public=public,
            defaults={
                "id": key_vault.new_id("key"), "kind": certificate.public_key.kind, "bits": certificate.public_key.bits,
                "origin": "token", "token": uri, "made": now, "by": by,
            },
        )  # fmt: skip
        if not made:
            PrivateKey.objects.filter(id=row.id).update(
                token=uri, sealed=None, wrapped=None, origin="token", made=now
            )
        return row.id


def here(row: PrivateKey) -> bool:
    """Whether a key is still here, sealed or in its token."""
    return row.sealed is not None or bool(row.token)


def others_have(key: str, establishment: int) -> bool:
    """Whether another establishment uses a key: one of its certificates or of its requests is on it."""
    held = HeldCertificate.objects.filter(key_id=key)
    asked = CertificateRequest.objects.filter(key_id=key, state="pending")
    return any(rows.exclude(establishment_id=establishment).exists() for rows in (held, asked))


def known_key(certificate: Certificate, establishment: int) -> PrivateKey | None:
    """The key of a certificate when it is here already for this establishment; those of others are not lent."""
    row = PrivateKey.objects.filter(public=public_of(certificate.public_key.spki)).first()
    if row is None or not here(row) or others_have(row.id, establishment):
        return None
    held = HeldCertificate.objects.filter(key=row, establishment_id=establishment)
    asked = CertificateRequest.objects.filter(key=row, establishment_id=establishment, state="pending")
    # One that belongs to nobody comes from an import that was refused: whoever has it brings it again.
    return row if held.exists() or asked.exists() else None


def forget_unused(now: int) -> int:
    """Destroy the keys that nothing needs (their act was refused, their request dropped); how many."""
    old = PrivateKey.objects.filter(made__lt=now - _UNUSED).exclude(sealed=None, token="")
    if not old.exists():
        return 0
    with writing():
        # Locked first, looked at after: an act that takes one of them (`lock_key`) comes before, or finds it gone.
        locked = list(old.select_for_update().values_list("id", flat=True))
        needed = {
            *HeldCertificate.objects.exclude(key=None).values_list("key_id", flat=True),
            *CertificateRequest.objects.filter(state="pending").values_list("key_id", flat=True),
        }
        unused = [id_ for id_ in locked if id_ not in needed]
        PrivateKey.objects.filter(id__in=unused).update(sealed=None, wrapped=None, token="")
    return len(unused)


class KeyUnusable(Exception):
    """A key cannot sign now; its two sentences say why and what to do."""

    def __init__(self, text_fr: str, text_en: str) -> None:
        super().__init__(text_en)
        self.text_fr = text_fr
        self.text_en = text_en


def load(settings: CertificateSettings, row: PrivateKey, certificate: Certificate) -> Signer:
    """The signer of a key: the file key opened and parsed, or the token's.

    :raises KeyUnusable: it does not open, is no longer here, or the token does not answer.
    """
    if row.token:
        return _TokenSigner(certificate, token_key(settings, row.token))
    if row.sealed is None or row.wrapped is None:
        raise KeyUnusable(
            "La clé de ce certificat a été détruite. Importez-la de nouveau, ou demandez un certificat.",
            "The key of this certificate was destroyed. Import it again, or ask for a certificate.",
        )
    try:
        sealed = key_vault.SealedKey(bytes(row.sealed), bytes(row.wrapped))
        return LoadedKey(key_vault.open_key(settings.secrets, row.id, sealed), certificate)
    except StoreError as error:
        raise KeyUnusable(error.sentence.fr, error.sentence.en) from None


def token_key(settings: CertificateSettings, uri: str) -> TokenKey:
    """The key of a token, as the settings reach it.

    :raises KeyUnusable: it cannot be reached.
    """
    try:
        return TokenKey(settings.token_library, uri, *_pin(settings.token_pin_file))
    except OSError as error:
        why = error.strerror or type(error).__name__
    except UnicodeDecodeError:
        why = "PIN"
    except TokenError as error:
        why = str(error)
    raise KeyUnusable(
        f"Le jeton PKCS#11 ne répond pas ({why}) : vérifiez qu’il est branché, et les réglages"
        " pkcs11_library et pkcs11_pin_file de [certificates].",
        f"The PKCS#11 token does not answer ({why}): check that it is plugged in, and the settings pkcs11_library and"
        " pkcs11_pin_file of [certificates].",
    )


def _pin(file: str) -> tuple[str, str]:
    """The PIN in a file, and what tells one writing of that file from another."""
    if not file:
        return "", ""
    told = Path(file).stat()
    return Path(file).read_text("utf-8").strip(), f"{file} {told.st_ino} {told.st_mtime_ns} {told.st_size}"


def token_proves(settings: CertificateSettings, certificate: Certificate, uri: str) -> bool:
    """Whether a token has the key of a certificate.

    :raises KeyUnusable: it cannot be reached.
    """
    key = token_key(settings, uri)
    try:
        return proves(_TokenSigner(certificate, key))
    finally:
        key.close_session()


def proves(signer: Signer) -> bool:
    """Whether a signer really has the key of its certificate: it signs something, which is verified."""
    challenge = b"Ecluse: does this key belong to this certificate?"
    try:
        public = load_der_public_key(signer.certificate.public_key.spki)
        if not isinstance(public, rsa.RSAPublicKey):
            return False
        public.verify(signer.sign(challenge), challenge, padding.PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError, UnsupportedAlgorithm, TokenError):
        return False
    return True


@dataclass(frozen=True, slots=True)
class _TokenSigner:
    """A signer whose key stays in its token."""

    certificate: Certificate
    _key: TokenKey

    def sign(self, data: bytes) -> bytes:
        """Signature by the token."""
        return self._key.sign(data)
