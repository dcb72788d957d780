"""Write and check signed checkpoints: where the journal stood, in a file that can leave the host.

A chain proves order and content but not its own end: somebody who owns the disk can cut it off or write it
again. A checkpoint kept elsewhere says what the digest of a line was, and the signature says which
installation said so.
"""

from __future__ import annotations

import base64
import os
from hashlib import sha256
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from ecluse.services.queries.presentation import moment
from ecluse.store.errors import Sentence, StoreError
from ecluse.store.models import JournalEntry, Meta

KEY_FILE = "checkpoint.key"
KEYS = "checkpoint_keys"
"""Fact of the store: the public keys that signed its checkpoints (base64, separated by spaces, the first one first).
"""
KEPT = 48
"""Checkpoints kept in the data folder: two days of hourly ones. Copies that leave the host are what matters.
"""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A signed statement: line `seq` of this installation's journal had that digest (hex) at that time (ISO
    8601).

    public_key, signature: Ed25519, base64. The signature covers the JSON of every other field, in this order.
    """

    format: int = 1
    installation: str
    environment: str
    at: str
    seq: int
    digest: str
    lines: int
    public_key: str
    signature: str = ""

    @property
    def fingerprint(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the public key, for people to compare."""
        return sha256(base64.b64decode(self.public_key)).hexdigest()[:16]


def write_checkpoint(data: Path, secrets: Path, now: int, target: Path | None = None) -> Path:
    """Sign where the journal stands and write it down.

    :param data: data folder; the file goes to its `checkpoints` folder unless `target` names a file.
    :param secrets: folder of the keys, outside the data folder; the key is made there at the first
        checkpoint.
    :param now: microseconds since 1970.
    :returns: the file written.
    :raises StoreError: the key or the file cannot be written.
    """
    try:
        signed = sign(_key(secrets), now)
        _remember(signed.public_key)
        content = msgspec.json.format(msgspec.json.encode(signed), indent=2) + b"\n"
        if target is not None:
            _write(target, content)
            return target
        folder = data / "checkpoints"
        folder.mkdir(mode=0o700, exist_ok=True)
        file = folder / f"checkpoint-{moment(now)[:19].replace(':', '').replace('-', '')}Z.json"
        _write(file, content)
        for old in sorted(folder.glob("checkpoint-*.json"))[:-KEPT]:
            old.unlink(missing_ok=True)
        return file
    except OSError as error:
        raise StoreError(
            f"Le point de contrôle n’a pas pu être écrit ({error.filename}) : {error.strerror}.",
            f"The checkpoint could not be written ({error.filename}): {error.strerror}.",
        ) from None


def try_checkpoint(data: Path, secrets: Path, now: int) -> Sentence | None:
    """The same, for who cannot mend it: why it was not written, or None when it was."""
    try:
        write_checkpoint(data, secrets, now)
    except StoreError as error:
        return error.sentence
    return None


def sign(key: Ed25519PrivateKey, now: int) -> Checkpoint:
    """The checkpoint of the last line of the journal."""
    facts = dict(Meta.objects.values_list("name", "value"))
    last = JournalEntry.objects.order_by("-seq").values_list("seq", "digest").first()
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    unsigned = Checkpoint(
        installation=facts["installation"],
        environment=facts["environment"],
        at=moment(now),
        seq=last[0] if last else 0,
        digest=(bytes(last[1]) if last else bytes(32)).hex(),
        lines=last[0] if last else 0,
        public_key=base64.b64encode(public).decode(),
    )
    signature = key.sign(_signed(unsigned))
    return msgspec.structs.replace(unsigned, signature=base64.b64encode(signature).decode())


def read_checkpoint(file: Path) -> Checkpoint:
    """Read a checkpoint and check its signature with the public key it carries.

    :raises StoreError: the file is missing, is no checkpoint, or was changed after it was signed.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise StoreError(
            f"Le point de contrôle {file} ne peut pas être lu : {error.strerror}.",
            f"The checkpoint {file} cannot be read: {error.strerror}.",
        ) from None
    try:
        found = msgspec.json.decode(content, type=Checkpoint)
        check_signature(found)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
        raise StoreError(
            f"{file} n’est pas un point de contrôle d’Écluse.", f"{file} is not a checkpoint of Écluse."
        ) from None
    except InvalidSignature:
        raise StoreError(
            f"La signature du point de contrôle {file} est fausse : il a été modifié.",
            f"The signature of the checkpoint {file} is wrong: it was changed.",
        ) from None
    return found


def check_signature(checkpoint: Checkpoint) -> None:
    """Check a checkpoint's signature with the public key it carries.

    :raises InvalidSignature: it was changed after it was signed. :raises ValueError: it carries no key or signature.
    """
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(checkpoint.public_key, validate=True))
    public.verify(base64.b64decode(checkpoint.signature, validate=True), _signed(checkpoint))


def known_keys() -> frozenset[str]:
    """The public keys that signed checkpoints of this store; none before its first checkpoint."""
    return frozenset(" ".join(Meta.objects.filter(name=KEYS).values_list("value", flat=True)).split())


def public_half(secrets: Path) -> str:
    """The public key (base64) of the key that signs here; empty when there is none, or none that can be read."""
    try:
        found = load_pem_private_key((secrets / KEY_FILE).read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        return ""
    if not isinstance(found, Ed25519PrivateKey):
        return ""
    return base64.b64encode(found.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def _remember(public_key: str) -> None:
    """Keep a key at its first use: `verify` refuses a checkpoint signed by any other."""
    known = Meta.objects.filter(name=KEYS).values_list("value", flat=True).first()
    if public_key not in (known or "").split():
        Meta.objects.update_or_create(
            name=KEYS, defaults={"value": f"{known} {public_key}" if known else public_key}
        )


def _signed(checkpoint: Checkpoint) -> bytes:
    return b"ecluse checkpoint\n" + msgspec.json.encode(msgspec.structs.replace(checkpoint, signature=""))


def _key(secrets: Path) -> Ed25519PrivateKey:
    """The signing key, made the first time: PKCS #8 PEM, mode 0600, in a folder of mode 0700.

    It is not encrypted: the master key that could encrypt it would lie in the same folder, outside data and backups.
    """
    file = secrets / KEY_FILE
    if not file.exists():
        secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        _write(file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), replace=False)
    try:
        found = load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        raise StoreError(
            f"{file} n’est pas une clé Ed25519 : déplacez ce fichier, une clé neuve sera créée.",
            f"{file} is not an Ed25519 key: move this file away, a new key will be made.",
        )
    return found


def _write(file: Path, content: bytes, *, replace: bool = True) -> None:
    """Write a file of mode 0600 in one go; with `replace` False a file that came meanwhile wins."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    if replace:
        partial.replace(file)
        return
    try:
        os.link(partial, file)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
