"""Try a listener from the gateway's own machine, and read the certificate it is set to show: of a file or a slot."""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from ecluse.services.certificates import CertificateFile, read_certificate_file
from ecluse.services.deployment_view import ListenerView
from ecluse.transports.knock import Knock, knock

_ALARM_DAYS, _WARNING_DAYS = 30, 120
"""Days left below which a certificate is urgent, and to be renewed."""


@dataclass(frozen=True, slots=True)
class CertificateState:
    """The certificate of a listener, read now from its file or its slot. subject: RFC 4514; until: ISO 8601; days:
    left, negative once it is over; level: `ok`, `warn` or `bad`; fault: why it cannot be read, `slot` when its slot is
    empty, or empty.
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
    tls: version and suite, or empty; same: the certificate shown is that of the file or the slot, null without TLS;
    fault: the words of the system, or empty; unknown: the port is chosen by the system at the start, and not known to
    the pages.
    """

    answers: bool
    milliseconds: float = 0.0
    tls: str = ""
    same: bool | None = None
    fault: str = ""
    unknown: bool = False


def certificate_state(listener: ListenerView, now: datetime) -> CertificateState | None:
    """The certificate that a listener is set to show; None without TLS."""
    if not listener.tls:
        return None
    try:
        read = _set(listener)
    except _Empty:
        return CertificateState(fault="slot")
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
    port = listener.address.rpartition(":")[2]
    if port in ("", "0"):
        return Trial(False, unknown=True)
    found = knock(*reachable(listener.address), tls=listener.tls)
    if found.refused:
        return Trial(False, fault=found.refused)
    return Trial(
        True,
        round(found.seconds * 1000, 1),
        " · ".join(filter(None, (found.tls, found.cipher))),
        _same(found, listener) if listener.tls else None,
    )


def _same(found: Knock, listener: ListenerView) -> bool:
    try:
        kept = _set(listener).certificate.fingerprint
    except (OSError, ValueError, _Empty):
        return False
    return sha256(found.certificate).hexdigest() == kept


def reachable(address: str) -> tuple[str, int]:
    """Host and port by which this machine reaches an address that was set for listening (HOST:PORT)."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        parsed = ipaddress.ip_address(host)
    except ValueError:
        return host, int(port)
    if parsed.is_unspecified:
        host = "127.0.0.1" if parsed.version == 4 else "::1"
    return host, int(port)


class _Empty(Exception):
    """The slot of a listener holds no certificate."""


def _set(listener: ListenerView) -> CertificateFile:
    """The certificate that a listener is set to show.

    :raises OSError: its file cannot be read; ValueError: it holds none; _Empty: its slot holds none.
    """
    if not listener.slot:
        return read_certificate_file(Path(listener.certificate).read_bytes())
    from ecluse.services.listening.kept import current

    held = current(listener.slot)
    if held is None:
        raise _Empty
    return read_certificate_file(bytes(held.der))
