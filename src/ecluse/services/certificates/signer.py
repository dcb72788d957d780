"""The signer of a slot, given to whoever signs: parsed once per process, followed when the slot changes.

`signer(establishment, use)` costs a look at the slot at most once a second; a signature costs no look at all. A
rotation is followed by every process within that second, without a restart and without losing a signature.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import NamedTuple

from ecluse.protocols.x509.certificate import Certificate, read_certificate, read_certificates
from ecluse.protocols.x509.keys import Signer
from ecluse.services.certificates import keys
from ecluse.services.certificates.keys import KeyUnusable
from ecluse.services.certificates.settings import current
from ecluse.store.models.certificates import CertificateSlot, HeldCertificate

LOOK_SECONDS = 1.0
_MICROSECOND = 1_000_000


class _Loaded(NamedTuple):
    fingerprint: str
    key: str | None
    until: int
    signer: Signer
    chain: tuple[Certificate, ...]


class _Looked(NamedTuple):
    at: float
    loaded: _Loaded


_locks: dict[tuple[int, str], threading.Lock] = {}
"""One for each slot: a token that is slow to answer keeps nobody from signing with the key of another slot."""
_looked: dict[tuple[int, str], _Looked] = {}


def signer(establishment: int, use: str, now: int | None = None) -> Signer:
    """The signer of the current certificate of a slot.

    :param establishment: its number; use: of `rules.certificates.slots`; now: µs since 1970, the clock when None.
    :raises KeyUnusable: the slot is empty, its certificate is over, or its key does not open.
    """
    return _find(establishment, use, now).signer


def chain(establishment: int, use: str, now: int | None = None) -> tuple[Certificate, ...]:
    """The certificates to present for a slot: its own, then its issuers, without the root.

    :raises KeyUnusable: as for `signer`.
    """
    found = _find(establishment, use, now)
    return (found.signer.certificate, *(one for one in found.chain if not one.is_self_issued))


def forget() -> None:
    """Drop every key of this process from memory."""
    _looked.clear()


def chain_of(held: HeldCertificate) -> tuple[Certificate, ...]:
    """The issuers kept with a certificate."""
    return read_chain(bytes(held.chain))


def read_chain(content: bytes) -> tuple[Certificate, ...]:
    """Certificates kept one after the other (PEM)."""
    return read_certificates(content) if content else ()


def _find(establishment: int, use: str, now: int | None) -> _Loaded:
    place = (establishment, use)
    with _locks.setdefault(place, threading.Lock()):
        before = _looked.get(place)
        if before is None or time.monotonic() - before.at >= LOOK_SECONDS:
            before = _looked[place] = _Looked(time.monotonic(), _look(establishment, use, before))
    at = time.time_ns() // 1000 if now is None else now
    if before.loaded.until < at:
        day = datetime.fromtimestamp(before.loaded.until / _MICROSECOND, UTC).date().isoformat()
        raise KeyUnusable(
            f"Le certificat de l’usage « {use} » ne peut plus servir depuis le {day} : mettez le"
            " suivant en service, ou demandez-en un nouveau.",
            f"The certificate of the use “{use}” cannot serve since {day}: put the next one in use, or ask for a new"
            " one.",
        )
    return before.loaded


def _look(establishment: int, use: str, before: _Looked | None) -> _Loaded:
    held = _current(establishment, use)
    if before is not None and (before.loaded.fingerprint, before.loaded.key) == (
        held.fingerprint,
        held.key_id,
    ):
        return before.loaded
    if held.key is None:
        raise KeyUnusable(
            f"Le certificat de l’usage « {use} » est gardé sans sa clé.",
            f"The certificate of the use “{use}” is kept without its key.",
        )
    found = keys.load(current(), held.key, read_certificate(bytes(held.der)))
    return _Loaded(held.fingerprint, held.key_id, held.usable_until, found, chain_of(held))


def _current(establishment: int, use: str) -> HeldCertificate:
    slot = (
        CertificateSlot.objects.filter(establishment_id=establishment, use=use)
        .select_related("current__key")
        .first()
    )
    if slot is None or slot.current is None:
        raise KeyUnusable(
            f"Aucun certificat n’est en service pour l’usage « {use} » de cet établissement :"
            " importez-en un (page Certificats, ou « ecluse pki import »).",
            f"No certificate is in use for “{use}” of this establishment: import one (page Certificates, or “ecluse pki"
            " import”).",
        )
    return slot.current
