"""The settings of certificates and of the mail of alarms: checked, and described to the services that follow them."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecluse.main.cards import card_authorities
from ecluse.main.settings_model import Configuration, wrong
from ecluse.main.settings_reading import Origins

if TYPE_CHECKING:
    from ecluse.delivery.worker.loop import Chore
    from ecluse.services.certificates.settings import CertificateSettings, MailSettings
    from ecluse.services.wire import ActResult

_MAILBOX = re.compile(r"[^@\s<>,;]{1,64}@[^@\s<>,;]{1,250}")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
OPERATOR = "worker"
"""Who asks for the acts that no person asks for: a revocation that an authority told."""


def check_certificates(configuration: Configuration, origins: Origins, *, serving: bool) -> None:
    """Refuse settings of certificates and of mail that cannot work.

    :param serving: also look for the files, which a copy of the data on another machine need not have.
    :raises ConfigurationError: naming the place and what to write.
    """
    told = configuration.certificates
    days = told.alarm_days
    if not days or not all(0 < one <= 1095 for one in days):
        raise wrong(
            origins.of("alarm_days", "certificates"),
            f"alarm_days = {list(days)} ; écrivez des jours de 1 à 1095, par exemple [90, 30, 7, 1]",
            f"alarm_days = {list(days)}; write days from 1 to 1095, for example [90, 30, 7, 1]",
        )
    if not 5 <= told.crl_minutes <= 1440:
        raise wrong(
            origins.of("crl_minutes", "certificates"),
            f"crl_minutes = {told.crl_minutes} ; écrivez de 5 à 1440 minutes",
            f"crl_minutes = {told.crl_minutes}; write 5 to 1440 minutes",
        )
    for one in told.allowed_networks:
        try:
            ipaddress.ip_network(one)
        except ValueError:
            raise wrong(
                origins.of("allowed_networks", "certificates"),
                f'allowed_networks contient {one!r} ; écrivez des adresses ou des réseaux, par exemple "10.1.2.0/24"',
                f'allowed_networks contains {one!r}; write addresses or networks, for example "10.1.2.0/24"',
            ) from None
    _check_mail(configuration, origins)
    if serving:
        _check_files(configuration, origins)


def _check_mail(configuration: Configuration, origins: Origins) -> None:
    mail = configuration.mail
    if not mail.host:
        return
    for name, one in [("sender", mail.sender), *(("mailboxes", one) for one in mail.mailboxes)]:
        if not _MAILBOX.fullmatch(one) or not one.isprintable():
            raise wrong(
                origins.of(name, "mail"),
                f"{name} = {one!r} ; écrivez une adresse, par exemple alarmes@hopital.example",
                f"{name} = {one!r}; write an address, for example alarms@hospital.example",
            )
    if not mail.mailboxes:
        raise wrong(
            origins.of("mailboxes", "mail"),
            "mailboxes est vide : écrivez au moins une boîte qui reçoit les alarmes",
            "mailboxes is empty: write at least one mailbox that gets the alarms",
        )
    if not 0 < mail.port < 65536:
        raise wrong(
            origins.of("port", "mail"),
            f"port = {mail.port} ; écrivez 587 ou 465",
            f"port = {mail.port}; write 587 or 465",
        )
    if mail.security == "none" and mail.host not in _LOOPBACK:
        raise wrong(
            origins.of("security", "mail"),
            f'security = "none" enverrait le courrier en clair à {mail.host!r} ; écrivez "starttls" ou "tls"',
            f'security = "none" would send mail in clear to {mail.host!r}; write "starttls" or "tls"',
        )


def _check_files(configuration: Configuration, origins: Origins) -> None:
    asked = (
        ("certificates", "pkcs11_pin_file", configuration.certificates.pkcs11_pin_file),
        ("certificates", "pkcs11_library", configuration.certificates.pkcs11_library),
        ("mail", "password_file", configuration.mail.password_file),
        ("mail", "authorities", configuration.mail.authorities),
    )
    for table, name, given in asked:
        file = _file(configuration, given)
        if file is not None and not file.is_file():
            raise wrong(
                origins.of(name, table),
                f"{name} = {str(file)!r} : ce fichier n’existe pas",
                f"{name} = {str(file)!r}: no such file",
            )


def certificate_settings(configuration: Configuration) -> CertificateSettings:
    """The settings of certificates, as their services need them."""
    from ecluse.main.assembly import secrets_folder
    from ecluse.services.certificates.settings import CertificateSettings

    told = configuration.certificates
    return CertificateSettings(
        environment=configuration.environment,
        data=configuration.data,
        secrets=secrets_folder(configuration),
        allowed_networks=told.allowed_networks,
        thresholds=tuple(sorted(set(told.alarm_days), reverse=True)),
        tls_revocation=told.tls_revocation,
        crl_minutes=told.crl_minutes,
        ocsp=told.ocsp,
        token_library=str(_file(configuration, told.pkcs11_library) or ""),
        token_pin_file=str(_file(configuration, told.pkcs11_pin_file) or ""),
        webhook_networks=configuration.deliveries.allowed_networks,
        webhook_authorities=configuration.deliveries.authorities,
        cards=configuration.accounts.card,
        card_authorities=card_authorities(configuration),
        mail=_mail(configuration),
    )


def use_certificates(configuration: Configuration) -> None:
    """Have the services of this process follow these settings."""
    from ecluse.services.certificates.settings import use

    use(certificate_settings(configuration))


def certificate_chores(configuration: Configuration) -> list[Chore]:
    """Lists fetched, certificates examined, alarms given, keys that nothing needs destroyed."""
    from ecluse.delivery.worker.loop import Chore, aside
    from ecluse.services import rewrap
    from ecluse.services.certificates import alarms, crls, keys, standing

    settings = certificate_settings(configuration)
    ask = _asking(configuration)

    def watch(now: float) -> None:
        crls.refresh(settings, int(now * 1_000_000))
        standing.examine(settings, ask, int(now * 1_000_000))

    def alarm(now: float) -> None:
        alarms.give(settings, int(now * 1_000_000))

    def forget(now: float) -> None:
        keys.forget_unused(int(now * 1_000_000))
        rewrap.finish_left(settings.secrets, int(now * 1_000_000))

    return [
        Chore("revocation", 60.0, aside("revocation", watch, _leave_store)),
        Chore("alarms", 300.0, aside("alarms", alarm, _leave_store)),
        Chore("private-keys", 3600.0, forget),
    ]


def _leave_store() -> None:
    """Close the connection of a thread that ends."""
    from django.db import connection

    connection.close()


def _asking(configuration: Configuration) -> Any:
    from ecluse.services.ask_writer import ask_writer
    from ecluse.services.wire import Act

    def ask(name: str, arguments: dict[str, Any]) -> ActResult:
        return ask_writer(configuration.run / "writer.sock", Act(OPERATOR, name, arguments))

    return ask


def _mail(configuration: Configuration) -> MailSettings:
    from ecluse.services.certificates.settings import MailSettings
    from ecluse.transports.mail import MailServer

    mail = configuration.mail
    if not mail.host:
        return MailSettings()
    password = _file(configuration, mail.password_file)
    try:
        secret = password.read_text("utf-8").strip() if password is not None else ""
    except (OSError, UnicodeDecodeError):
        secret = ""
    server = MailServer(
        mail.host,
        mail.port,
        mail.security,
        mail.user,
        secret,
        str(_file(configuration, mail.authorities) or ""),
    )
    return MailSettings(server, mail.sender, mail.mailboxes)


def _file(configuration: Configuration, given: str) -> Path | None:
    """A file of the settings: in full, or from the folder of the keys."""
    if not given:
        return None
    from ecluse.main.assembly import secrets_folder

    return secrets_folder(configuration) / Path(given).expanduser()
