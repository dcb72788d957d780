"""Try a listener from the gateway's own machine, and read the certificate it is set to show."""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from ecluse.services.certificates import read_certificate_file
from ecluse.services.deployment_view import ListenerView
from ecluse.transports.knock import Knock, knock

_ALARM_DAYS, _WARNING_DAYS = 30, 120
"""Days left below which a certificate is urgent, and to be renewed."""


@dataclass(frozen=True, slots=True)
class CertificateState:
    """The certificate of a listener, read from its file now. subject: RFC 4514; until: ISO 8601; days: left, negative
    once it is over; level: `ok`, `warn` or `bad`; fault: why it cannot be read, or empty.
    """

    subject: str = ""
    fingerprint: str = ""
    until: str = ""
    days: int = 0
    level: str = "bad"
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of a trial. answers: it accepted the connection, with TLS when it is set so; milliseconds: it took;
    tls: version and suite, or empty; same: the certificate shown is that of the file, null without TLS; fault: the
    words of the system, or empty; unknown: the port is chosen by the system at the start, and not known to the pages.
    """

    answers: bool
    milliseconds: float = 0.0
    tls: str = ""
    same: bool | None = None
    fault: str = ""
    unknown: bool = False


def certificate_state(listener: ListenerView, now: datetime) -> CertificateState | None:
    """The certificate that a listener is set to show; None without TLS."""
    if not listener.certificate:
        return None
    try:
        read = read_certificate_file(Path(listener.certificate).read_bytes())
    except OSError as error:
        return CertificateState(fault=error.strerror or "")
    except ValueError:
        return CertificateState(fault="PEM")
    days = math.floor((read.valid_until - now).total_seconds() / 86_400)
    level = "bad" if days < _ALARM_DAYS else "warn" if days < _WARNING_DAYS else "ok"
    return CertificateState(
        read.certificate.subject, read.certificate.fingerprint, read.valid_until.isoformat(), days, level
    )


def try_listener(listener: ListenerView) -> Trial:
    """Connect to a listener as this machine reaches it. Nothing is sent, so nothing enters the journal."""
    host, _, port = listener.address.rpartition(":")
    if port in ("", "0"):
        return Trial(False, unknown=True)
    found = knock(_reachable(host.strip("[]")), int(port), tls=bool(listener.certificate))
    if found.refused:
        return Trial(False, fault=found.refused)
    return Trial(
        True,
        round(found.seconds * 1000, 1),
        " · ".join(filter(None, (found.tls, found.cipher))),
        _same(found, listener) if listener.certificate else None,
    )


def _same(found: Knock, listener: ListenerView) -> bool:
    try:
        kept = read_certificate_file(Path(listener.certificate).read_bytes()).certificate.fingerprint
    except (OSError, ValueError):
        return False
    return sha256(found.certificate).hexdigest() == kept


def _reachable(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"
