"""PID and NK1 apart from the INS: identifiers, names, birth, addresses, status. Source: PAM France 2.11.1, PID."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
from ecluse.protocols.pam.formats import is_time
from ecluse.protocols.pam.masking import safe, shape

ATTRIBUTES = frozenset({"HOMA", "DOUT", "FICT"})
CIVILITIES = frozenset({"M", "M.", "MME", "MR", "MLLE", "MONSIEUR", "MADAME"})
_OID = re.compile(r"[0-2](?:\.(?:0|[1-9][0-9]*))+\Z")
_COG = re.compile(r"(?:[0-9]{2}|2[AB])[0-9]{3}\Z")
_STATUS = re.compile(r"(?:VALI|PROV|VIDE|DOUB|DESA)\b")
_MATRICULE = re.compile(r"[0-9]{5}(?:[0-9]{2}|2[AB])[0-9]{6}(?:[0-9]{2})?\Z")


def identifiers(context: Context) -> Iterator[Finding]:
    """PID-3: every identifier has an authority that another system can recognise."""
    for pid in located(context, "PID"):
        seen: set[tuple[str, str]] = set()
        types = []
        for repetition in repetitions(context, pid, 3):
            types.append(repetition.part(5))
            yield from _authority(context, repetition)
            if repetition.part(5) in ("PI", ""):
                if not repetition.part(5):
                    yield Finding("PAM-PID-3-006", "warning", f"{repetition.path}.5", "", "PI")
                authority = repetition.part(4)
                key = (authority, "PI")
                if authority and key in seen:
                    yield Finding("PAM-PID-3-008", "warning", repetition.path)
                seen.add(key)
        if types and not any(kind in ("PI", "") for kind in types) and context.transaction == "ITI-30":
            yield Finding("PAM-PID-3-007", "warning", f"{pid.path}-3", "", "PI")


def _authority(context: Context, repetition: Repetition) -> Iterator[Finding]:
    path = f"{repetition.path}.4"
    name, oid, kind = subparts(context, repetition.parts[3] if len(repetition.parts) > 3 else "")[:3]
    if not (name or oid):
        return
    if oid and kind.strip() in ("ISO", "") and not _OID.match(oid):
        if kind.strip() == "ISO" or " " in oid:
            yield Finding("PAM-PID-3-004", "error", f"{path}.2", safe(oid), "1.2.250.…")
    elif not oid:
        yield Finding("PAM-PID-3-003", "info", path, "", "1.2.250.…&ISO")
    if oid and not kind.strip():
        yield Finding("PAM-PID-3-005", "warning", f"{path}.3", "", "ISO, M, N, L")


def names(context: Context) -> Iterator[Finding]:
    """PID-5: one birth name (L), the civility in its place, the surname in one piece."""
    for pid in located(context, "PID"):
        found = repetitions(context, pid, 5)
        births = [name for name in found if name.part(7) == "L"]
        if found and not births:
            yield Finding("PAM-PID-5-001", "error", f"{pid.path}-5", "", "L")
        for name in births[1:]:
            yield Finding("PAM-PID-5-002", "error", name.path, str(len(births)), "1")
        for name in found:
            if name.part(6).upper() in CIVILITIES:
                yield Finding("PAM-PID-5-007", "warning", f"{name.path}.6", name.part(6), "XPN-5")
            if sum(1 for part in subparts(context, name.parts[0]) if part) > 1:
                yield Finding("PAM-PID-5-009", "warning", f"{name.path}.1")
        for name in births:
            if name.part(2) and name.part(3) and not begins(name.part(2), name.part(3)):
                yield Finding("PAM-PID-5-004", "warning", f"{name.path}.3", "", "XPN-2")


def begins(given: str, given_list: str) -> bool:
    """Whether the first birth given name begins the list of given names; hyphens and apostrophes count as blanks."""
    one, whole = (re.sub(r"[-' ’]+", " ", text).strip().upper() for text in (given, given_list))
    return whole == one or whole.startswith(one + " ")


def birth(context: Context) -> Iterator[Finding]:
    """PID-7 and PID-8: a date that exists and is not to come, a sex of the release."""
    sent = first(context, Located("MSH", context.message.segments[0]), 7)
    for pid in located(context, "PID"):
        date = first(context, pid, 7)
        if date and date != NULL and not is_time(date):
            lunar = re.fullmatch(r"[0-9]{8}", date) is not None
            rule = "PAM-PID-7-002" if lunar else "PAM-PID-7-003"
            yield Finding(rule, "error", f"{pid.path}-7", shape(date), "AAAAMMJJ")
        elif sent[:8].isdigit() and len(date) >= 8 and date[:8] > sent[:8]:
            yield Finding("PAM-PID-7-001", "warning", f"{pid.path}-7")
        sex = first(context, pid, 8)
        codes = context.profile.tables["0001"].codes
        if sex == "O" and "O" not in codes:
            yield Finding("PAM-PID-8-001", "error", f"{pid.path}-8", "O", "F, M, U")
        elif sex and sex != NULL and sex not in codes:
            yield Finding("PAM-PID-8-002", "error", f"{pid.path}-8", safe(sex), ", ".join(sorted(codes)))


def addresses(context: Context) -> Iterator[Finding]:
    """PID-11: the birth place (BDL) carries its INSEE code in XAD-9, and is not one field early in PID-10."""
    for pid in located(context, "PID"):
        for repetition in repetitions(context, pid, 10):
            if len([part for part in repetition.parts if part]) > 1:
                birth_place = "BDL" in (part.strip() for part in repetition.parts)
                yield Finding(
                    "PAM-PID-10-001", "error", repetition.path, "BDL" if birth_place else "", f"{pid.path}-11"
                )
                break
        places = [address for address in repetitions(context, pid, 11) if address.part(7) == "BDL"]
        for address in places[1:]:
            yield Finding("PAM-PID-11-005", "warning", address.path, str(len(places)), "1")
        for address in places:
            yield from _birth_place(address)


def _birth_place(address: Repetition) -> Iterator[Finding]:
    code = address.part(9)
    if not code:
        early = next((n for n in (3, 4, 8, 10) if _COG.match(address.part(n))), 0)
        if early:
            yield Finding("PAM-PID-11-001", "warning", f"{address.path}.{early}", "", f"{address.path}.9")
        else:
            yield Finding("PAM-PID-11-002", "warning", f"{address.path}.9", "", "code INSEE")
    elif code != NULL and not _COG.match(code):
        yield Finding("PAM-PID-11-003", "error", f"{address.path}.9", shape(code), "99999, 2A999, 2B999")
    elif code.startswith("99") and address.part(6) in ("", "FRA"):
        yield Finding("PAM-PID-11-004", "warning", f"{address.path}.6", address.part(6), "ISO 3166-1 alpha-3")


def telecoms(context: Context) -> Iterator[Finding]:
    """XTN: number in component 12, e-mail in component 4 with NET (Appendix N FR 1.8.1, XTN)."""
    places = [(pid, number) for pid in located(context, "PID") for number in (13, 14)]
    places += [(contact, number) for contact in located(context, "NK1") for number in (5, 6)]
    for place, number in places:
        for repetition in repetitions(context, place, number):
            mail, phone, use = repetition.part(4), repetition.part(12), repetition.part(2)
            if repetition.part(1) not in ("", NULL):
                yield Finding("PAM-XTN-001", "warning", f"{repetition.path}.1", "", f"{repetition.path}.12")
            if mail and mail != NULL:
                if use != "NET":
                    yield Finding("PAM-XTN-003", "warning", f"{repetition.path}.2", safe(use), "NET")
                if "@" not in mail:
                    yield Finding("PAM-XTN-002", "warning", f"{repetition.path}.4")
            if phone and phone != NULL and not re.fullmatch(r"\+?[0-9]+", phone):
                yield Finding("PAM-XTN-004", "warning", f"{repetition.path}.12", shape(phone), "0999999999")


def status(context: Context) -> Iterator[Finding]:
    """PID-32: a status of table 0445, then attributes that may stand together (RNIV)."""
    for pid in located(context, "PID"):
        found = repetitions(context, pid, 32)
        codes = [repetition.part(1) for repetition in found]
        path = f"{pid.path}-32"
        if not codes:
            yield from _absent_status(context, pid)
            continue
        known = context.profile.tables["0445"].codes
        for repetition, code in zip(found, codes, strict=True):
            if code == "AL" and first(context, pid, 31) == "Y":
                yield Finding("PAM-PID-32-008", "info", repetition.path, code, "PROV")
            elif code not in known and code != NULL:
                yield Finding("PAM-PID-32-002", "error", repetition.path, safe(code), "VIDE, PROV, VALI…")
        attributes = {code for code in codes if code in ATTRIBUTES}
        statuses = [code for code in codes if code not in ATTRIBUTES]
        if "VALI" in statuses and attributes & {"FICT", "DOUT"}:
            received = ", ".join(sorted(attributes & {"FICT", "DOUT"}))
            yield Finding("PAM-PID-32-003", "error", path, received, "PROV")
        if "FICT" in attributes and len(attributes) > 1:
            yield Finding("PAM-PID-32-004", "error", path, ", ".join(sorted(attributes)), "FICT")
        if len(set(statuses) & {"VIDE", "PROV", "VALI"}) > 1:
            yield Finding("PAM-PID-32-005", "error", path, ", ".join(statuses))
        if attributes and not statuses:
            yield Finding("PAM-PID-32-006", "warning", path, ", ".join(sorted(attributes)), "PROV")


def _absent_status(context: Context, pid: Located) -> Iterator[Finding]:
    for number in (30, 31, 33, 34, 35):
        code = first(context, pid, number)
        if _STATUS.match(code):
            yield Finding("PAM-PID-32-009", "error", f"{pid.path}-{number}", code, f"{pid.path}-32")
            return
    if context.release >= (2, 10):
        # Link and unlink are international events: only their identifiers matter.
        severity: Severity = "info" if context.event in ("A24", "A37") else "error"
        yield Finding("PAM-PID-32-001", severity, f"{pid.path}-32", "", "VIDE, PROV, VALI…")
    else:
        yield Finding("PAM-PID-32-007", "info", f"{pid.path}-32", "", "VIDE")


def others(context: Context) -> Iterator[Finding]:
    """PID-19, 25, 29, 31 and NK1-7."""
    for pid in located(context, "PID"):
        if first(context, pid, 19):
            yield Finding("PAM-PID-19-001", "error", f"{pid.path}-19", "", f"{pid.path}-3")
        if first(context, pid, 25) and first(context, pid, 24) != "Y":
            yield Finding("PAM-PID-25-001", "info", f"{pid.path}-25", "", "PID-24 = Y")
        if first(context, pid, 29) not in ("", NULL) and first(context, pid, 30) != "Y":
            yield Finding("PAM-PID-30-001", "warning", f"{pid.path}-30", safe(first(context, pid, 30)), "Y")
        if first(context, pid, 31) == "Y" and len(repetitions(context, pid, 3)) > 1:
            yield Finding(
                "PAM-PID-31-001", "warning", f"{pid.path}-3", str(len(repetitions(context, pid, 3))), "1"
            )
    if context.transaction == "ITI-30":
        for contact in located(context, "NK1"):
            if first(context, contact, 7) == "K":
                yield Finding("PAM-NK1-7-001", "error", f"{contact.path}-7", "K", "C, P, R")


CHECKS = (identifiers, names, birth, addresses, telecoms, status, others)
