"""What listeners really show, compared with their slot and with the newest of the inventory: the port itself is asked.

A rotation that was not made, or that a service did not follow, is found before its certificate ends.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import NamedTuple

from ecluse.services.certificates.checking import Item
from ecluse.services.listening.kept import USE, current
from ecluse.services.queries.certificates import slots
from ecluse.services.try_listener import reachable
from ecluse.services.typography import french
from ecluse.store.models.certificates import HeldCertificate
from ecluse.transports.knock import knock


class Shown(NamedTuple):
    """A listener that is to show the certificate of a slot. address: HOST:PORT where it really listens; establishment:
    as in the setting `tls_slot`.
    """

    listener: str
    address: str
    establishment: str


def served(listeners: Iterable[Shown]) -> tuple[Item, ...]:
    """Whether each listener shows the certificate in use of its slot. Connects to each, and sends nothing."""
    return tuple(item for one in listeners for item in _served(one))


def _served(one: Shown) -> Iterator[Item]:
    about = f"listener:{one.listener}"
    held = current(one.establishment)
    if held is None:
        yield Item(
            about, "critical",
            french(
                f"{one.listener} : l’emplacement « listener_server » de {one.establishment} est vide, aucun message"
                " n’entre."
            ),
            f"{one.listener}: the slot “listener_server” of {one.establishment} is empty, no message comes in.",
            french("Importez un certificat de serveur : ecluse pki import --use listener_server."),
            "Import a server certificate: ecluse pki import --use listener_server.",
        )  # fmt: skip
        return
    found = knock(*reachable(one.address), tls=True)
    if found.refused:
        yield Item(
            about, "critical",
            french(f"{one.listener} ne répond pas en TLS à {one.address} ({found.refused})."),
            f"{one.listener} does not answer with TLS at {one.address} ({found.refused}).",
            "Regardez le journal du service.", "Look at the service log.",
        )  # fmt: skip
    elif sha256(found.certificate).hexdigest() != held.fingerprint:
        yield Item(
            about, "warning",
            french(
                f"{one.listener} présente encore un autre certificat que celui de son emplacement"
                f" ({held.fingerprint[:16]}…)."
            ),
            f"{one.listener} still shows another certificate than that of its slot ({held.fingerprint[:16]}…).",
            french("Attendez quelques secondes ; s’il reste, le journal du service dit pourquoi."),
            "Wait for some seconds; if it stays, the service log says why.",
        )  # fmt: skip
    elif newest := _newest(held):
        yield Item(
            about, "warning",
            french(f"{one.listener} présente le certificat de son emplacement, mais un plus récent attend"
                   f" ({newest[:16]}…)."),
            f"{one.listener} shows the certificate of its slot, but a newer one waits ({newest[:16]}…).",
            french(f"Faites la rotation : ecluse pki rotate (usage {USE})."),
            f"Rotate: ecluse pki rotate (use {USE}).",
        )  # fmt: skip
    else:
        yield Item(
            about, "ok",
            french(f"{one.listener} présente le certificat de son emplacement."),
            f"{one.listener} shows the certificate of its slot.",
        )  # fmt: skip


def _newest(held: HeldCertificate) -> str:
    """Fingerprint of the certificate of the inventory that ends after this one and would do for its slot, or empty."""
    found = slots(int(time.time() * 1_000_000), establishment=held.establishment_id)
    return next((one.newest for one in found if one.use == USE), "")
