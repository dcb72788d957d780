"""A deliverer on the store of a test, in a thread, and subscribers to deliver to."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from ecluse.protocols.webhooks import write_secret
from ecluse.services.acts.subscribers import new_id
from ecluse.services.deliveries.engine import Deliverer
from ecluse.services.deliveries.subscribers import owner
from ecluse.services.deliveries.workshop import DeliverySettings, workshop
from ecluse.services.publish_events import Publisher, PublishSettings
from ecluse.services.vault import Vault
from ecluse.store.turn import Turn
from tests.services.feeding import Gate

KEY = bytes(range(32))
SECRET = write_secret(KEY)
PATIENCE = 20.0
"""Seconds after which something that should happen has not; no test waits for it to pass."""


def settings(secrets: Path, **more: Any) -> DeliverySettings:
    return DeliverySettings("test", secrets, **{"allowed_networks": ("127.0.0.0/8",), **more})


def publish() -> None:
    """Tell everything that the journal says."""
    one = Publisher(Turn(None), PublishSettings("test"))
    while one.step():
        pass


def sealed_key(secrets: Path) -> dict[str, str]:
    """A new id, and SECRET sealed for it, as `subscriber.add` takes them."""
    id_ = new_id()
    sealed = Vault(secrets).seal(SECRET.encode(), owner(id_), may_make=True)
    return {"id": id_, "secret": base64.b64encode(sealed).decode()}


def subscribe(gate: Gate, secrets: Path, name: str, url: str, **arguments: Any) -> str:
    """A webhook from the beginning of the feed; its id."""
    key = sealed_key(secrets)
    given = {"position": 0, "plaintext": True, **arguments}
    done = gate.act(
        "subscriber.add",
        name=name,
        kind="webhook",
        target=url,
        **key,
        **given,
    )
    assert done.done, done.text_en
    return key["id"]


def relay(gate: Gate, name: str, port: int, **arguments: Any) -> str:
    """A relay from the beginning of the journal; its id."""
    given = {"position": 0, "options": {"parallel": 1, "timeout": 5}, **arguments}
    done = gate.act("subscriber.add", name=name, kind="relay", target=f"127.0.0.1:{port}", **given)
    assert done.done, done.text_en
    return str(done.data["id"])


class Running:
    """A deliverer that runs for the length of a block."""

    def __init__(self, configured: DeliverySettings) -> None:
        self._stop = threading.Event()
        one = Deliverer(workshop(configured), lambda: time.time_ns() // 1000)
        self._thread = threading.Thread(target=one.run, args=(self._stop,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()


def until(true: Callable[[], object]) -> None:
    """Wait until something is true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
