"""Deployment settings: `ecluse.toml` in the data folder, overridden by ECLUSE_* variables, then by the command line."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_type_hints
from urllib.parse import unquote, urlsplit

Environment = Literal["test", "production"]


class ConfigurationError(Exception):
    """A setting is wrong. The message names the file, the line and what to write instead."""


@dataclass(frozen=True, slots=True)
class Listener:
    """One MLLP listener. Times in seconds, sizes in bytes; empty paths: no TLS."""

    name: str = "main"
    address: str = "127.0.0.1:2575"
    domain: str = ""
    tls_certificate: str = ""
    tls_key: str = ""
    tls_client_ca: str = ""
    allowed_peers: tuple[str, ...] = ()
    allow_plaintext: bool = False
    unknown_senders: Literal["", "to_confirm", "confirm", "refuse"] = ""
    max_connections: int = 500
    max_message: int = 16 * 1024 * 1024
    idle_timeout: float = 3600.0
    slow_timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Rules:
    """What the national documents leave open (docs: settings)."""

    known_patient_creation: Literal["update", "refuse"] = "update"
    require_strict_traits: bool = True
    duplicate_window_hours: int = 24


@dataclass(frozen=True, slots=True)
class Configuration:
    """All deployment settings of one gateway."""

    data: Path
    environment: Environment = "test"
    http: str = "127.0.0.1:8080"
    http_allow_plaintext: bool = False
    database_url: str = ""
    secrets: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    minimum_free_bytes: int = 256 * 1024 * 1024
    listeners: tuple[Listener, ...] = (Listener(),)
    rules: Rules = field(default_factory=Rules)

    @property
    def run(self) -> Path:
        """Folder of the sockets and locks of the running gateway."""
        return self.data / "run"


def data_folder(given: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Data folder: the command line, else ECLUSE_DATA, else the user's own data directory."""
    chosen = given or environ.get("ECLUSE_DATA")
    if chosen:
        return Path(chosen).expanduser().resolve()
    home = environ.get("XDG_DATA_HOME") or str(Path("~/.local/share").expanduser())
    return Path(home) / "ecluse"


def load(data: Path, environ: Mapping[str, str] = os.environ, **overrides: Any) -> Configuration:
    """Read the settings of a data folder.

    :param overrides: values of the command line; None means not given.
    :raises ConfigurationError: with the file and line at fault.
    """
    file = data / "ecluse.toml"
    text = ""
    if file.exists():
        text = file.read_text("utf-8")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: {error}") from None
    where = _Where(file, text)
    listeners = values.pop("listener", None)
    rules = values.pop("rules", {})
    configuration = _build(Configuration, {**values, "data": data}, where)
    if listeners is not None:
        configuration = replace(configuration, listeners=tuple(_build(Listener, one, where) for one in listeners))
    configuration = replace(configuration, rules=_build(Rules, rules, where))
    configuration = _environment(configuration, environ)
    return replace(configuration, **{name: value for name, value in overrides.items() if value is not None})


@dataclass(frozen=True, slots=True)
class _Where:
    file: Path
    text: str

    def line(self, name: str) -> str:
        for number, line in enumerate(self.text.splitlines(), 1):
            if line.split("=")[0].strip() == name:
                return f"{self.file}, line {number}"
        return str(self.file)


def _build(kind: type[Any], values: Mapping[str, Any], where: _Where) -> Any:
    hints = get_type_hints(kind)
    known = {one.name for one in fields(kind)}
    clean: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise ConfigurationError(
                f"{where.line(name)}: unknown setting {name!r}. Known: {', '.join(sorted(known - {'data'}))}"
            )
        clean[name] = _checked(name, value, hints[name], where)
    return kind(**clean)


def _checked(name: str, value: Any, hint: Any, where: _Where) -> Any:
    choices = getattr(hint, "__args__", None) if getattr(hint, "__origin__", None) is Literal else None
    if choices is not None:
        if value not in choices:
            raise ConfigurationError(f"{where.line(name)}: {name} = {value!r}; write one of {', '.join(map(repr, choices))}")
        return value
    if hint == tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ConfigurationError(f"{where.line(name)}: {name} must be a list of texts")
        return tuple(value)
    wanted: type[Any] = hint
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        raise ConfigurationError(f"{where.line(name)}: {name} = {value!r}; a {wanted.__name__} is expected")
    return value


def _environment(configuration: Configuration, environ: Mapping[str, str]) -> Configuration:
    found: dict[str, Any] = {}
    hints = get_type_hints(Configuration)
    for one in fields(Configuration):
        text = environ.get(f"ECLUSE_{one.name.upper()}")
        if text is None or one.name in ("data", "listeners", "rules"):
            continue
        value: Any = text
        if hints[one.name] is bool:
            value = text.lower() in ("1", "true", "yes")
        elif hints[one.name] is int:
            try:
                value = int(text)
            except ValueError:
                raise ConfigurationError(f"ECLUSE_{one.name.upper()} = {text!r}; a whole number is expected") from None
        found[one.name] = _checked(one.name, value, hints[one.name], _Where(Path("ECLUSE_" + one.name.upper()), ""))
    if "ECLUSE_MLLP" in environ:
        first = replace(configuration.listeners[0], address=environ["ECLUSE_MLLP"])
        found["listeners"] = (first, *configuration.listeners[1:])
    return replace(configuration, **found)


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
    url = urlsplit(configuration.database_url)
    if url.scheme not in ("postgresql", "postgres") or len(url.path) < 2:
        raise ConfigurationError("database_url: write postgresql://user:password@host:port/name")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path[1:]),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": str(url.port or ""),
        "OPTIONS": dict(part.split("=", 1) for part in url.query.split("&") if "=" in part),
    }
