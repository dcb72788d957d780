"""PV1 and ZBE: a pseudo visit in ITI-30, a movement in ITI-31. Source: PAM France 2.11.1, PV1, ZBE, ITI-31."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.protocols.findings import Finding
from ecluse.protocols.pam.checks.context import Context, Located, first, located
from ecluse.protocols.pam.masking import safe

CANCELS = frozenset({"A11", "A12", "A13", "A25", "A26", "A27", "A38", "A52", "A53", "A55"})
BOTH_WAYS = frozenset({"A06", "A07"})
"""A06 cancels an A07 and conversely: insert or cancel."""

ADMISSIONS = frozenset({"A01", "A04", "A05"})


def visit(context: Context) -> Iterator[Finding]:
    """PV1-2 is N and alone in ITI-30; a stay needs its account and visit numbers in ITI-31."""
    for pv1 in located(context, "PV1"):
        patient_class = first(context, pv1, 2)
        if context.transaction == "ITI-30":
            if patient_class and patient_class != "N":
                yield Finding("PAM-PV1-2-001", "error", f"{pv1.path}-2", safe(patient_class), "N")
            if any(first(context, pv1, number) for number in range(3, len(pv1.segment.fields))):
                yield Finding("PAM-PV1-3-001", "warning", pv1.path)
        elif context.transaction == "ITI-31":
            if patient_class == "N":
                yield Finding("PAM-PV1-2-002", "warning", f"{pv1.path}-2", "N", "I, O, E, R")
            if not first(context, pv1, 19):
                yield Finding("PAM-PV1-19-001", "warning", f"{pv1.path}-19", "", "VN")
    if context.transaction == "ITI-31":
        for pid in located(context, "PID"):
            if not first(context, pid, 18):
                yield Finding("PAM-PID-18-001", "warning", f"{pid.path}-18", "", "AN")


def movement(context: Context) -> Iterator[Finding]:
    """ZBE-4, 6, 7 and 9 agree with the event."""
    for zbe in located(context, "ZBE"):
        action, origin = first(context, zbe, 4), first(context, zbe, 6)
        yield from _action(context, zbe, action)
        if action in ("UPDATE", "CANCEL") and not origin:
            yield Finding("PAM-ZBE-6-001", "error", f"{zbe.path}-6", action)
        elif action == "INSERT" and origin:
            yield Finding("PAM-ZBE-6-002", "warning", f"{zbe.path}-6", safe(origin))
        elif origin and origin not in context.profile.structures:
            yield Finding("PAM-ZBE-6-003", "warning", f"{zbe.path}-6", safe(origin))
        if action == "CANCEL" and not any(zbe.segment.field(7)):
            yield Finding("PAM-ZBE-7-001", "warning", f"{zbe.path}-7")
        if first(context, zbe, 9) == "C" and not (context.event == "Z99" and origin in ADMISSIONS):
            yield Finding("PAM-ZBE-9-001", "warning", f"{zbe.path}-9", "C")


def _action(context: Context, zbe: Located, action: str) -> Iterator[Finding]:
    expected: tuple[str, ...]
    if context.event in CANCELS:
        expected = ("CANCEL",)
    elif context.event == "Z99":
        expected = ("UPDATE",)
    else:
        expected = ("INSERT", "CANCEL") if context.event in BOTH_WAYS else ("INSERT",)
    if action in ("INSERT", "UPDATE", "CANCEL") and action not in expected:
        yield Finding("PAM-ZBE-4-001", "error", f"{zbe.path}-4", action, ", ".join(expected))


CHECKS = (visit, movement)
