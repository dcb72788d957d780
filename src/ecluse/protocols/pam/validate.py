"""Validates a message against PAM France: structure, fields, French rules.

Two speeds. The fast check, compiled once per release, accepts what is clean; what it does not accept is explained
piece by piece: the structure, the segments concerned, then the French rules. Clean messages never pay for
explanations. Source: PAM France 2.11.1, see `data/` and the rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from ecluse.protocols.findings import Finding
from ecluse.protocols.hl7 import STANDARD, Message
from ecluse.protocols.pam.checks import consent, header, identity, ins, merge, movement
from ecluse.protocols.pam.checks.context import Context, Environment, Seen
from ecluse.protocols.pam.explain import explain_segment
from ecluse.protocols.pam.fast import FastCheck, fast_check, is_clean
from ecluse.protocols.pam.masking import plain
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
from ecluse.protocols.pam.structure import explain_structure

_HEADER_CHECKS = header.CHECKS
_CHECKS = (*identity.CHECKS, *ins.CHECKS, *merge.CHECKS, *consent.CHECKS, *movement.CHECKS)


@dataclass(frozen=True, slots=True)
class Compiled:
    """What one release needs to explain a message."""

    profile: Profile
    segments: dict[str, SegmentCheck]


@cache
def compiled(release: str) -> Compiled:
    """Checks of a release of `profile.releases()`, compiled when first asked."""
    found = profile(release)
    return Compiled(found, segment_checks(found))


_FAST: dict[tuple[str, str], FastCheck | None] = {}
"""Fast checks by exact MSH-9 and MSH-12: filled for the events and releases of the profile only."""


def _fast_check(kind: str, version: str) -> FastCheck | None:
    """The fast check for the texts of MSH-9 and MSH-12, None when they are not exactly those of the profile."""
    release = version.rpartition("^")[2]
    if version != f"2.5^FRA^{release}" or release not in releases():
        return None
    structure = next((one for one in profile(release).structures.values() if one.structure == kind), None)
    if structure is None:
        return None
    if (kind, version) not in _FAST:
        _FAST[kind, version] = fast_check(structure, release)
    return _FAST[kind, version]


def warm_up(events: tuple[str, ...] = ("A28", "A31", "A40", "A47")) -> None:
    """Compile the checks of the current release, so that the first message does not wait for them."""
    release = current_release()
    compiled(release)
    for event in events:
        _fast_check(profile(release).structures[event].structure, f"2.5^FRA^{release}")


def validate(
    message: Message, release: str | None = None, *, environment: Environment = "production"
) -> Report:
    """Check a message against the profile.

    :param release: release to check against (`2.11`); None: the one that MSH-12.3 declares, the current one when it
        declares none or an unknown one.
    :param environment: `test` makes test OIDs right and a wrong matricule key a warning.
    :returns: findings in the order structure, header, segments, French rules; empty when the message is clean.
    """
    header = message.lines[0].split(message.delimiters.field)
    if message.delimiters == STANDARD and len(header) > 11:
        key = (header[8], header[11])
        fast = _FAST[key] if key in _FAST else _fast_check(*key)
        if fast is not None and release in (None, fast.release) and is_clean(message, fast, environment):
            structure = fast.structure
            found = tuple(_merge_findings(message, fast, environment)) if fast.merges else ()
            return Report(structure.event, structure.structure, fast.release, found)
    return _explain(message, header, release, environment)


def _nearest(release: str) -> str:
    """The known release that speaks for another: its minor form, else the oldest or the current one."""
    minor = ".".join(release.split(".")[:2])
    if minor in releases():
        return minor
    return releases()[0] if () < release_key(release) < release_key(releases()[0]) else current_release()


def _merge_findings(message: Message, fast: FastCheck, environment: Environment) -> Iterator[Finding]:
    """MRG-1 against PID-3, which no pattern can compare."""
    structure, found = fast.structure, profile(fast.release)
    context = Context(
        message, structure.event, structure.transaction, release_key(fast.release), environment, found, Seen()
    )
    return merge.merge(context)


def _explain(message: Message, header: list[str], release: str | None, environment: Environment) -> Report:
    """The report of a message that the fast check did not accept."""
    component = message.delimiters.component or "\0"
    kind = header[8].split(component) if len(header) > 8 else [""]
    event = "ACK" if kind[0] == "ACK" else kind[1].strip() if len(kind) > 1 else ""
    version = header[11].split(component) if len(header) > 11 else []
    wanted = release if release is not None else version[2].strip() if len(version) > 2 else ""
    nearest = wanted if wanted in releases() else _nearest(wanted)
    unchecked = bool(wanted) and wanted != nearest and not wanted.startswith(nearest + ".")
    checks = compiled(nearest)
    structure = checks.profile.structures.get(event) if kind[0] in ("ADT", "ACK") else None
    context = Context(
        message=message,
        event=event,
        transaction=structure.transaction if structure else "",
        release=release_key(nearest),
        environment=environment,
        profile=checks.profile,
        seen=Seen(),
    )
    findings = list(_findings(context, structure, checks))
    if unchecked:
        findings.append(Finding("PAM-MSH-12-007", "info", "MSH-12.3", plain(wanted), nearest))
    return Report(event, structure.structure if structure else "", nearest, tuple(findings), unchecked)


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
