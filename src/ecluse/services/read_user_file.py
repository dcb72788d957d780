"""A file of accounts (CSV): one line each, columns found by their names in French or English."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from ecluse.services.provisioning import Grant, Unwanted, Wanted, read_grant

LONGEST = 5 * 1024 * 1024
MOST_LINES = 20_000
COLUMNS = {
    "identifiant": "username", "username": "username", "login": "username",
    "nom": "name", "name": "name",
    "courriel": "email", "email": "email",
    "profession": "profession",
    "unite": "unit", "unité": "unit", "unit": "unit",
    "externe": "external", "external": "external",
    "roles": "roles", "rôles": "roles",
    "actif": "active", "active": "active",
}  # fmt: skip
_YES, _NO = ("", "oui", "o", "yes", "y", "true", "vrai", "1"), ("non", "n", "no", "false", "faux", "0")


@dataclass(frozen=True, slots=True)
class UserLine:
    """A line of the file. number: from 1, the header included; wanted: None when it cannot be read, for this reason."""

    number: int
    username: str
    wanted: Wanted | None
    text_fr: str = ""
    text_en: str = ""


def read_user_file(content: bytes) -> tuple[UserLine, ...]:
    """The accounts of a file: UTF-8, separated by semicolons, commas or tabs; roles apart by spaces.

    :raises Unwanted: the whole file cannot be read.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unwanted("file", "Le fichier n’est pas en UTF-8.", "The file is not in UTF-8.") from None
    if len(content) > LONGEST or "\x00" in text:
        raise Unwanted(
            "file", "Le fichier est trop long ou illisible.", "The file is too long or unreadable."
        )
    first = text.partition("\n")[0]
    separator = max(";,\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = [COLUMNS.get(cell.strip().lower(), "") for cell in next(rows, [])]
        if "username" not in names or "name" not in names:
            raise Unwanted(
                "file",
                "La première ligne nomme les colonnes : identifiant et nom au moins.",
                "The first line names the columns: username and name at least.",
            )
        found = [_line(rows.line_num, dict(zip(names, row, strict=False))) for row in rows if any(row)]
    except csv.Error:
        raise Unwanted(
            "file",
            f"Ligne {rows.line_num} : guillemets mal fermés.",
            f"Line {rows.line_num}: unclosed quotes.",
        ) from None
    if len(found) > MOST_LINES:
        raise Unwanted("file", f"Plus de {MOST_LINES} lignes.", f"More than {MOST_LINES} lines.")
    return _once(found)


def _line(number: int, cells: dict[str, str]) -> UserLine:
    told = {name: value.strip() for name, value in cells.items() if name}
    username = told.get("username", "").lower()
    try:
        return UserLine(
            number,
            username,
            Wanted(
                username=username,
                name=told.get("name", ""),
                email=told.get("email", ""),
                profession=told.get("profession", ""),
                unit=told.get("unit", ""),
                external=told.get("external", ""),
                active=_active(told.get("active", "")),
                roles=_roles(told["roles"]) if "roles" in told else None,
            ),
        )
    except Unwanted as unwanted:
        return UserLine(number, username, None, unwanted.text_fr, unwanted.text_en)


def _active(text: str) -> bool:
    word = text.lower()
    if word not in _YES + _NO:
        raise Unwanted("active", f"« {text} » : écrivez oui ou non.", f"“{text}”: write yes or no.")
    return word in _YES


def _roles(text: str) -> frozenset[Grant]:
    return frozenset(read_grant(one) for one in text.replace(",", " ").split())


def _once(lines: list[UserLine]) -> tuple[UserLine, ...]:
    """An account named twice is refused the second time: nobody could say which line is right."""
    seen: set[str] = set()
    found = []
    for one in lines:
        if one.username in seen:
            one = UserLine(
                one.number,
                one.username,
                None,
                "Ce compte est déjà nommé plus haut.",
                "This account is named above.",
            )
        seen.add(one.username)
        found.append(one)
    return tuple(found)
