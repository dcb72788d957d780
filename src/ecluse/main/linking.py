"""Lend an MLLP connection to the commands, with errors as lines for people."""

from __future__ import annotations

import ssl

from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import NoAnswer, Tls
from ecluse.transports.mllp_client import MllpClient
from ecluse.transports.mllp_errors import (
    AnswerTimeout,
    ClosedWithoutAnswer,
    MllpClientError,
    NotConnected,
    UnexpectedAnswer,
)


class Link:
    """An MLLP connection that says in one line what went wrong."""

    def __init__(self, client: MllpClient, where: str) -> None:
        self._client = client
        self._where = where

    def send(self, message: bytes) -> bytes:
        """Send a message; return its acknowledgement. A connection that the receiver ended is opened again."""
        try:
            try:
                self._client.connect()
                return self._client.send(message)
            except NotConnected:
                self._client.close()
                self._client.connect()
                return self._client.send(message)
        except (AnswerTimeout, ClosedWithoutAnswer, UnexpectedAnswer) as error:
            self._client.close()
            raise NoAnswer(t(f"pas d’acquittement : {error}", f"no acknowledgement: {error}")) from error
        except MllpClientError as error:
            raise _failed(self._where, error) from error

    def close(self) -> None:
        """Close the connection."""
        self._client.close()


def connect(host: str, port: int, tls: Tls | None, patience: float) -> Link:
    """Open a connection.

    :param patience: seconds to wait for each acknowledgement.
    :raises CannotRun: nobody there, or TLS refused.
    """
    where = f"{host}:{port}"
    client = MllpClient(host, port, tls=_context(tls), answer_timeout=patience)
    try:
        client.connect()
    except MllpClientError as error:
        raise _failed(where, error) from error
    return Link(client, where)


def _failed(where: str, error: MllpClientError) -> CannotRun:
    return CannotRun(
        f"pas de connexion avec {where} ({error}) : vérifiez l’adresse (--to) et que le destinataire est démarré.",
        f"{error}: check the address (--to) and that the receiver is up.",
    )


def _context(tls: Tls | None) -> ssl.SSLContext | None:
    if tls is None:
        return None
    file = tls.ca
    try:
        context = ssl.create_default_context(cafile=tls.ca or None)
        file = tls.certificate
        if tls.certificate:
            context.load_cert_chain(tls.certificate, tls.key or None)
    except OSError as error:  # ssl.SSLError included
        reason = error.strerror or str(error)
        raise CannotRun(
            f"certificat ou clé inutilisable, {file} : {reason}. Des fichiers PEM sont attendus.",
            f"certificate or key cannot be used, {file}: {reason}. PEM files are expected.",
        ) from error
    return context
