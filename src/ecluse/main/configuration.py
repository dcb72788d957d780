"""Deployment settings: `ecluse.toml` in the data folder, overridden by ECLUSE_* variables, then by the command line.

The values are described in `settings_model`, read in `settings_reading`, checked in `settings_checks`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import fields, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple, get_type_hints
from urllib.parse import unquote, urlsplit

from ecluse.main.settings_checks import check, check_serving
from ecluse.main.settings_model import (
    TABLES,
    Api,
    Configuration,
    ConfigurationError,
    Environment,
    Fhir,
    Listener,
    Overrides,
    Retention,
    Rules,
    split_address,
    wrong,
)
from ecluse.main.settings_reading import Written, checked, read_file, read_variables

__all__ = [
    "TABLES",
    "Api",
    "Configuration",
    "ConfigurationError",
    "Environment",
    "Fhir",
    "Listener",
    "Overrides",
    "Renewal",
    "Retention",
    "Rules",
    "data_folder",
    "database",
    "load",
    "reload",
    "split_address",
    "write_default",
]

FILE = "ecluse.toml"

_READ_AGAIN = {"http_hosts", "http_proxies", "metrics_peers", "api", "fhir", "psc", "oidc"}
_LISTENER_READ_AGAIN = {"allowed_peers", "max_connections", "max_message", "idle_timeout", "slow_timeout"}
"""Settings that a running gateway takes in on SIGHUP; so do the contents of certificate files. Others wait."""


def data_folder(given: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Data folder: the command line, else ECLUSE_DATA, else the user's own data directory."""
    chosen = given or environ.get("ECLUSE_DATA")
    if chosen:
        return Path(chosen).expanduser().resolve()
    home = environ.get("XDG_DATA_HOME") or str(Path("~/.local/share").expanduser())
    return Path(home) / "ecluse"


def load(
    data: Path,
    environ: Mapping[str, str] = os.environ,
    *,
    mllp: str | None = None,
    http: str | None = None,
    environment: str | None = None,
    serving: bool = True,
) -> Configuration:
    """Read the settings of a data folder.

    :param mllp: address of the first listener, http, environment: values of the command line; None: not given.
    :param serving: also check what only matters to open ports (TLS files, what production refuses). A command that
        reads the store says False: it must work on a restored copy, away from the certificates.
    :raises ConfigurationError: with the file and line, the variable or the option at fault.
    """
    written = read_file(data / FILE)
    read_variables(written, environ)
    overrides = Overrides(mllp, http, environment)
    _read_command_line(written, overrides)
    configuration = Configuration(
        data=data,
        listeners=tuple(_listener(data, one) for one in written.listeners),
        overrides=overrides,
        **{name: kind(**written.tables[name]) for name, kind in TABLES.items()},
        **written.top,
    )
    check(configuration, written.origins)
    try:
        database(configuration)
    except ConfigurationError as error:
        raise wrong(written.origins.of("database_url"), error.fr, error.en) from None
    if serving:
        check_serving(configuration, written.origins)
    return configuration


def _read_command_line(written: Written, overrides: Overrides) -> None:
    places = written.origins.places
    if overrides.mllp is not None:
        written.listeners[0]["address"] = overrides.mllp
        places["listener", 0, "address"] = "--mllp"
    if overrides.http is not None:
        written.top["http"] = overrides.http
        places["", 0, "http"] = "--http"
    if overrides.environment is not None:
        hint = get_type_hints(Configuration)["environment"]
        written.top["environment"] = checked("environment", overrides.environment, hint, "--env")
        places["", 0, "environment"] = "--env"


def _listener(data: Path, values: dict[str, Any]) -> Listener:
    """Paths of TLS files are given from the data folder, or in full."""
    paths = {
        name: str(data / Path(values[name]).expanduser())
        for name in ("tls_certificate", "tls_key", "tls_client_ca")
        if values.get(name)
    }
    return Listener(**{**values, **paths})


class Renewal(NamedTuple):
    """Settings read again while the gateway runs; `waiting`: changed ones that only a restart applies."""

    configuration: Configuration
    waiting: tuple[str, ...]


def reload(before: Configuration, environ: Mapping[str, str] = os.environ) -> Renewal:
    """Read the settings of a running gateway again. What the command line said stays said.

    What a running gateway cannot take in keeps its former value and is named in `waiting`.

    :raises ConfigurationError: the new settings are wrong; the former ones stay good.
    """
    said = before.overrides
    new = load(before.data, environ, mllp=said.mllp, http=said.http, environment=said.environment)
    kept, waiting = _keep(before, new, _READ_AGAIN | {"listeners"}, "")
    by_name = {one.name: one for one in new.listeners}
    listeners = []
    for one in before.listeners:
        # A listener renamed or removed in the file serves as before until the restart.
        listener, held = _keep(
            one, by_name.get(one.name, one), _LISTENER_READ_AGAIN, f"listener {one.name}: "
        )
        listeners.append(listener)
        waiting += held
    if [one.name for one in before.listeners] != [one.name for one in new.listeners]:
        waiting += ("the list of listeners",)
    return Renewal(replace(kept, listeners=tuple(listeners)), waiting)


def _keep(before: Any, new: Any, taken: set[str], prefix: str) -> tuple[Any, tuple[str, ...]]:
    """`before` with the settings `taken` of `new`, and the names of the others that differ."""
    names = [one.name for one in fields(before)]
    waiting = tuple(
        prefix + name for name in names if name not in taken and getattr(before, name) != getattr(new, name)
    )
    return replace(before, **{name: getattr(new, name) for name in names if name in taken}), waiting


def write_default(data: Path, environment: Environment = "test") -> bool:
    """Write the commented `ecluse.toml` of a new data folder, readable by its owner only.

    :param environment: written down when it is production, because it is for the life of the store: the next start
        then needs no option.
    :returns: False when there is one already; it is never touched.
    :raises OSError: when it cannot be written.
    """
    content = files("ecluse.main").joinpath("default_settings.toml").read_text("utf-8")
    if environment == "production":
        content = content.replace('\n# environment = "test"\n', '\nenvironment = "production"\n', 1)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(data / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(content)
    return True


def database(configuration: Configuration) -> dict[str, Any]:
    """Django's database settings: SQLite in the data folder, or PostgreSQL by `database_url`.

    :raises ConfigurationError: when the address is not of the form postgresql://user:password@host:port/name.
    """
    if not configuration.database_url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(configuration.data / "ecluse.db"),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON",
            },
        }
    try:
        url = urlsplit(configuration.database_url)
        port = url.port
    except ValueError:
        raise ConfigurationError(*_DATABASE_URL) from None
    if url.scheme not in ("postgresql", "postgres") or len(url.path) < 2:
        raise ConfigurationError(*_DATABASE_URL)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path[1:]),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": str(port or ""),
        "OPTIONS": {
            unquote(name): unquote(value) for name, _, value in map(_pair, url.query.split("&")) if name
        },
    }


_DATABASE_URL = (
    "database_url : écrivez postgresql://compte:mot-de-passe@hôte:port/nom, ou rien pour SQLite",
    "database_url: write postgresql://user:password@host:port/name, or nothing for SQLite",
)
"""Without the value: it holds a password."""


def _pair(text: str) -> tuple[str, str, str]:
    return text.partition("=")
