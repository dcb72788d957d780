"""Read settings: TOML and ECLUSE_* variables to typed values, each remembering where it was written."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from ecluse.main.settings_model import TABLES, Configuration, ConfigurationError, Listener, wrong

_HEADER = re.compile(r"\s*\[(\[?)\s*([A-Za-z_]+)\s*\]?\]")
_SETTING = re.compile(r"\s*([A-Za-z_]+)\s*=")
_NOT_IN_FILE = {"data", "listeners", "overrides", *TABLES}
_NOT_IN_VARIABLES = _NOT_IN_FILE
_TRUE, _FALSE = ("1", "true", "yes"), ("0", "false", "no")

Key = tuple[str, int, str]
"""Table (empty at the top), its rank when it is repeated, name of the setting."""


@dataclass(slots=True)
class Origins:
    """Where each setting was written, to say it in an error."""

    file: Path
    places: dict[Key, str]

    def of(self, name: str, table: str = "", rank: int = 0) -> str:
        """`FILE, line 12`, `ECLUSE_HTTP`, `--http`, or where the setting would be written."""
        return self.places.get((table, rank, name)) or self.places.get((table, rank, "")) or str(self.file)

    def of_table(self, table: str) -> str:
        """The same for a table, however it was written."""
        return self.places.get(("", 0, table)) or self.of("", table)


@dataclass(slots=True)
class Written:
    """What was written, by table, before it is put together."""

    top: dict[str, Any]
    listeners: list[dict[str, Any]]
    tables: dict[str, dict[str, Any]]
    origins: Origins


def read_file(file: Path) -> Written:
    """Settings of a file that may be absent, typed and known.

    :raises ConfigurationError: with the line at fault.
    """
    text = _text(file)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"(.*) \(at line (\d+), column (\d+)\)", str(error))
        place = f"{file}, line {found[2]}, column {found[3]}" if found else str(file)
        reason = found[1] if found else str(error)
        if twice := re.fullmatch(r"Cannot declare \('([a-z_]+)',\) twice", reason):
            raise wrong(
                place,
                f"[{twice[1]}] est écrit deux fois : gardez-le une fois, avec tous ses réglages dessous",
                f"[{twice[1]}] stands there twice: keep it once, with all its settings under it",
            ) from None
        raise wrong(
            place,
            f"ce n’est pas du TOML ({reason}). Écrivez NOM = VALEUR, les textes entre guillemets droits",
            f"{reason}. Write NAME = VALUE, with texts between double quotes",
        ) from None
    origins = Origins(file, _lines(file, text))
    listeners = values.pop("listener", [{}])
    tables = {name: values.pop(name, {}) for name in TABLES}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise wrong(
                origins.of_table(name),
                f"écrivez [{name}] sur une ligne à part",
                f"write [{name}] on a line of its own",
            )
    if (
        not isinstance(listeners, list)
        or not all(isinstance(one, dict) for one in listeners)
        or not listeners
    ):
        raise wrong(
            origins.of_table("listener"),
            "écrivez [[listener]], avec deux paires de crochets",
            "write [[listener]], with two pairs of brackets",
        )
    return Written(
        _typed(Configuration, values, origins),
        [_typed(Listener, one, origins, "listener", rank) for rank, one in enumerate(listeners)],
        {name: _typed(TABLES[name], table, origins, name) for name, table in tables.items()},
        origins,
    )


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise wrong(
            str(file),
            "ce n’est pas de l’UTF-8 ; enregistrez-le en UTF-8",
            "not UTF-8; save it again in UTF-8",
        ) from None
    except OSError as error:
        raise wrong(
            str(file),
            f"lecture impossible ({error.strerror}) ; donnez-le au compte d’Écluse",
            f"cannot be read ({error.strerror}); give it to the user of Écluse",
        ) from None


def _lines(file: Path, text: str) -> dict[Key, str]:
    places: dict[Key, str] = {}
    seen: dict[str, int] = {}
    table, rank = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = header[2]
            rank = seen.get(table, -1) + 1 if header[1] else 0
            seen[table] = rank
            places[table, rank, ""] = f"{file}, line {number}"
        elif setting := _SETTING.match(line):
            places.setdefault((table, rank, setting[1]), f"{file}, line {number}")
    return places


def _typed(
    kind: type[Any], values: Mapping[str, Any], origins: Origins, table: str = "", rank: int = 0
) -> dict[str, Any]:
    hints = get_type_hints(kind)
    known = {one.name for one in fields(kind)} - _NOT_IN_FILE
    for name in values:
        if name not in known:
            where = origins.of(name, table, rank)
            if home := _home(name):
                raise wrong(
                    where,
                    f"le réglage {name!r} appartient à {home} : écrivez-le sous ce titre",
                    f"the setting {name!r} belongs to {home}: write it under that header",
                )
            raise wrong(
                where,
                f"réglage inconnu {name!r}. Connus ici : {', '.join(sorted(known))}",
                f"unknown setting {name!r}. Known here: {', '.join(sorted(known))}",
            )
    return {
        name: checked(name, value, hints[name], origins.of(name, table, rank))
        for name, value in values.items()
    }


def _home(name: str) -> str:
    """The header under which a setting is known, or nothing."""
    kinds: dict[str, type[Any]] = {f"[{table}]": kind for table, kind in TABLES.items()}
    kinds["[[listener]]"] = Listener
    for header, kind in kinds.items():
        if name in (one.name for one in fields(kind)):
            return header
    return ""


def checked(name: str, value: Any, hint: Any, where: str) -> Any:
    """The value in the type of the setting.

    :raises ConfigurationError: when it cannot be.
    """
    choices = getattr(hint, "__args__", ()) if get_origin(hint) is not tuple else ()
    if choices:
        if value not in choices:
            offered = ", ".join(f'"{one}"' for one in choices if one)
            raise wrong(
                where,
                f"{name} = {value!r} ; écrivez l’une de ces valeurs : {offered}",
                f"{name} = {value!r}; write one of {offered}",
            )
        return value
    if hint == tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise wrong(
                where,
                f'{name} doit être une liste de textes, par exemple ["…", "…"]',
                f'{name} must be a list of texts, for example ["…", "…"]',
            )
        return tuple(value)
    if hint == tuple[int, ...]:
        if not isinstance(value, list) or not all(type(one) is int for one in value):
            raise wrong(
                where,
                f"{name} doit être une liste de nombres entiers, par exemple [30, 7, 1]",
                f"{name} must be a list of whole numbers, for example [30, 7, 1]",
            )
        return tuple(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        words = {
            str: ("un texte entre guillemets droits", "a text between double quotes"),
            int: ("un nombre entier", "a whole number"),
            float: ("un nombre", "a number"),
            bool: ("true ou false", "true or false"),
        }
        fr, en = words[hint]
        raise wrong(where, f"{name} = {value!r} ; écrivez {fr}", f"{name} = {value!r}; write {en}")
    if hint is float and not math.isfinite(value):
        raise wrong(
            where,
            f"{name} = {value!r} ; écrivez un nombre fini",
            f"{name} = {value!r}; write a finite number",
        )
    return value


def read_variables(written: Written, environ: Mapping[str, str]) -> None:
    """Let ECLUSE_* variables take the place of what the file says.

    ECLUSE_ENV is the short name of ECLUSE_ENVIRONMENT; ECLUSE_MLLP is the address of the first listener;
    ECLUSE_TABLE_NAME is a setting of a table ([retention]: ECLUSE_RETENTION_…). Lists are separated by commas.

    :raises ConfigurationError: with the variable at fault.
    """
    hints = get_type_hints(Configuration)
    for one in fields(Configuration):
        variable = f"ECLUSE_{one.name.upper()}"
        if one.name == "environment" and variable not in environ:
            variable = "ECLUSE_ENV"
        text = environ.get(variable)
        if text is None or one.name in _NOT_IN_VARIABLES:
            continue
        value = checked(one.name, _from_text(variable, text, hints[one.name]), hints[one.name], variable)
        written.top[one.name] = value
        written.origins.places["", 0, one.name] = variable
    for table, kind in TABLES.items():
        _read_table(written, environ, table, kind)
    if "ECLUSE_MLLP" in environ:
        written.listeners[0]["address"] = environ["ECLUSE_MLLP"]
        written.origins.places["listener", 0, "address"] = "ECLUSE_MLLP"


def _read_table(written: Written, environ: Mapping[str, str], table: str, kind: type[Any]) -> None:
    hints = get_type_hints(kind)
    for one in fields(kind):
        variable = f"ECLUSE_{table.upper()}_{one.name.upper()}"
        if (text := environ.get(variable)) is not None:
            value = _from_text(variable, text, hints[one.name])
            written.tables[table][one.name] = checked(one.name, value, hints[one.name], variable)
            written.origins.places[table, 0, one.name] = variable


def _from_text(variable: str, text: str, hint: Any) -> Any:
    if hint is bool:
        if text.lower() not in _TRUE + _FALSE:
            raise ConfigurationError(
                f"{variable} = {text!r} ; écrivez true ou false",
                f"{variable} = {text!r}; write true or false",
            )
        return text.lower() in _TRUE
    if hint is int:
        try:
            return int(text)
        except ValueError:
            raise ConfigurationError(
                f"{variable} = {text!r} ; écrivez un nombre entier",
                f"{variable} = {text!r}; write a whole number",
            ) from None
    if hint is float:
        with suppress(ValueError):
            return float(text)
    if hint == tuple[str, ...]:
        return [one.strip() for one in text.split(",") if one.strip()]
    if hint == tuple[int, ...]:
        with suppress(ValueError):
            return [int(one) for one in text.split(",") if one.strip()]
    return text
