"""Options that every command shares, so that they are spelt and explained the same way everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import language, t

Command = TypeVar("Command", bound=Callable[..., Any])


def _debug(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.find_root().meta["ecluse.debug"] = True


def data(command: Command) -> Command:
    """`--data DIR` and `--debug`: every command has them."""
    command = click.option(
        "--debug",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_debug,
        help=t("En cas d’erreur, montrer la trace complète.", "On error, show the full traceback."),
    )(command)
    return click.option(
        "--data",
        metavar="DIR",
        help=t(
            "Dossier de données (à défaut : ECLUSE_DATA, sinon ~/.local/share/ecluse).",
            "Data folder (default: ECLUSE_DATA, else ~/.local/share/ecluse).",
        ),
    )(command)


def output(command: Command) -> Command:
    """`--format text|json`."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help=t("json : un seul document sur la sortie standard.", "json: exactly one document on stdout."),
    )(command)


def lang(command: Command) -> Command:
    """`--lang fr|en`: language of the findings and reasons."""
    return click.option(
        "--lang",
        type=click.Choice(["fr", "en"]),
        default=language,
        help=t(
            "Langue des constats (à défaut : celle du terminal).",
            "Language of the findings (default: that of the terminal).",
        ),
    )(command)


def document_lang(command: Command) -> Command:
    """`--lang fr|en`: a document is the same on every terminal, so its sentences are French unless asked otherwise."""
    return click.option(
        "--lang",
        type=click.Choice(["fr", "en"]),
        help=t(
            "Langue des phrases (à défaut : celle du terminal ; fr en JSON et à l’export).",
            "Language of the sentences (default: that of the terminal; fr in JSON and exports).",
        ),
    )(command)


def address(text: str, option: str) -> tuple[str, int]:
    """HOST and PORT of an address; IPv6 hosts in brackets.

    :raises CannotRun: when it is not HOST:PORT.
    """
    host, _, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if (
        not bare
        or not (port.isascii() and port.isdigit())
        or not 0 < int(port) < 65536
        or (":" in bare and bare == host)
    ):
        raise CannotRun(
            f"{option} : « {text} » n’est pas une adresse HÔTE:PORT, par exemple 127.0.0.1:2575.",
            f"{option}: “{text}” is not HOST:PORT, for example 127.0.0.1:2575.",
        )
    return bare, int(port)


def examples(*lines: str) -> str:
    """The examples at the foot of a help text, one command per line."""
    return "\b\n" + t("Exemples :", "Examples:") + "\n" + "\n".join(f"  {line}" for line in lines)
