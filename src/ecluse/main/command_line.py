"""Entry of the `ecluse` command: gives the commands what they need of every room."""

from __future__ import annotations

import errno
import sqlite3
import ssl
import sys
from pathlib import Path
from typing import Any, Literal

import click

from ecluse.delivery.cli.errors import CannotRun, because
from ecluse.delivery.cli.root import Root, build, run
from ecluse.delivery.cli.tools import Gateway, Link, Tls, Tools
from ecluse.main import opening
from ecluse.main.configuration import Configuration, ConfigurationError


def command() -> Root:
    """The whole `ecluse` command."""
    root = build()
    for name in ("serve", "demo", "pki", "simulate"):
        root.later(name, f"ecluse.main.{name}_command")
    return root


def tools() -> Tools:
    """Every room, as the commands need it; each is entered when asked, so that `--help` stays quick."""
    return Tools(
        settings=opening.settings,
        read=opening.read,
        alone=opening.alone,
        act=_act,
        acting=_acting,
        retention=_retention,
        connect=_connect,
        explain=explain,
        strict_traits=_strict_traits,
        wrong_key=_wrong_key,
        secrets=_secrets,
        allowed_networks=_allowed_networks,
        invitation_hours=_invitation_hours,
        directory=_directory,
        certificates=_certificates,
        serving=_serving,
        operator=_operator,
        diagnose=_diagnose,
        clock=opening.clock,
        served=_served,
    )


def _served(given: str | None) -> Any:
    from ecluse.main.diagnosis import listeners_shown

    return listeners_shown(given)


def _act(given: str | None, name: str, arguments: dict[str, Any]) -> Any:
    from ecluse.main.acting import act

    return act(given, name, arguments)


def _acting(given: str | None) -> Any:
    from ecluse.main.acting import acting

    return acting(given)


def _retention(gateway: Gateway) -> Any:
    from ecluse.main.assembly import retention

    assert isinstance(gateway, Configuration)
    return retention(gateway)


def _connect(host: str, port: int, tls: Tls | None, patience: float) -> Link:
    from ecluse.main.linking import connect

    return connect(host, port, tls, patience)


def _diagnose(given: str | None) -> Any:
    from ecluse.main.diagnosis import diagnose

    return diagnose(given)


def _strict_traits(gateway: Gateway) -> bool:
    assert isinstance(gateway, Configuration)
    return gateway.rules.require_strict_traits


def _wrong_key(gateway: Gateway) -> Literal["by-environment", "never-usable", "warn"]:
    assert isinstance(gateway, Configuration)
    return gateway.rules.wrong_key


def _secrets(gateway: Gateway) -> Path:
    from ecluse.main.assembly import secrets_folder

    assert isinstance(gateway, Configuration)
    return secrets_folder(gateway)


def _allowed_networks(gateway: Gateway) -> tuple[str, ...]:
    assert isinstance(gateway, Configuration)
    return gateway.deliveries.allowed_networks


def _invitation_hours(gateway: Gateway) -> int:
    assert isinstance(gateway, Configuration)
    return gateway.accounts.invitation_hours


def _directory(gateway: Gateway) -> None:
    from ecluse.main.directory import use_directory

    assert isinstance(gateway, Configuration)
    use_directory(gateway)


def _certificates(gateway: Gateway) -> None:
    from ecluse.main.certificates import use_certificates

    assert isinstance(gateway, Configuration)
    use_certificates(gateway)


def _serving(gateway: Gateway) -> bool:
    assert isinstance(gateway, Configuration)
    return opening.served(gateway) is not None


def _operator() -> str:
    from ecluse.main.acting import operator

    return operator()


def explain(error: BaseException) -> click.ClickException | None:
    """The line to print for an expected error of any room; None for a defect."""
    if isinstance(error, ConfigurationError):
        return CannotRun(error.fr, error.en)
    if type(error).__name__ == "ServeError":
        return CannotRun(str(error), str(error))
    sentence = getattr(error, "sentence", None)
    if sentence is not None:
        return CannotRun(sentence.fr, sentence.en)
    if isinstance(error, sqlite3.DatabaseError) or type(error).__module__ == "django.db.utils":
        return _database(error)
    if isinstance(error, OSError):
        return _system(error)
    return None


def _system(error: OSError) -> CannotRun:
    """What the system refuses, in its own words, which are not ours to translate; then what to do about it."""
    if isinstance(error, ssl.SSLError):
        fr, en = "vérifiez les certificats et la clé", "check the certificates and the key"
    elif error.errno in (errno.ENOSPC, errno.EDQUOT):
        fr, en = "libérez de la place sur le disque", "free room on the disk"
    elif error.filename:
        fr = "vérifiez que ce chemin existe et que votre compte y a droit"
        en = "check that this path exists and that your account may use it"
    else:
        fr, en = "réessayez ; --debug dit où cela se passe", "try again; --debug tells where it happens"
    return CannotRun(
        f"{f'{error.filename} : ' if error.filename else ''}{because(error)}. Que faire : {fr}.",
        f"{f'{error.filename}: ' if error.filename else ''}{because(error)}. What to do: {en}.",
    )


def _database(error: BaseException) -> CannotRun:
    text = str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
    if "locked" in text:
        return CannotRun(
            "la base de données est occupée par un autre programme : réessayez dans un instant.",
            "the database is locked by another program: try again in a moment.",
        )
    return CannotRun(
        f"la base de données ne répond pas comme attendu ({text}) : lancez « ecluse doctor ».",
        f"the database does not answer as expected ({text}): run “ecluse doctor”.",
    )


def main() -> None:
    """Console script."""
    sys.exit(run(command(), tools()))


if __name__ == "__main__":
    main()
