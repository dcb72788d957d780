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
    ConnectTimeout,
    MllpClientError,
    NotConnected,
    TlsFailed,
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
            raise NoAnswer(_without_answer(error)) from error
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
    if isinstance(error, TlsFailed) and _our_certificate(error):
        return CannotRun(
            f"pas de connexion avec {where} ({_unconnected(error)}) : le destinataire refuse le certificat présenté, ou"
            " en attend un. Donnez par --tls-cert et --tls-key un certificat de client qu’il reconnaît.",
            f"{error}: the receiver refuses the certificate presented, or awaits one. Give by --tls-cert and --tls-key"
            " a client certificate that it recognises.",
        )
    if isinstance(error, TlsFailed):
        return CannotRun(
            f"pas de connexion avec {where} ({_unconnected(error)}) : vérifiez que le destinataire parle TLS, que"
            " --tls-ca contient l’autorité de son certificat, et que le nom donné à --to est celui qu’il porte.",
            f"{error}: check that the receiver speaks TLS, that --tls-ca holds the authority of its certificate, and"
            " that the name given to --to is the one it carries.",
        )
    return CannotRun(
        f"pas de connexion avec {where} ({_unconnected(error)}) : vérifiez l’adresse (--to) et que le destinataire est"
        " démarré.",
        f"{error}: check the address (--to) and that the receiver is up.",
    )


def _our_certificate(error: TlsFailed) -> bool:
    """Whether the receiver says that our certificate is missing or does not suit (alerts of RFC 8446 §6.2)."""
    reason = getattr(error.__cause__, "reason", "") or ""
    return "ALERT" in reason and any(one in reason for one in ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED"))


def _without_answer(error: MllpClientError) -> str:
    """Why no acknowledgement came back, in the language of the terminal."""
    if isinstance(error, AnswerTimeout):
        why = "rien n’est venu à temps ; --timeout allonge l’attente"
    elif isinstance(error, UnexpectedAnswer):
        why = "ce qui est revenu n’est pas une trame MLLP et une seule"
    elif isinstance(error.__cause__, OSError):
        why = f"la connexion s’est rompue avant la réponse ({_system(error.__cause__)})"
    else:
        why = "le destinataire a fermé la connexion sans acquitter"
    return t(f"pas d’acquittement : {why}", f"no acknowledgement: {error}")


def _unconnected(error: MllpClientError) -> str:
    """The same for a connection, in French."""
    if isinstance(error, ConnectTimeout):
        return "rien ne répond à temps"
    if isinstance(error, NotConnected):
        return "le destinataire a fermé la connexion"
    if isinstance(error.__cause__, ssl.SSLError):
        reason = getattr(error.__cause__, "verify_message", "") or error.__cause__.reason or error.__cause__
        return f"TLS refusé, texte du système : {reason}"
    return _system(error.__cause__) if isinstance(error.__cause__, OSError) else str(error)


def _system(error: OSError) -> str:
    """The text of the system, said to be so: it is not ours to translate."""
    return f"texte du système : {error.strerror or type(error).__name__}"


def _context(tls: Tls | None) -> ssl.SSLContext | None:
    if tls is None:
        return None
    file = tls.ca
    try:
        context = ssl.create_default_context(cafile=tls.ca or None)
        context.hostname_checks_common_name = False  # RFC 9525 §2: other names alone
        file = tls.certificate
        if tls.certificate:
            context.load_cert_chain(tls.certificate, tls.key or None)
    except OSError as error:  # ssl.SSLError included
        reason = error.strerror or str(error)
        raise CannotRun(
            f"certificat ou clé inutilisable, {file} (texte du système : {reason}). Des fichiers PEM sont attendus.",
            f"certificate or key cannot be used, {file}: {reason}. PEM files are expected.",
        ) from error
    return context
