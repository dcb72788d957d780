"""MRG: what an A40 merges, what an A47 replaces or deletes. Source: PAM France 2.11.1, A40, A47, INS life cycle."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.protocols.findings import Finding
from ecluse.protocols.pam.checks.context import Context, Repetition, first, located, repetitions, subparts
from ecluse.protocols.pam.checks.ins import carried


def _key(context: Context, repetition: Repetition) -> tuple[str, str]:
    """Authority (OID when present, else name) and type of an identifier."""
    name, oid, _ = (part.strip() for part in subparts(context, repetition.part(4))[:3])
    return oid or name, repetition.part(5) or "PI"


def merge(context: Context) -> Iterator[Finding]:
    """MRG-1 against PID-3."""
    if context.event not in ("A40", "A47"):
        return
    for pid, mrg in zip(located(context, "PID"), located(context, "MRG"), strict=False):
        kept = {(_key(context, one), one.part(1)) for one in repetitions(context, pid, 3)}
        kept_keys = {key for key, _ in kept}
        prior = repetitions(context, mrg, 1)
        for one in prior:
            key = _key(context, one)
            if (key, one.part(1)) in kept:
                yield Finding(
                    "PAM-MRG-1-001" if context.event == "A47" else "PAM-MRG-1-004", "error", one.path
                )
            elif key not in kept_keys:
                yield from _without_counterpart(context, one, bool(carried(context, mrg, 1)))
        if context.event == "A47" and len(prior) > 1:
            yield Finding("PAM-MRG-1-003", "warning", f"{mrg.path}-1", str(len(prior)), "1")
        if first(context, mrg, 8):
            yield Finding("PAM-MRG-8-001", "warning", f"{mrg.path}-8", "", "MRG-7")


def _without_counterpart(context: Context, one: Repetition, is_ins: bool) -> Iterator[Finding]:
    if context.event == "A40":
        yield Finding("PAM-MRG-1-005", "warning", one.path, "", "PID-3")
    elif is_ins:
        yield Finding("PAM-MRG-1-006", "warning", one.path, "", 'PID-3 : ""^^^ASIP-SANTE-INS-NIR&…')
    else:
        yield Finding("PAM-MRG-1-002", "error", one.path, "", "PID-3")


CHECKS = (merge,)
