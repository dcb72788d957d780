"""What to do with a message: the events it becomes, or why it is refused. Nothing else decides on identities.

Source: PAM France 2.11.1 (ITI-30, acknowledgements), HL7 table 0357; identity model of the design.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from ecluse.protocols.pam.facts import Header, MessageFacts
from ecluse.protocols.pam.stay_events import STAY_EVENTS
from ecluse.rules.identity.change import change
from ecluse.rules.identity.clock import with_offsets
from ecluse.rules.identity.draft import Draft, Refused, refuse
from ecluse.rules.identity.encounter import encounter
from ecluse.rules.identity.identifiers import Sorted, ins_key, sort_all
from ecluse.rules.identity.links import link, linkable, unlink
from ecluse.rules.identity.matching import accept_identifiers
from ecluse.rules.identity.merge import merge
from ecluse.rules.identity.model import Decision, Known, Policy, StoredIns
from ecluse.rules.identity.update import create_or_update
from ecluse.rules.identity.usability import qualifies

Handler = Callable[[Draft, MessageFacts, str], None]

_HANDLERS: dict[str, Handler] = {
    "A28": create_or_update,
    "A31": create_or_update,
    "A40": lambda draft, facts, new_id: merge(draft, facts),
    "A47": lambda draft, facts, new_id: change(draft, facts),
    "A24": lambda draft, facts, new_id: link(draft, facts),
    "A37": lambda draft, facts, new_id: unlink(draft, facts),
    **dict.fromkeys(STAY_EVENTS, encounter),
}

_REMOVED_EVENTS = frozenset(f"Z{n}" for n in range(80, 90))
"""Movements of releases 2.1 to 2.6, which A02 with ZBE-9 replaced in 2.7 (PAM France)."""


def keys(facts: MessageFacts, policy: Policy, listed: Sorted | None = None) -> tuple[str, ...]:
    """Matching keys to load before `decide`: local identifiers of PID-3 and MRG-1, INS of MRG-1, and the INS of PID-3
    when the status qualifies it.

    :param listed: `sort_all(facts, policy)`, when the caller has it.
    """
    persons, prior = listed or sort_all(facts, policy)
    found: list[str] = []
    linking = len(persons) > 1
    for person, sorted_ in zip(facts.persons, persons, strict=False):
        local = linkable(sorted_) if linking else sorted_.local
        found.extend([identifier.key for identifier in local])
        if sorted_.ins and qualifies(person.statuses):
            found.extend([ins_key(ins) for ins in sorted_.ins])
    found.extend([identifier.key for identifier in prior.local])
    found.extend([ins_key(ins) for ins in prior.ins])
    return tuple(dict.fromkeys(found))


def more_keys(known: Known) -> tuple[str, ...]:
    """INS keys whose other holders must be loaded too: of flagged patients, and superseded ones. Usually empty."""
    held: list[StoredIns] = []
    for patient in known.patients.values():
        if patient.ins is not None and (patient.collides_with or patient.duplicates):
            held.append(patient.ins)
        held.extend(patient.superseded)
    return tuple(dict.fromkeys([ins.key for ins in held if ins.key not in known.by_key]))


def decide(
    known: Known, facts: MessageFacts, policy: Policy, *, at: str, new_id: str, listed: Sorted | None = None
) -> Decision:
    """Decide on one message.

    :param known: what `keys(facts, policy)` and then `more_keys(known)` asked for.
    :param at: time of reception, ISO 8601 in UTC.
    :param new_id: id of the patient if one is created.
    :param listed: `sort_all(facts, policy)`, when the caller has it.
    :returns: events in order, or a refusal and no event; findings in both cases. Same arguments, same decision.
    """
    facts = with_offsets(facts, policy.zone)
    header = facts.header
    draft = Draft(known, policy, at, listed or sort_all(facts, policy), header.recorded_at, header.sent_at)
    try:
        handler = _accept(draft, header)
        if not facts.persons:
            raise refuse("IDN-PID-001", "100", "PID")
        accept_identifiers(draft)
        handler(draft, facts, new_id)
    except Refused as refused:
        finding = refused.refusal.finding
        return Decision((), refused.refusal, (*draft.findings, finding), draft.subject)
    return Decision(tuple(draft.events), None, tuple(draft.findings), draft.subject)


def _accept(draft: Draft, header: Header) -> Handler:
    """The handler of a message whose MSH allows it.

    :raises Refused: AR 200, 201, 202 or 203.
    """
    if header.type != "ADT":
        raise refuse("IDN-MSH-9-001", "200", "MSH-9.1", ack="AR", received=header.type, expected="ADT")
    handler = _HANDLERS.get(header.event)
    if handler is None:
        rule = "IDN-MSH-9-002"
        if header.event == "A08":
            rule = "IDN-MSH-9-004"
        elif header.event in _REMOVED_EVENTS:
            rule = "IDN-MSH-9-003"
        raise refuse(rule, "201", "MSH-9.2", ack="AR", received=header.event)
    if header.version != "2.5":
        raise refuse("IDN-MSH-12-001", "203", "MSH-12.1", ack="AR", received=header.version, expected="2.5")
    if draft.policy.environment == "production" and header.processing[:1] in ("D", "T"):
        raise refuse("IDN-MSH-11-001", "202", "MSH-11", ack="AR", received=header.processing, expected="P")
    if header.release and _newer(header.release, draft.policy.known_release):
        expected = ".".join(map(str, draft.policy.known_release))
        draft.find("IDN-MSH-12-002", "warning", "MSH-12.3", header.release, expected)
    return handler


@lru_cache(maxsize=64)
def _newer(release: str, known: tuple[int, ...]) -> bool:
    """True for a release after the known one; 2.11.1 is sent as 2.11 and is not newer than it."""
    parts = release.split(".")
    if not all(part.isascii() and part.isdigit() for part in parts):
        return False
    return tuple([int(part) for part in parts[: len(known)]]) > known
