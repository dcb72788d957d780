"""The arguments of `subscriber.add` and `subscriber.rotate`: a key is made and sealed by whoever asks."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from ecluse.protocols.webhooks import write_secret
from ecluse.services.acts.subscribers import new_id
from ecluse.services.deliveries.subscribers import owner
from ecluse.services.queries.documents import Sentence
from ecluse.services.sealed_things import nothing_sealed
from ecluse.services.vault import Vault
from ecluse.transports.destinations import ForbiddenAddress, check, networks

_KEY = 32


class NewKey(NamedTuple):
    """id: of the subscriber; secret: shown once; arguments: what the act needs, sealed."""

    id: str
    secret: str
    arguments: dict[str, Any]


def new_key(folder: Path, subscriber: str = "") -> NewKey:
    """Make the key of a webhook.

    :param folder: of the secrets; subscriber: id of the one that exists already, or empty for a new one.
    :raises StoreError: when the master key can be neither read nor made.
    """
    id_ = subscriber or new_id()
    secret = write_secret(secrets.token_bytes(_KEY))
    sealed = Vault(folder).seal(secret.encode(), owner(id_), may_make=nothing_sealed)
    return NewKey(id_, secret, {"id": id_, "secret": base64.b64encode(sealed).decode()})


def closed_address(url: str, allowed: Sequence[str]) -> Sentence | None:
    """What to say when the address of a webhook is one that no setting opens: every delivery would meet it.

    :param url: a name in it is not looked up, only a number is; allowed: setting `deliveries.allowed_networks`.
    """
    host = closed_host(url, allowed)
    if not host:
        return None
    line = opening(host, allowed)
    return Sentence(
        f"{host} n’est pas une adresse publique, rien n’y sera envoyé. Pour l’ouvrir, écrivez dans les réglages,"
        f" {line}, puis redémarrez la passerelle.",
        f"{host} is no public address, nothing will be sent there. To open it, write in the settings,"
        f" {line}, then start the gateway again.",
    )


def closed_host(url: str, allowed: Sequence[str]) -> str:
    """The number in an address of a webhook, when no setting opens it, or empty. See `closed_address`."""
    host = ""
    try:
        host = urlsplit(url).hostname or ""
        check(host, networks(allowed))
    except ForbiddenAddress:
        return host
    except ValueError:
        pass
    return ""


def opening(network: str, allowed: Sequence[str]) -> str:
    """The line of the settings that opens a network, beside those that are open already."""
    opened = ", ".join(f'"{one}"' for one in [*allowed, network])
    return f"[deliveries] allowed_networks = [{opened}]"
