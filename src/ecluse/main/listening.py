"""The listeners of a configuration: their settings, their TLS from files or from the store, and how it is renewed."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from ecluse.main.configuration import Configuration, Listener

if TYPE_CHECKING:
    from ecluse.delivery.mllp.connection import ListenerSettings
    from ecluse.delivery.mllp.process import Port, Renewed
    from ecluse.services.listening.kept import Follower
    from ecluse.services.listening.securing import Tls
    from ecluse.services.listening.source import TlsSource


class Listening:
    """What the process of the listeners serves. The store is opened only when some TLS comes from it."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        sources = [tls_source(configuration, one) for one in configuration.listeners]
        kept = [one for one in sources if one.serves and one.kept]
        self._follower = _follower(configuration, kept) if kept else None

    @property
    def follow(self) -> Callable[[], dict[str, Tls]] | None:
        """What changed in the store since the last call, for a thread; None when nothing comes from it."""
        return None if self._follower is None else self._look

    def ports(self, sockets: list[socket.socket]) -> list[Port]:
        """The listeners on their bound sockets, in the order of the configuration. Before any event loop runs.

        :raises OSError: a file of TLS cannot be used.
        """
        from ecluse.delivery.mllp.process import Port

        tls = _from_files(self._configuration) | ({} if self._follower is None else self._look())
        return [
            Port(sock, listener_settings(self._configuration, one), tls.get(one.name))
            for one, sock in zip(self._configuration.listeners, sockets, strict=True)
        ]

    def renewed(self, configuration: Configuration) -> Renewed:
        """What a new configuration changes; files are read again, beside a store at its next look.

        :raises OSError: a file of TLS cannot be used.
        """
        from ecluse.delivery.mllp.process import Renewed

        if self._follower is not None:
            self._follower.read_again()
        return Renewed(
            [listener_settings(configuration, one) for one in configuration.listeners],
            _from_files(configuration),
        )

    def _look(self) -> dict[str, Tls]:
        from django.db import DatabaseError, connections

        assert self._follower is not None
        try:
            return self._follower.look()
        except DatabaseError:
            # A connection that broke is opened anew at the next look.
            connections.close_all()
            raise


def _from_files(configuration: Configuration) -> dict[str, Tls]:
    """The TLS of the listeners that need no store."""
    from ecluse.services.listening.securing import Tls
    from ecluse.transports.tls import server_context

    sources = [tls_source(configuration, one) for one in configuration.listeners]
    return {
        one.listener: Tls(server_context(one.certificate, one.key, one.client_ca))
        for one in sources
        if one.serves and not one.kept
    }


def tls_source(configuration: Configuration, one: Listener) -> TlsSource:
    """Where the TLS of a listener comes from."""
    from ecluse.services.listening.source import TlsSource

    stores = {"": "", "igc-sante": f"igc-sante-{configuration.environment}", "igc-osi": "igc-osi"}
    return TlsSource(
        one.name,
        configuration.environment,
        one.tls_certificate,
        one.tls_key,
        one.tls_client_ca,
        one.tls_slot,
        stores[one.tls_clients],
        one.client_policy,
        one.tls_families,
        configuration.certificates.tls_revocation == "hard",
    )


def listener_settings(configuration: Configuration, one: Listener) -> ListenerSettings:
    """A listener as the MLLP server needs it."""
    from ecluse.delivery.mllp.connection import ListenerSettings

    return ListenerSettings(
        name=one.name,
        environment=configuration.environment,
        max_connections=one.max_connections,
        max_message=one.max_message,
        idle_timeout=one.idle_timeout,
        slow_timeout=one.slow_timeout,
        allowed_peers=one.allowed_peers,
    )


def _follower(configuration: Configuration, kept: list[TlsSource]) -> Follower:
    from ecluse.main.certificates import certificate_settings
    from ecluse.main.django_setup import leave_log_to_writer, set_up

    set_up(configuration)
    leave_log_to_writer()
    from ecluse.services.listening.kept import Follower

    return Follower(kept, certificate_settings(configuration))
