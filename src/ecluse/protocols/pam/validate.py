"""Validates a message against PAM France: structure, fields, French rules.

Two speeds. The fast check, compiled once per release, accepts what is clean; what it does not accept is explained
piece by piece: the structure, the segments concerned, then the French rules. Clean messages never pay for
explanations. Source: PAM France 2.11.1, see `data/` and the rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from ecluse.protocols.findings import Finding
from ecluse.protocols.hl7 import STANDARD, Message
from ecluse.protocols.pam.checks import consent, header, identity, ins, merge, movement
from ecluse.protocols.pam.checks.context import Context, Environment
from ecluse.protocols.pam.clean import is_clean
from ecluse.protocols.pam.explain import explain_segment
from ecluse.protocols.pam.masking import safe
from ecluse.protocols.pam.patterns import SegmentCheck, segment_checks
from ecluse.protocols.pam.profile import (
    Profile,
    Structure,
    current_release,
    profile,
    release_key,
    releases,
)
from ecluse.protocols.pam.report import Report
from ecluse.protocols.pam.structure import explain_structure, structure_check

_HEADER_CHECKS = header.CHECKS
_CHECKS = (*identity.CHECKS, *ins.CHECKS, *merge.CHECKS, *consent.CHECKS, *movement.CHECKS)


@dataclass(frozen=True, slots=True)
class Compiled:
    """Fast checks of one release."""

    profile: Profile
    segments: dict[str, SegmentCheck]
    structures: dict[str, Callable[[str], re.Match[str] | None]]


@cache
def compiled(release: str) -> Compiled:
    """Fast checks of a release of `profile.releases()`, compiled when first asked."""
    found = profile(release)
    structures = {event: structure_check(structure) for event, structure in found.structures.items()}
    return Compiled(found, segment_checks(found), structures)


def validate(
    message: Message, release: str | None = None, *, environment: Environment = "production"
) -> Report:
    """Check a message against the profile.

    :param release: release to check against (`2.11`); None: the one that MSH-12.3 declares, the current one when it
        declares none or an unknown one.
    :param environment: `test` makes test OIDs right and a wrong matricule key a warning.
    :returns: findings in the order structure, header, segments, French rules; empty when the message is clean.
    """
    fields = message.segments[0].fields
    kind = fields[9].split(message.delimiters.component or "\0") if len(fields) > 9 else [""]
    event = "ACK" if kind[0] == "ACK" else kind[1].strip() if len(kind) > 1 else ""
    declared = _declared_release(message, fields)
    chosen, unchecked = (declared, False) if release is None else (release, False)
    if chosen not in releases():
        chosen, unchecked = _nearest(chosen), bool(chosen)
    checks = compiled(chosen)
    if not unchecked and message.delimiters == STANDARD and _is_fast(message, event, checks, fields):
        return Report(event, checks.profile.structures[event].structure, chosen, ())
    return _explain(message, event, checks, environment, unchecked)


def _declared_release(message: Message, fields: list[str]) -> str:
    if len(fields) <= 12:
        return ""
    parts = fields[12].split(message.delimiters.component or "\0")
    return parts[2].strip() if len(parts) > 2 else ""


def _nearest(release: str) -> str:
    """The known release that speaks for another: its minor form, else the oldest or the current one."""
    minor = ".".join(release.split(".")[:2])
    if minor in releases():
        return minor
    return releases()[0] if () < release_key(release) < release_key(releases()[0]) else current_release()


def _is_fast(message: Message, event: str, checks: Compiled, fields: list[str]) -> bool:
    structure = checks.structures.get(event)
    lines = message.lines
    if structure is None or structure("".join([line[:3] for line in lines])) is None:
        return False
    segments = checks.segments
    for line in lines:
        match, padding = segments[line[:3]]
        if match(line + padding) is None:
            return False
    return is_clean(message, event, checks.profile, fields)


def _explain(
    message: Message, event: str, checks: Compiled, environment: Environment, unchecked: bool
) -> Report:
    structure = checks.profile.structures.get(event)
    known = structure is not None and message.segments[0].field(9)[:3] in ("ADT", "ACK")
    context = Context(
        message=message,
        event=event,
        transaction=structure.transaction if structure and known else "",
        release=release_key(checks.profile.release),
        environment=environment,
        profile=checks.profile,
    )
    findings = list(_findings(context, structure if known else None, checks))
    if unchecked:
        version = message.segments[0].fields[12] if len(message.segments[0].fields) > 12 else ""
        findings.append(
            Finding("PAM-MSH-12-007", "info", "MSH-12.3", safe(version[8:]), checks.profile.release)
        )
    name = structure.structure if structure and known else ""
    return Report(event, name, checks.profile.release, tuple(findings), unchecked)


def _findings(context: Context, structure: Structure | None, checks: Compiled) -> Iterator[Finding]:
    message = context.message
    if structure is not None:
        yield from explain_structure(structure, message.segments)
    for check in _HEADER_CHECKS:
        yield from check(context)
    if structure is None:
        return
    counts: dict[str, int] = {}
    for segment in message.segments:
        counts[segment.name] = counts.get(segment.name, 0) + 1
        fast = checks.segments.get(segment.name)
        standard = message.delimiters == STANDARD
        if fast is not None and not (standard and fast.match(segment.text + fast.padding)):
            yield from explain_segment(segment, counts[segment.name], message.delimiters, context.profile)
    if structure.event != "ACK":
        for check in _CHECKS:
            yield from check(context)
