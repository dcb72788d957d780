"""The TLS of one listener as it serves: replaceable as a whole while connections come and stay."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass

from ecluse.services.listening.clients import Admission
from ecluse.services.listening.refused import Refused

Judge = Callable[[tuple[bytes, ...]], Admission]
"""Decides on a client, given the certificates (DER) it presented, its own first."""

NO_SERVER = Refused(
    "no-server",
    "Ce point d’écoute n’a pas de certificat de serveur en service : son emplacement est vide",
    "This listener has no server certificate in use: its slot is empty",
)


@dataclass(frozen=True)
class Tls:
    """TLS of the connections to come.

    context: None while there is no certificate to show: connections are then closed, never served in clear.
    judge: has the last word on a client; None: TLS decides alone. missing: why there is no context.
    """

    context: ssl.SSLContext | None
    judge: Judge | None = None
    missing: Refused = NO_SERVER
