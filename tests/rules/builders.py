"""Small builders of facts: synthetic people of an invented hospital, keys computed."""

from __future__ import annotations

from typing import Any

from ecluse.protocols.pam.facts import Header, Identifier, MessageFacts, Name, PersonFacts
from ecluse.rules.identity import Decision, Patient, Policy, Registry
from ecluse.rules.ins import computed_key

HOSPITAL = "1.2.250.1.999.7.1"
LABORATORY = "1.2.250.1.999.7.2"
NIR, NIA, TEST, DEMO = (f"1.2.250.1.213.1.4.{number}" for number in (8, 9, 10, 11))
AT = "2026-11-20T08:00:00Z"


def matricule(body: str) -> str:
    """Thirteen characters and their computed key."""
    return body + computed_key(body)


ALIX = matricule("2850338185042")
ALIX_NEXT = matricule("2850338185999")
ALIX_LAST = matricule("2850338185998")
ALIX_NIA = matricule("2850338185007")
BORIS = matricule("1711269123511")


def pi(value: str, oid: str = HOSPITAL, authority: str = "CHEXEMPLE") -> Identifier:
    return Identifier(value, authority, oid, "ISO" if oid else "", "PI")


def ins(value: str, oid: str = NIR) -> Identifier:
    return Identifier(value, f"ASIP-SANTE-INS-{'NIA' if oid == NIA else 'NIR'}", oid, "ISO", "INS")


ALIX_TRAITS: dict[str, Any] = {
    "names": (Name("VERNOUX", "ALIX", "ALIX MARGOT", "Mme", "L"),),
    "birth_date": "19850312",
    "sex": "F",
    "birth_place": "38185",
}
BORIS_TRAITS: dict[str, Any] = {
    "names": (Name("TALBARD", "BORIS", "BORIS", "", "L"),),
    "birth_date": "19711225",
    "sex": "M",
    "birth_place": "69123",
}


def person(*identifiers: Identifier, status: str = "", **traits: Any) -> PersonFacts:
    """A PID; `status` is PID-32 with its repetitions separated by `~`."""
    return PersonFacts(identifiers=identifiers, statuses=tuple(status.split("~")) if status else (), **traits)


def header(event: str, **changes: Any) -> Header:
    plain = Header(
        "GAM",
        "CHEXEMPLE",
        "ECLUSE",
        "ECLUSE",
        "20261120080000",
        "ADT",
        event,
        "",
        "1",
        "P",
        "2.5",
        "FRA",
        "2.11",
    )
    return plain._replace(**changes)


def message(
    event: str,
    *persons: PersonFacts,
    prior: tuple[Identifier, ...] = (),
    merges: int | None = None,
    consent: tuple[str, ...] = (),
    **msh: Any,
) -> MessageFacts:
    groups = merges if merges is not None else int(event in ("A40", "A47"))
    return MessageFacts(header(event, **msh), persons, prior, groups, consent)


def policy(environment: Any = "production", **changes: Any) -> Policy:
    return Policy(environment=environment, sender=changes.pop("sender", "gam"), **changes)


class Desk:
    """A registry with a policy and ids p1, p2… : `desk.say("A31", person(...))` gives the decision."""

    def __init__(self, environment: Any = "production", **changes: Any) -> None:
        self.registry = Registry()
        self.policy = policy(environment, **changes)

    def say(
        self, event: str, *persons: PersonFacts, under: Policy | None = None, at: str = AT, **rest: Any
    ) -> Decision:
        facts = message(event, *persons, **rest)
        new_id = f"p{len(self.registry.patients) + 1}"
        return self.registry.receive(facts, under or self.policy, at=at, new_id=new_id)

    def patient(self, value: str, oid: str = HOSPITAL) -> Patient:
        found = self.registry.find(f"{oid}|PI|{value}")
        assert found is not None
        return found


def rules_of(decision: Decision) -> set[str]:
    return {finding.rule for finding in decision.findings}


def events_of(decision: Decision) -> list[str]:
    return [event.type for event in decision.events]
