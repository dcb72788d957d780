"""What a listener really shows is compared with its slot, by asking its port."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from ecluse.services.listening.served import Shown, served
from ecluse.simulators.pki.issued import Issued
from ecluse.transports.tls import KeptCertificate, kept_context
from tests.services.certificates.house import TODAY, House


@contextmanager
def showing(held: Issued) -> Iterator[Shown]:
    """A port that shows a certificate once."""
    context = kept_context(KeptCertificate(held.chain_pem, held.key_der))
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            with server.accept()[0] as connection, suppress(OSError):
                context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield Shown("main", f"0.0.0.0:{server.getsockname()[1]}", "1")
        thread.join(10)


def test_a_port_is_compared_with_its_slot(house: House) -> None:
    first, second = house.pki.serv(not_after=TODAY + timedelta(days=300)), house.pki.serv()
    closed = Shown("main", "127.0.0.1:9", "1")
    (empty,) = served([closed])
    assert (empty.level, empty.about) == ("critical", "listener:main") and "is empty" in empty.text_en
    assert house.give(first, "listener_server").kept
    for held, level in ((first, "ok"), (second, "warning")):
        with showing(held) as shown:
            (found,) = served([shown])
        assert found.level == level, found
    newer = house.pki.serv()
    assert house.give(newer, "listener_server").placed == "next"
    with showing(first) as shown:
        (found,) = served([shown])
    assert (found.level, "newer" in found.text_en) == ("warning", True)
    assert newer.fingerprint[:16] in found.text_fr and "rotate" in found.mend_fr
    (silent,) = served([closed])
    assert silent.level == "critical" and "does not answer" in silent.text_en
