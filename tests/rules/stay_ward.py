"""A small base of patients and stays in memory, which receives ITI-31 facts as the writer does."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from ecluse.protocols.pam.facts import Identifier, MessageFacts, MovementFacts, MovementId, StayFacts
from ecluse.rules.identity import Decision, Policy, Registry, sort_all
from ecluse.rules.identity.model import Event
from ecluse.rules.stay import (
    KnownStays,
    Situation,
    Stay,
    asked_keys,
    concerns_stay,
    decide,
    fold_stay,
    index_keys,
    situation,
)
from tests.rules.builders import AT, HOSPITAL, header, person, pi, policy

NOW = 1_795_000_000_000_000
PARIS = ZoneInfo("Europe/Paris")

FRENCH_TABLE = [
    ("A01", "A11", "in-progress"),
    ("A04", "A11", "in-progress"),
    ("A05", "A38", "pre-admitted"),
    ("A06", "A07", "in-progress"),
    ("A07", "A06", "in-progress"),
    ("A02", "A12", "in-progress"),
    ("A54", "A55", "in-progress"),
    ("A21", "A52", "on-leave"),
    ("A22", "A53", "in-progress"),
    ("A03", "A13", "discharged"),
    ("A14", "A27", "pre-admitted"),
    ("A15", "A26", "in-progress"),
    ("A16", "A25", "in-progress"),
    ("A09", "A33", "in-progress"),
    ("A10", "A32", "in-progress"),
]
"""Events of ITI-31 that begin a movement, what cancels each, and where the stay stands after it."""


def visit(value: str) -> Identifier:
    return Identifier(value, "CHEXEMPLE", HOSPITAL, "ISO", "VN")


def account(value: str) -> Identifier:
    return Identifier(value, "CHEXEMPLE", HOSPITAL, "ISO", "AN")


def mv(value: str) -> MovementId:
    return MovementId(value, "GAM", "1.2.250.1.999.7.9", "ISO")


def unit(code: str) -> tuple[str, ...]:
    return (f"Unité {code}", "", "", "", "", "CHEXEMPLE", "UF", "", "", code)


def encounter(
    event: str,
    move: str = "",
    at: str = "20261118080000",
    *,
    ipp: str = "7001",
    number: str | None = "V1",
    file: str | None = None,
    action: str = "",
    historic: str = "N",
    origin: str = "",
    uf: str = "",
    ward: str = "",
    prior: tuple[Identifier, ...] = (),
    prior_account: str | None = None,
    fields: dict[str, tuple[tuple[str, ...], ...]] | None = None,
    consent: tuple[str, ...] = (),
    zbe: bool = True,
    traits: dict[str, Any] | None = None,
    **msh: Any,
) -> MessageFacts:
    """Facts of an ITI-31 message; move: ZBE-1; number: PV1-19; file: PID-18; uf: ZBE-7; ward: PV1-3.1."""
    said = dict(fields or {})
    if ward:
        said["PV1-3"] = ((ward,),)
    one = MovementFacts(
        (mv(move),) if move else (), at, action, historic, origin, unit(uf) if uf else (), (), "M"
    )
    stay = StayFacts(
        visit=visit(number) if number else None,
        account=account(file) if file else None,
        prior_account=account(prior_account) if prior_account else None,
        movements=(one,) if zbe else (),
        fields=said,
    )
    return MessageFacts(
        header(event, **msh), (person(pi(ipp), **(traits or {})),), prior, int(bool(prior)), consent, stay
    )


class Ward:
    """Receives messages: `ward.say(encounter("A01", "M1"))` gives the decision on the stay, or the refusal before."""

    def __init__(self, **changes: Any) -> None:
        self.patients = Registry()
        self.stays: dict[str, Stay] = {}
        self.events: list[Event] = []
        self.policy: Policy = policy("test", **{"zone": PARIS, **changes})

    def say(self, facts: MessageFacts) -> Decision:
        known = self.patients.known(facts, self.policy)
        one = self.patients.receive(facts, self.policy, at=AT, new_id=f"p{len(self.patients.patients) + 1}")
        if one.refusal is not None:
            return one
        known = known._replace(patients=self.patients.patients)
        two = decide(
            self.known(facts),
            known,
            facts,
            self.policy,
            patient=one.subject,
            prior=sort_all(facts, self.policy).prior,
            now=NOW,
            new_id=f"s{len(self.stays) + 1}",
        )
        self.apply(two.events)
        return Decision(two.events, two.refusal, one.findings + two.findings, two.subject)

    def known(self, facts: MessageFacts) -> KnownStays:
        by_key: dict[str, tuple[str, ...]] = {}
        for key in asked_keys(facts, self.policy.sender):
            by_key[key] = tuple(one.id for one in self.stays.values() if key in index_keys(one))
        past: dict[str, tuple[Event, ...]] = {}
        for event in self.events:
            if event.type in ("consent.recorded", "stay.moved"):
                past[event.patient] = (*past.get(event.patient, ()), event)
        return KnownStays(by_key, self.stays, past)

    def apply(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self.events.append(event)
            if concerns_stay(event):
                id_ = event.data["stay"]
                self.stays[id_] = fold_stay(self.stays.get(id_), (event,))
            if not event.type.startswith("stay."):
                self.patients.apply((event,))

    def situation(self, stay: str = "s1") -> Situation:
        return situation(self.stays[stay])
