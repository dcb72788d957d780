"""The names of a person (XPN): merged by type, never the birth names of two people made into one.

Source: HL7 v2.5, 2.5.3; PAM France 2.11.1, PID-5; Référentiel INS 2.1, EXI ID 10 (first given name and list).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from ecluse.protocols.hl7 import NULL
from ecluse.protocols.pam.facts import Name, Repetition

BIRTH_NAME = "L"

_LIGATURES = str.maketrans({"Œ": "OE", "Æ": "AE", "-": " ", "'": " ", "’": " "})


def folded(value: str) -> str:
    """A name as it is compared: capitals, no accents nor ligatures, hyphen and apostrophe as a blank (EXI ID 10)."""
    upper = value.upper()
    if not upper.isascii():
        parts = unicodedata.normalize("NFKD", upper)
        upper = "".join([letter for letter in parts if not unicodedata.combining(letter)])
    return " ".join(upper.translate(_LIGATURES).split())


def begins(given: str, given_list: str) -> bool:
    """True when the first given name is the beginning of the list of given names (Référentiel INS 2.1, EXI ID 10)."""
    if given_list.startswith(f"{given} "):
        return True
    return f"{folded(given_list)} ".startswith(f"{folded(given)} ")


def first_name_coherent(names: Iterable[Name]) -> bool:
    """False when XPN-2 of the birth name is not the beginning of XPN-3; an absent one is no contradiction."""
    for _, given, given_list, _, kind in names:
        if kind == BIRTH_NAME:
            return not given or not given_list or given == given_list or begins(given, given_list)
    return True


def ambiguous(names: tuple[Name, ...]) -> bool:
    """True when a message gives two birth names that differ: nobody knows whose INS comes with them."""
    births = [name for name in names if name.type == BIRTH_NAME]
    return any([*map(folded, one[:3])] != [*map(folded, births[0][:3])] for one in births[1:])


def merge_names(old: tuple[Name, ...], new: tuple[Name, ...]) -> tuple[Name, ...]:
    """The names kept, once those of a message are merged into them, component by component within a type.

    The first of several birth names counts. A birth name or a first given name that changes without the list of given
    names drops the kept list: it was that of the former name.
    """
    by_type = {name.type: name for name in old}
    birth_seen = False
    for name in new:
        if name.type == BIRTH_NAME:
            if birth_seen:
                continue
            birth_seen = True
        before = by_type.get(name.type)
        if name == before:
            continue
        if before is None and NULL not in name:
            by_type[name.type] = name
            continue
        family, given, given_list, prefix = components(before[:4] if before else (), name[:4])
        if before is not None and name.type == BIRTH_NAME and not name.given_list:
            given_list = _kept_list(before, name)
        by_type[name.type] = Name(family, given, given_list, prefix, name.type)
        if not (family or given or given_list):
            del by_type[name.type]
    return tuple(by_type.values())


def _kept_list(before: Name, new: Name) -> str:
    """The kept list of given names when the message gives none: empty when it is that of somebody else."""
    if _other(before.family, new.family):
        return ""
    if _other(before.given, new.given) and not begins(new.given, before.given_list):
        return ""
    return before.given_list


def _other(old: str, new: str) -> bool:
    return bool(old and new) and new != NULL and folded(old) != folded(new)


def components(old: Repetition, new: Repetition) -> list[str]:
    """The components of a repetition once another is merged into it: absent is unchanged, `""` erases."""
    size = max(len(old), len(new))
    before = [*old, *[""] * (size - len(old))]
    for position, value in enumerate(new):
        if value:
            before[position] = "" if value == NULL else value
    return before
