"""Settings of the certificates, as the process that uses them was given them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ecluse.transports.mail import MailServer

THRESHOLDS = (120, 90, 60, 30, 15, 7, 1)
"""Days before an end at which somebody is told."""


@dataclass(frozen=True, slots=True)
class MailSettings:
    """server: None when no mail is sent; sender: address in From; mailboxes: who is told of alarms."""

    server: MailServer | None = None
    sender: str = ""
    mailboxes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CertificateSettings:
    """Settings of the certificates.

    data, secrets: folders of the data and of the master key; allowed_networks: private networks where lists of
    revocation may be fetched; thresholds: days before an end at which somebody is told; tls_revocation: what a
    revocation that cannot be known does to a TLS connection (`soft`: an alarm, `hard`: refused; signatures are always
    `hard`); crl_minutes: between two looks at a list; ocsp: responders are asked too; token_library, token_pin_file:
    PKCS#11 module and file of its PIN, or empty; webhook_networks, webhook_authorities: as for other deliveries;
    cards: people sign in by card; card_authorities: fingerprints of authorities that issue cards, besides the national
    ones.
    """

    environment: Literal["test", "production"] = "test"
    data: Path = Path("/nowhere: the certificates were not told their settings")
    secrets: Path = Path("/nowhere: the certificates were not told their settings")
    allowed_networks: tuple[str, ...] = ()
    thresholds: tuple[int, ...] = THRESHOLDS
    tls_revocation: Literal["soft", "hard"] = "soft"
    crl_minutes: int = 60
    ocsp: bool = False
    token_library: str = ""
    token_pin_file: str = ""
    webhook_networks: tuple[str, ...] = ()
    webhook_authorities: str = ""
    cards: bool = False
    card_authorities: tuple[str, ...] = ()
    mail: MailSettings = field(default_factory=MailSettings)


_current: list[CertificateSettings] = [CertificateSettings()]


def use(settings: CertificateSettings) -> None:
    """Follow these settings from now on."""
    _current[:] = [settings]


def current() -> CertificateSettings:
    """The settings followed."""
    return _current[0]
