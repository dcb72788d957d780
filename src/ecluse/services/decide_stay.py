"""The stay part of an ITI-31 message, once its identity part is decided (see `decide_message`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from ecluse.protocols.pam.facts import MessageFacts
from ecluse.protocols.pam.stay_events import verb
from ecluse.rules import stay
from ecluse.rules.identity import Decision, Known, Policy, Sorted, sort_all
from ecluse.rules.identity.model import Event
from ecluse.store.ledger import Ledger

CREATED = "IDN-STAY-001"
"""Says that a patient was created: untrue of a message that is refused for its stay."""


class Place(NamedTuple):
    """Where a stay would be opened: domain, time of reception (µs since 1970, UTC), id of a new stay."""

    domain: int
    now: int
    new_id: str


def load_stays(ledger: Ledger, messages: Iterable[tuple[int, str, MessageFacts]]) -> None:
    """Bring in, by one read per table and domain, the stays a batch may need.

    :param messages: domain, id of the sender and facts of each message of ITI-31.
    :raises UnreadableStoreError: when the store does not answer.
    """
    keys: dict[tuple[int, bool], set[str]] = {}
    for domain, sender, facts in messages:
        whole = verb(facts) in ("move", "renumber")
        keys.setdefault((domain, whole), set()).update(stay.asked_keys(facts, sender))
    for (domain, whole), wanted in keys.items():
        ledger.load_stays(domain, wanted, whole=whole)


def with_stay(
    ledger: Ledger,
    decision: Decision,
    known: Known,
    facts: MessageFacts,
    policy: Policy,
    listed: Sorted | None,
    place: Place,
) -> Decision:
    """A decision on the identity completed by the one on the stay; a refusal of either refuses the message."""
    stays = ledger.stays.known(place.domain)
    if verb(facts) == "move":
        stays = _with_past(ledger, stays, facts, policy.sender)
    found = stay.decide(
        stays,
        known,
        facts,
        policy,
        patient=decision.subject,
        prior=(listed or sort_all(facts, policy)).prior,
        now=place.now,
        new_id=place.new_id,
    )
    if found.refusal is not None:
        kept = tuple([one for one in decision.findings if one.rule != CREATED])
        return Decision((), found.refusal, kept + found.findings, decision.subject)
    findings = decision.findings + found.findings
    return Decision(decision.events + found.events, None, findings, decision.subject)


def _with_past(ledger: Ledger, stays: stay.KnownStays, facts: MessageFacts, sender: str) -> stay.KnownStays:
    """The stays of an account that may move, with what their patients said of consents."""
    ids = {one for key in stay.asked_keys(facts, sender) for one in stays.by_key.get(key, ())}
    owners = {stays.stays[one].patient for one in ids if stays.stays[one].consent}
    for one in tuple(owners):
        while (patient := ledger.patients.get(one)) is not None and patient.merged_into:
            one = patient.merged_into
            owners.add(one)
    return replace(stays, past=ledger.past_consents(sorted(owners)) if owners else {})


def folded_stays(ledger: Ledger, events: Sequence[Event]) -> Mapping[str, stay.Stay]:
    """The states of the stays that events change."""
    mine: dict[str, list[Event]] = {}
    for event in events:
        if stay.concerns_stay(event):
            mine.setdefault(event.data["stay"], []).append(event)
    stays = ledger.stays.stays
    return {one: stay.fold_stay(stays.get(one), theirs) for one, theirs in mine.items()}


def put_stays(ledger: Ledger, domain: int, states: Mapping[str, stay.Stay]) -> None:
    """Keep the new states of stays."""
    for one, state in states.items():
        former = ledger.stays.stays.get(one)
        before = () if former is None else stay.index_keys(former)
        ledger.stays.put(domain, before, state, stay.index_keys(state))
