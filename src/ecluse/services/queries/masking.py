"""Matricules that stand where no INS is expected: in a name, a contact, another identifier. Readers see them masked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar, cast

from ecluse.rules import ins
from ecluse.services.queries.presentation import mask

Value = TypeVar("Value")

_LONG = re.compile(r"(?<![0-9A-Za-z])[1-478](?:[ .-]?[0-9ABab]){14}(?![0-9A-Za-z])")
_TYPES = frozenset({"INS", "INS-C", "INS-NIR", "INS-NIA", "NIR", "NIA", "NH", "SNS", "SS"})
"""Types of identifiers (CX-5) that are, or carry, a number of the national register."""


def hide(text: str) -> str:
    """A text where every number of fifteen characters with the key of a matricule is masked, typed with blanks or not.

    Shorter numbers stay: an identifier of an establishment may have thirteen digits too.
    """
    if len(text) < 15:
        return text
    return _LONG.sub(lambda found: _short(found[0]) if _certain(found[0]) else found[0], text)


def hide_components(components: Sequence[str]) -> tuple[str, ...]:
    """The components of a field; when they say that it is a national number (CX-4, CX-5), its value is masked whole."""
    hidden = tuple(map(hide, components))
    if hidden and is_national(components[4:5], components[3:4]):
        return (_short(components[0]) if len(components[0]) > 4 else "…", *hidden[1:])
    return hidden


def hide_field(text: str) -> str:
    """A field as ER7 text, repetition by repetition."""
    return "~".join("^".join(hide_components(one.split("^"))) for one in text.split("~"))


def hide_identifier(value: str, kind: str, oid: str) -> str:
    """The value of an identifier, by its type and its authority."""
    return hide_components((value, "", "", oid, kind))[0]


def hide_all(value: Value) -> Value:
    """Names and statuses: no number of that form belongs there, so thirteen digits are masked too."""
    hidden: Any = value
    if isinstance(value, str):
        hidden = hide(mask(value))
    elif isinstance(value, tuple | list):
        hidden = type(value)(map(hide_all, value))
    return cast(Value, hidden)


def is_national(kinds: Sequence[str], authorities: Sequence[str]) -> bool:
    """Whether a type of identifier, or an assigning authority (components apart by `&`), is that of a matricule."""
    if any(kind.strip().upper() in _TYPES for kind in kinds):
        return True
    known = ins.authorities()
    return any(part in known for authority in authorities for part in authority.split("&"))


def _certain(text: str) -> bool:
    return ins.key_valid(re.sub("[ .-]", "", text).upper())


def _short(text: str) -> str:
    return f"{text[0]}…{text[-2:]}"
