"""Send one message by SMTP, always under TLS beyond this machine; a mailbox that refuses is told apart from a failure.

Source: RFC 5321 (SMTP; codes 5yz are final), RFC 3207 (STARTTLS), RFC 8314 (submission over TLS, port 465).
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Literal, NamedTuple

SECONDS = 20.0
_MOST_FAILURES = 1
"""Lost connections in a row after which the server is tried again: it may have ended one for one message alone."""

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True, repr=False)
class MailServer:
    """A submission server. security: `starttls` (port 587), `tls` (465) or `none`; authorities: PEM file of more
    certificate authorities, or empty; user, password: empty without authentication.
    """

    host: str
    port: int
    security: Security = "starttls"
    user: str = ""
    password: str = ""
    authorities: str = ""
    seconds: float = SECONDS


class Refusal(NamedTuple):
    """A mailbox that the server refused. final: it will not take it later either (5yz); code: of SMTP."""

    mailbox: str
    code: int
    final: bool
    reason: str


class NotSent(Exception):
    """Nothing more leaves: the server cannot be used. why: one word; detail: one line, without address."""

    def __init__(
        self, why: Literal["unreachable", "tls", "sender", "key", "protocol"], detail: str = ""
    ) -> None:
        super().__init__(f"{why}: {detail}" if detail else why)
        self.why = why
        self.detail = detail


def compose(
    sender: str, mailbox: str, subject: str, text: str, at: int, *, attached: Sequence[tuple[str, str]] = ()
) -> EmailMessage:
    """A plain text message to one mailbox.

    :param at: µs since 1970; attached: names and texts of calendar files (`text/calendar`).
    :raises ValueError: an address or the subject holds a line break.
    """
    message = EmailMessage()
    message["From"] = sender
    message["To"] = mailbox
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime.fromtimestamp(at / 1_000_000, UTC))
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or "localhost")
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answer
    message.set_content(text)
    for name, content in attached:
        message.add_attachment(content, subtype="calendar", filename=name)
    return message


class Sent(NamedTuple):
    """What became of messages. sent: mailboxes whose message the server took; refusals: those it refused; failure: why
    the others, if any, have not left.
    """

    sent: tuple[str, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    failure: NotSent | None = None


def send(server: MailServer, messages: Sequence[EmailMessage]) -> Sent:
    """Send messages, one mailbox each, over one connection, or another when the server ends it: one mailbox that fails
    keeps no mail from the others.

    A server that fails twice in a row is left alone: the messages not named in what is returned have not left.
    """
    sent: list[str] = []
    refusals: list[Refusal] = []
    failure: NotSent | None = None
    failures = 0
    line = _Line(server)
    for message in messages:
        try:
            refused = line.send(message)
        except NotSent as error:
            failure, failures = error, failures + 1
            if failures > _MOST_FAILURES or error.why != "protocol":
                break
            continue
        failures = 0
        if refused is None:
            sent.append(str(message["To"]))
        else:
            refusals.append(refused)
    line.end()
    return Sent(tuple(sent), tuple(refusals), failure)


class _Line:
    """A connection to the server, made when it is needed and made again when it was lost."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._connection: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> Refusal | None:
        """Send one message; why its mailbox was refused, if it was.

        :raises NotSent: the server cannot be reached, is not the one it says, or refuses us.
        """
        with _told():
            if self._connection is None or self._connection.sock is None:
                self._connection = _connect(self._server)
            try:
                return _send_one(self._connection, message)
            except BaseException:
                self._connection.close()
                raise

    def end(self) -> None:
        """Say farewell."""
        if self._connection is not None and self._connection.sock is not None:
            with suppress(smtplib.SMTPException, OSError):
                self._connection.quit()
            self._connection.close()


@contextmanager
def _told() -> Iterator[None]:
    """Failures of a server in one word."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise NotSent("key", str(error.smtp_code)) from None
    except ssl.SSLError as error:
        raise NotSent("tls", error.reason or type(error).__name__) from None
    except smtplib.SMTPNotSupportedError:
        raise NotSent("tls", "STARTTLS") from None
    except smtplib.SMTPException as error:
        raise NotSent("protocol", type(error).__name__) from None
    except OSError as error:
        raise NotSent("unreachable", error.strerror or type(error).__name__) from None


def _connect(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    context.hostname_checks_common_name = False  # RFC 9525 §2: other names alone
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server.authorities:
        context.load_verify_locations(server.authorities)
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=server.seconds, context=context
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=server.seconds)
    try:
        if server.security == "starttls":
            connection.starttls(context=context)
        if server.user:
            connection.login(server.user, server.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _send_one(connection: smtplib.SMTP, message: EmailMessage) -> Refusal | None:
    mailbox = str(message["To"])
    try:
        connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        return _refusal(mailbox, code, reason)
    except smtplib.SMTPSenderRefused as error:
        raise NotSent("sender", f"SMTP {error.smtp_code}") from None
    except smtplib.SMTPDataError as error:
        if connection.sock is not None:  # 421 closed it
            connection.rset()
        return _refusal(mailbox, error.smtp_code, error.smtp_error)
    return None


def _refusal(mailbox: str, code: int, reason: bytes | str) -> Refusal:
    text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return Refusal(mailbox, code, 500 <= code < 600, " ".join(text.split())[:200])
