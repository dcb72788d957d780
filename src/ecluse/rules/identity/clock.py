"""Times that are kept get the offset they had where they were written: they are shown and compared far from there.

Source: HL7 v2.5, 2.A.22 (a time without offset is the local time of the sender) and 2.15.9.7 (offset of MSH-7).
"""

from __future__ import annotations

from datetime import tzinfo

from ecluse.protocols.hl7.times import default_zone, with_offset
from ecluse.protocols.pam.facts import MessageFacts, Repetition

_CONSENT_DATES = (1, 9, 11)
"""Positions (from 0) of the times of ZFA: state of the DMP, feeding, consultation."""


def with_offsets(facts: MessageFacts, zone: tzinfo) -> MessageFacts:
    """A message whose times of death and of consent have their offset; dates and doubtful hours stay as received.

    :param zone: of the sender's times that come without an offset.
    """
    for one in facts.persons:
        if one.death_at or facts.consent:
            break
    else:
        return facts
    zone = default_zone(facts.header.sent_at, zone)
    persons = [
        one._replace(death_at=with_offset(one.death_at, zone)) if one.death_at else one
        for one in facts.persons
    ]
    return facts._replace(persons=tuple(persons), consent=_consent(facts.consent, zone))


def _consent(fields: Repetition, zone: tzinfo) -> Repetition:
    return tuple(
        [with_offset(value, zone) if place in _CONSENT_DATES else value for place, value in enumerate(fields)]
    )
