"""ZFA (state of the DMP, consent) and ZFD (complements of identity). Source: PAM France 2.11.1, ZFA, ZFD."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ecluse.protocols.findings import Finding
from ecluse.protocols.pam.checks.context import Context, first, located, repetitions

COMBINATIONS = frozenset({("INO", "IC"), ("INO", "INC"), ("IO", "INC"), ("INO", "NA"), ("NA", "NA")})
"""The five national combinations of ZFA-9 (feeding) and ZFA-11 (consultation)."""

LATER_PROOFS = frozenset({"AV", "DC", "AC", "IE"})
"""Codes of ZFD-7 that only the schemas of release 2.11.2 know."""


def consent(context: Context) -> Iterator[Finding]:
    """ZFA: the fields of the release, a national combination, dates where they belong."""
    for zfa in located(context, "ZFA"):
        path = zfa.path
        if context.release >= (2, 11):
            for number in range(4, 9):
                if first(context, zfa, number):
                    yield Finding("PAM-ZFA-4-001", "warning", f"{path}-{number}")
                    break
        feeding, consultation = first(context, zfa, 9), first(context, zfa, 11)
        if (feeding or consultation) and context.release < (2, 11):
            yield Finding("PAM-ZFA-9-002", "info", f"{path}-9", "", "2.11")
        codes = context.profile.tables
        known = (
            feeding in codes["IHE-FRANCE-ZFA-9"].codes and consultation in codes["IHE-FRANCE-ZFA-11"].codes
        )
        if known and (feeding, consultation) not in COMBINATIONS:
            yield Finding("PAM-ZFA-9-001", "warning", f"{path}-9", f"{feeding}, {consultation}")
        for number, code in ((10, feeding), (12, consultation)):
            date = first(context, zfa, number)
            if date and code in ("", "NA"):
                yield Finding("PAM-ZFA-10-001", "warning", f"{path}-{number}", code, f"{path}-{number - 1}")
            elif code not in ("", "NA", '""') and not date:
                yield Finding("PAM-ZFA-10-002", "warning", f"{path}-{number}", code)


def complement(context: Context) -> Iterator[Finding]:
    """ZFD: lunar date, date of the INSi call, kind of proof."""
    for zfd in located(context, "ZFD"):
        for lunar in repetitions(context, zfd, 1):
            day, month, year = (lunar.part(n) for n in (1, 2, 3))
            whole = all(re.fullmatch(r"[0-9]+", part) for part in (day, month, year) if part)
            if not (whole and day and month and year) or int(day) > 35:
                yield Finding("PAM-ZFD-1-001", "warning", f"{zfd.path}-1", "", "35^13^1950")
        if first(context, zfd, 5) == "INSI" and not first(context, zfd, 6):
            yield Finding("PAM-ZFD-6-001", "info", f"{zfd.path}-6", "", "AAAAMMJJ")
        if first(context, zfd, 7) in LATER_PROOFS:
            yield Finding("PAM-ZFD-7-001", "info", f"{zfd.path}-7", first(context, zfd, 7), "2.11.2")


def empty_z_segments(context: Context) -> Iterator[Finding]:
    """A French Z segment without any value is not sent since release 2.8."""
    if context.release < (2, 8):
        return
    for segment in context.message.segments:
        if segment.name.startswith("Z") and not any(segment.fields[1:]):
            yield Finding("PAM-SEG-013", "warning", segment.name)


CHECKS = (consent, complement, empty_z_segments)
