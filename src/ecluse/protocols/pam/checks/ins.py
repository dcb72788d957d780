"""The INS in PID-3: its form, when it may travel, and the strict traits it obliges to send.

Sources: PAM France 2.11.1, INS; Référentiel INS v2.1; Guide d'implémentation v3.0 (EXI ID 10, 24, 26, 29).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from ecluse.protocols.findings import Finding, Severity
from ecluse.protocols.hl7 import NULL
from ecluse.protocols.pam.checks.context import (
    Context,
    Located,
    Repetition,
    first,
    located,
    repetitions,
    subparts,
)
from ecluse.protocols.pam.checks.identity import begins
from ecluse.protocols.pam.masking import mask_matricule, safe
from ecluse.protocols.pam.profile import load, release_key

MATRICULE = re.compile(r"[0-9]{5}(?:[0-9]{2}|2[AB])[0-9]{6}[0-9]{2}\Z")
_PLAIN_LETTERS = re.compile(r"[A-Z '-]*\Z")
_SEXES = {"1": "M", "3": "M", "7": "M", "2": "F", "4": "F", "8": "F"}


class Authority(NamedTuple):
    """Assigning authority of a matricule INS."""

    oid: str
    label: str
    kind: str
    environment: str


@cache
def authorities() -> dict[str, Authority]:
    """Authorities of the INS by OID."""
    return {entry["oid"]: Authority(**entry) for entry in load("ins.json")["authorities"]}


@cache
def calculated() -> frozenset[str]:
    """OIDs of the obsolete INS-C."""
    return frozenset(load("ins.json")["calculated"])


@cache
def _since() -> tuple[int, ...]:
    return release_key(load("ins.json")["since"])


@cache
def _labels() -> frozenset[str]:
    return frozenset(authority.label for authority in authorities().values())


class CarriedIns(NamedTuple):
    """An INS found in PID-3. authority is None when its OID is unknown."""

    place: Repetition
    value: str
    label: str
    oid: str
    type: str
    authority: Authority | None


def key_of(matricule: str) -> int:
    """Control key of the first 13 characters of a matricule (2A counts as 19, 2B as 18)."""
    return 97 - int(matricule[:13].replace("2A", "19").replace("2B", "18")) % 97


def carried(context: Context, place: Located, number: int) -> list[CarriedIns]:
    """The INS of a field of CX: by OID, by label or by type; the billing number (type NH) is not an INS."""
    found = []
    for repetition in repetitions(context, place, number):
        label, oid, _ = (part.strip() for part in subparts(context, repetition.part(4))[:3])
        kind = repetition.part(5)
        authority = authorities().get(oid)
        billing = kind == "NH" and label not in _labels() and oid not in list(authorities())[1:]
        if (authority and not billing) or kind in ("INS", "INS-NIR", "INS-NIA") or label in _labels():
            found.append(CarriedIns(repetition, repetition.part(1), label, oid, kind, authority))
    return found


def ins(context: Context) -> Iterator[Finding]:
    """Every INS of PID-3 and the traits that go with it."""
    for pid in located(context, "PID"):
        found = carried(context, pid, 3)
        for one in found:
            yield from _form(context, one)
        present = [one for one in found if one.value not in ("", NULL)]
        yield from _obsolete(context, pid)
        yield from _several(present)
        if not present:
            continue
        if context.release < _since():
            yield Finding("PAM-INS-018", "info", present[0].place.path, "", "2.10")
        statuses = [status.part(1) for status in repetitions(context, pid, 32)]
        if "VALI" not in statuses:
            yield Finding(
                "PAM-INS-001", "error", present[0].place.path, ", ".join(map(safe, statuses)), "VALI"
            )
        yield from _strict_traits(context, pid)
        for one in present:
            yield from _agreement(context, pid, one)
    for zfd in located(context, "ZFD"):
        carriers = [
            one for pid in located(context, "PID") for one in carried(context, pid, 3) if one.value != NULL
        ]
        if first(context, zfd, 4) == "Y" and carriers:
            yield Finding("PAM-INS-026", "error", f"{zfd.path}-4", "Y", "N")


def _form(context: Context, one: CarriedIns) -> Iterator[Finding]:
    path = one.place.path
    if one.value == NULL and context.event != "A47":
        yield Finding("PAM-INS-019", "error", f"{path}.1", NULL, "A47")
    if one.authority is None:
        yield Finding("PAM-INS-011", "error", f"{path}.4", safe(one.oid), ", ".join(authorities()))
    else:
        if one.label != one.authority.label:
            yield Finding("PAM-INS-009", "warning", f"{path}.4.1", safe(one.label), one.authority.label)
        if one.type == "NH":
            yield Finding("PAM-INS-008", "error", f"{path}.5", "NH", "INS")
        elif one.type != "INS":
            yield Finding("PAM-INS-007", "error", f"{path}.5", safe(one.type), "INS")
        if one.authority.environment == "test" and context.environment == "production":
            yield Finding(
                "PAM-INS-004", "error", f"{path}.4.2", one.oid, "1.2.250.1.213.1.4.8, 1.2.250.1.213.1.4.9"
            )
    for number in (7, 8):
        if one.place.part(number) not in ("", NULL):
            yield Finding("PAM-INS-005", "warning", f"{path}.{number}")
    if one.value not in ("", NULL):
        yield from _matricule(context, one)


def _matricule(context: Context, one: CarriedIns) -> Iterator[Finding]:
    path = f"{one.place.path}.1"
    if not MATRICULE.match(one.value):
        yield Finding("PAM-INS-002", "error", path, str(len(one.value)), "15")
    elif key_of(one.value) != int(one.value[13:]):
        real = one.authority is None or one.authority.environment == "production"
        severity: Severity = "error" if real and context.environment == "production" else "warning"
        yield Finding("PAM-INS-003", severity, path, mask_matricule(one.value))


def _obsolete(context: Context, pid: Located) -> Iterator[Finding]:
    if context.release < (2, 10):
        return
    for repetition in repetitions(context, pid, 3):
        oid = subparts(context, repetition.part(4))[1].strip()
        if oid in calculated() or repetition.part(5) == "INS-C":
            yield Finding("PAM-INS-010", "warning", repetition.path, safe(oid))


def _several(present: list[CarriedIns]) -> Iterator[Finding]:
    kinds = [one.authority.kind for one in present if one.authority]
    if len(set(kinds)) > 1:
        yield Finding("PAM-INS-006", "info", present[1].place.path, "NIR, NIA", "NIR")
        if len({one.value for one in present}) < len(present):
            yield Finding("PAM-INS-016", "warning", present[1].place.path, "NIR, NIA")
    if any(kinds.count(kind) > 1 for kind in set(kinds)):
        yield Finding("PAM-INS-012", "error", present[1].place.path, str(len(present)), "1")


def _strict_traits(context: Context, pid: Located) -> Iterator[Finding]:
    severity: Severity = "warning" if context.event in ("A40", "A24", "A37") else "error"
    births = [name for name in repetitions(context, pid, 5) if name.part(7) == "L"]
    if not any(name.part(1) not in ("", NULL) and name.part(2) not in ("", NULL) for name in births):
        yield Finding("PAM-INS-020", severity, f"{pid.path}-5", "", "L")
    for name in births[:1]:
        if name.part(3) in ("", NULL):
            yield Finding("PAM-INS-021", severity, f"{name.path}.3")
        elif name.part(2) and not begins(name.part(2), name.part(3)):
            yield Finding("PAM-INS-028", severity, f"{name.path}.2", "", "XPN-3")
        for number in (1, 2, 3):
            odd = odd_characters(name.part(number))
            if odd and name.part(number) != NULL:
                yield Finding("PAM-INS-029", "warning", f"{name.path}.{number}", odd, "A-Z, ', -")
    date = first(context, pid, 7)
    if date in ("", NULL):
        yield Finding("PAM-INS-022", severity, f"{pid.path}-7", "", "AAAAMMJJ")
    elif len(date) < 8:
        yield Finding("PAM-INS-023", severity, f"{pid.path}-7", "9" * len(date), "AAAAMMJJ")
    if first(context, pid, 8) not in ("M", "F"):
        yield Finding("PAM-INS-024", severity, f"{pid.path}-8", safe(first(context, pid, 8)), "M, F")
    places = [address for address in repetitions(context, pid, 11) if address.part(7) == "BDL"]
    if not any(place.part(9) not in ("", NULL) for place in places):
        yield Finding("PAM-INS-025", severity, f"{pid.path}-11", "", "BDL, XAD-9")


def odd_characters(text: str) -> str:
    """What a strict trait should not contain, without showing the name: `a-z`, `0-9`, then the other characters."""
    odd = dict.fromkeys(char for char in text if not _PLAIN_LETTERS.match(char))
    found = ["a-z"] if any("a" <= char <= "z" for char in odd) else []
    if any(char.isdigit() for char in odd):
        found.append("0-9")
    found.extend([char for char in odd if not (char.isascii() and char.isalnum())][:5])
    return " ".join(found)


def _agreement(context: Context, pid: Located, one: CarriedIns) -> Iterator[Finding]:
    """Warnings only: a matricule may rightly differ from today's traits (civil status corrected, renamed commune)."""
    value, path = one.value, f"{one.place.path}.1"
    if not MATRICULE.match(value):
        return
    sex, date = first(context, pid, 8), first(context, pid, 7)
    expected = _SEXES.get(value[0], "")
    if sex in ("M", "F") and expected and sex != expected:
        yield Finding("PAM-INS-013", "warning", path, f"{value[0]}…", sex)
    if date[:6].isdigit() and len(date) >= 6:
        month_known = "01" <= value[3:5] <= "12"
        if date[2:4] != value[1:3] or (month_known and date[4:6] != value[3:5]):
            yield Finding("PAM-INS-014", "warning", path, "", f"{pid.path}-7")
    place = next((a.part(9) for a in repetitions(context, pid, 11) if a.part(7) == "BDL"), "")
    if place not in ("", NULL) and place != value[5:10]:
        yield Finding("PAM-INS-015", "warning", path, "", f"{pid.path}-11")


CHECKS = (ins,)
