"""What is told of times that the change of clocks makes doubtful, in the header of a message and later elsewhere."""

from __future__ import annotations

from datetime import tzinfo

from ecluse.protocols.findings import Finding
from ecluse.protocols.hl7.times import default_zone, doubt, doubtful_hours
from ecluse.protocols.pam.facts import Header
from ecluse.services.rulebook import finding

_RULES = {"ambiguous": "SRV-TIM-001", "missing": "SRV-TIM-002"}


def doubtful_times(header: Header, zone: tzinfo) -> tuple[Finding, ...]:
    """Findings on MSH-7, EVN-2 and EVN-6; three look-ups when the times are certain.

    :param zone: of the sender's times that come without an offset (`intake_settings.zone_of`).
    """
    hours = doubtful_hours(zone)
    if (
        header.sent_at[:10] not in hours
        and header.recorded_at[:10] not in hours
        and header.occurred_at[:10] not in hours
    ):
        return ()
    zone = default_zone(header.sent_at, zone)
    found: tuple[Finding, ...] = ()
    for location, time in (
        ("MSH-7", header.sent_at),
        ("EVN-2", header.recorded_at),
        ("EVN-6", header.occurred_at),
    ):
        found += doubtful_time(location, time, zone)
    return found


def doubtful_time(location: str, time: str, zone: tzinfo) -> tuple[Finding, ...]:
    """The finding on one HL7 time when its hour comes twice or never in the zone; usually none.

    :param zone: see `protocols.hl7.times.default_zone`.
    """
    why = doubt(time, zone)
    return (finding(_RULES[why], location, time, str(zone)),) if why else ()
