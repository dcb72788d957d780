"""MSH and EVN: type, event, version, characters, acknowledgement. Source: PAM France 2.11.1, MSH, EVN, 5 (ACK)."""

from __future__ import annotations

from collections.abc import Iterator

from ecluse.protocols.findings import Finding
from ecluse.protocols.hl7 import STANDARD
from ecluse.protocols.pam.checks.context import Context, Located, first, located, repetitions
from ecluse.protocols.pam.masking import plain
from ecluse.protocols.pam.profile import current_release, release_key, releases

FRENCH_CHARSETS = ("8859/15", "UNICODE UTF-8")
PENDING_EVENTS = frozenset({"A14", "A15", "A16"})
PLANNED_EVENTS = PENDING_EVENTS | {"A05", "A25", "A26", "A27", "A38", "Z99"}
_EXCLUDED = "A08"


def message_type(context: Context) -> Iterator[Finding]:
    """MSH-9: a type and an event that the profile knows, and the structure that goes with the event."""
    header = Located("MSH", context.message.segments[0])
    found = repetitions(context, header, 9)
    kind, event, structure = (found[0].part(n) for n in (1, 2, 3)) if found else ("", "", "")
    known = context.profile.structures
    if kind == "ACK":
        return
    if kind != "ADT":
        yield Finding("PAM-MSH-9-001", "error", "MSH-9.1", plain(kind), "ADT")
    elif event == _EXCLUDED:
        yield Finding("PAM-MSH-9-003", "error", "MSH-9.2", plain(event), "A31, Z99")
    elif event not in known or event == "ACK":
        yield Finding("PAM-MSH-9-002", "error", "MSH-9.2", plain(event), "A28, A31, A40, A47")
    else:
        expected = known[event].structure.rpartition("^")[2]
        if not structure:
            yield Finding("PAM-MSH-9-005", "warning", "MSH-9.3", "", expected)
        elif structure != expected:
            yield Finding("PAM-MSH-9-004", "warning", "MSH-9.3", plain(structure), expected)


def version(context: Context) -> Iterator[Finding]:
    """MSH-12: HL7 2.5, France, a release of the profile."""
    header = Located("MSH", context.message.segments[0])
    found = repetitions(context, header, 12)
    hl7, country, release = (found[0].part(n) for n in (1, 2, 3)) if found else ("", "", "")
    wanted = f"2.5^FRA^{current_release()}"
    if hl7 != "2.5":
        yield Finding("PAM-MSH-12-001", "error", "MSH-12.1", plain(hl7), wanted)
        return
    if not release:
        yield Finding("PAM-MSH-12-002", "info", "MSH-12.3", "", wanted)
        return
    key = release_key(release)
    if country != "FRA":
        yield Finding("PAM-MSH-12-005", "warning", "MSH-12.2", plain(country), "FRA")
    if release in releases():
        return
    if len(key) == 3 and ".".join(release.split(".")[:2]) in releases():
        yield Finding("PAM-MSH-12-006", "info", "MSH-12.3", plain(release), ".".join(release.split(".")[:2]))
    elif key > release_key(current_release()):
        yield Finding("PAM-MSH-12-003", "warning", "MSH-12.3", plain(release), current_release())
    else:
        yield Finding(
            "PAM-MSH-12-004", "warning", "MSH-12.3", plain(release), f"{releases()[0]}, {current_release()}"
        )


def characters(context: Context) -> Iterator[Finding]:
    """MSH-18: the French character sets, and whether the bytes are what it says."""
    charset = context.message.charset
    declared = charset.declared
    if charset.bom:
        yield Finding("PAM-MSH-18-006", "warning", "MSH", charset.codec)
    if charset.issue == "several":
        yield Finding("PAM-MSH-18-005", "error", "MSH-18", "", "8859/15, UNICODE UTF-8")
    elif declared in ("8859/1", "ASCII"):
        yield Finding("PAM-MSH-18-001", "warning", "MSH-18", declared, "8859/15, UNICODE UTF-8")
    elif declared and declared not in FRENCH_CHARSETS:
        yield Finding("PAM-MSH-18-002", "error", "MSH-18", plain(declared), "8859/15, UNICODE UTF-8")
    if charset.issue == "failed":
        yield Finding("PAM-MSH-18-003", "warning", "MSH-18", declared, charset.codec)
    elif charset.issue == "absent":
        yield Finding("PAM-MSH-18-004", "warning", "MSH-18", charset.codec, "8859/15, UNICODE UTF-8")


def rest(context: Context) -> Iterator[Finding]:
    """Delimiters, acknowledgement mode, country, language and profile of MSH; EVN-3 and EVN-6."""
    header = Located("MSH", context.message.segments[0])
    if context.message.delimiters != STANDARD:
        yield Finding("PAM-MSH-2-001", "info", "MSH-2", "", "|^~\\&")
    if any(first(context, header, number) not in ("", "NE") for number in (15, 16)):
        yield Finding("PAM-MSH-15-001", "info", "MSH-15")
    if first(context, header, 17) not in ("", "FRA"):
        yield Finding("PAM-MSH-17-001", "info", "MSH-17", plain(first(context, header, 17)), "FRA")
    if first(context, header, 19) not in ("", "FR"):
        yield Finding("PAM-MSH-19-001", "info", "MSH-19", plain(first(context, header, 19)), "FR")
    declared = first(context, header, 21)
    version_field = repetitions(context, header, 12)
    release = version_field[0].part(3) if version_field else ""
    if release and release_key(declared) and declared != release and declared[:2] == "2.":
        yield Finding("PAM-MSH-21-001", "warning", "MSH-21.1", plain(declared), release)
    for event in located(context, "EVN")[:1]:
        code = first(context, event, 1)
        if code and code != context.event:
            yield Finding("PAM-EVN-1-001", "warning", "EVN-1", plain(code), context.event)
        if first(context, event, 3) and context.event not in PLANNED_EVENTS:
            yield Finding("PAM-EVN-3-001", "info", "EVN-3", context.event)
        if first(context, event, 6) and context.event in PENDING_EVENTS:
            yield Finding("PAM-EVN-6-001", "warning", "EVN-6", context.event)


CHECKS = (message_type, version, characters, rest)
