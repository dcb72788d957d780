"""What the commands of `ecluse pki` share: the store opened, files and passwords read, refusals in one line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ecluse.delivery.cli import output
from ecluse.delivery.cli.errors import CannotRun, because
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import Gateway, tools

if TYPE_CHECKING:
    from ecluse.services.certificates.settings import CertificateSettings
    from ecluse.services.certificates.trust import Ask

Command = TypeVar("Command", bound=Callable[..., Any])

USES = (
    "dmp_tls", "dmp_sign", "roc_directory", "roc_services", "insi", "mssante", "psc", "listener_server",
)  # fmt: skip
"""`rules.certificates.slots.uses()`, written again: help does not read the rules."""
STORES = ("igc-sante-production", "igc-sante-test", "igc-osi")
MARKS = {"ok": "✓", "info": "•", "warning": "!", "error": "✗"}
_MOST_BYTES = 32 * 1024 * 1024


def establishment_option(command: Command) -> Command:
    """`--establishment FINESS`."""
    return click.option(
        "--establishment",
        metavar="FINESS",
        help=t(
            "Établissement, par son FINESS juridique ou celui d’un de ses sites (inutile s’il n’y en a qu’un).",
            "Establishment, by the FINESS of its legal entity or of a site (needless when there is only one).",
        ),
    )(command)


def use_option(required: bool) -> Callable[[Command], Command]:
    """`--use USE`."""
    return click.option(
        "--use",
        type=click.Choice(USES),
        required=required,
        help=t("À quoi sert le certificat.", "What the certificate is for."),
    )


def password_option(command: Command) -> Command:
    """`--password-stdin`."""
    return click.option(
        "--password-stdin",
        is_flag=True,
        help=t(
            "Lire le mot de passe du fichier sur la première ligne de l’entrée standard.",
            "Read the password of the file from the first line of standard input.",
        ),
    )(command)


def opened(data: str | None) -> CertificateSettings:
    """Open the store, have the certificates follow their settings; those settings."""
    gateway = tools().read(data)
    return follow(gateway)


def follow(gateway: Gateway) -> CertificateSettings:
    """The same, for a store that is open."""
    tools().certificates(gateway)

    from ecluse.services.certificates.settings import current
    from ecluse.services.directory.importing import write_in_turn

    write_in_turn(gateway.run, gateway.database_url)
    return current()


@contextmanager
def asking(data: str | None) -> Iterator[Ask]:
    """Have acts done by the writer: that of the running gateway, or this process."""
    with tools().acting(data) as act:
        yield act


def establishment(given: str | None) -> int:
    """The number of an establishment in this program. The store is open.

    :raises CannotRun: it is unknown, or there are several and none was given.
    """
    from ecluse.services.queries.settings import establishments, sites

    known = establishments()
    if given is None and len(known) == 1:
        return known[0].id
    for one in known:
        if given is not None and given in (one.finess, one.name):
            return one.id
    for site in sites():
        if given is not None and site.finess == given:
            return site.establishment
    listed = ", ".join(f"{one.finess or '?'} ({one.name})" for one in known)
    if not known:
        raise CannotRun(
            "aucun établissement n’est déclaré : déclarez-le dans les réglages de la console, ou par l’API.",
            "no establishment is declared: declare it in the settings of the console, or by the API.",
        )
    raise CannotRun(
        f"--establishment : donnez le FINESS d’un établissement déclaré ici : {listed}.",
        f"--establishment: give the FINESS of an establishment declared here: {listed}.",
    )


def read_bytes(file: str) -> bytes:
    """A file, or standard input for `-`.

    :raises CannotRun: it cannot be read, or is too large.
    """
    try:
        if file == "-":
            content = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with Path(file).open("rb") as stream:
                content = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise CannotRun(
            f"{file} ne peut pas être lu ({because(error)}).", f"{file} cannot be read ({because(error)})."
        ) from None
    if len(content) > _MOST_BYTES:
        raise CannotRun(f"{file} est trop grand.", f"{file} is too large.")
    return content


def read_password(file: str, asked: bool, needed: bool) -> str | None:
    """The password of a file: from standard input when asked, typed without echo on a terminal, else none.

    :param needed: the file is a PKCS#12.
    :raises CannotRun: the file and the password would come by the same way.
    """
    if asked and file == "-":
        raise CannotRun(
            "le fichier et son mot de passe ne peuvent pas venir tous deux de l’entrée standard.",
            "the file and its password cannot both come from standard input.",
        )
    if asked:
        try:
            return sys.stdin.buffer.readline().rstrip(b"\r\n").decode("utf-8")
        except UnicodeDecodeError:
            raise CannotRun("le mot de passe n’est pas en UTF-8.", "the password is not in UTF-8.") from None
    if needed and file != "-" and sys.stdin is not None and sys.stdin.isatty():
        typed = click.prompt(
            t("Mot de passe du fichier", "Password of the file"),
            hide_input=True, default="", show_default=False, err=True,
        )  # fmt: skip
        return str(typed)
    return None


@contextmanager
def readable() -> Iterator[None]:
    """An error of a file of certificates, with its two sentences, becomes the one line of a command."""
    try:
        yield
    except click.ClickException:
        raise
    except Exception as error:
        fr, en = getattr(error, "text_fr", None), getattr(error, "text_en", None)
        if isinstance(fr, str) and isinstance(en, str):
            raise CannotRun(fr, en) from error
        raise


def plain(value: object) -> object:
    """A value as JSON should show it: named tuples by the names of their fields."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: plain(one) for name, one in value._asdict().items()}
    if isinstance(value, tuple | list | frozenset):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    return value


def document(**values: object) -> None:
    """Print the one JSON document of a command."""
    output.document({name: plain(one) for name, one in values.items()})


def day(text: str) -> str:
    """`2029-11-20` of an ISO instant."""
    return text[:10]
