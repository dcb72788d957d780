"""Invariants that hold whatever the order of messages (stateful, on a small world of people and identifiers)."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ecluse.protocols.pam.facts import Identifier, MessageFacts, Name, PersonFacts
from ecluse.rules.identity import Patient, Registry, collisions, decide, index_keys, rules, usability
from ecluse.rules.identity.traits import contradict, traits
from ecluse.rules.identity.usability import qualifies

from .builders import (
    ALIX,
    ALIX_NEXT,
    ALIX_NIA,
    ALIX_TRAITS,
    AT,
    BORIS_TRAITS,
    LABORATORY,
    NIA,
    NIR,
    TEST,
    ins,
    message,
    pi,
    policy,
)

IPPS = st.sampled_from([pi("7001"), pi("7002"), pi("7003"), pi("L-1", LABORATORY), pi("L-2", LABORATORY)])
INSES = st.sampled_from(
    [ins(ALIX), ins(ALIX_NEXT), ins(ALIX_NIA, NIA), ins(ALIX, TEST), ins(ALIX[:13] + "01")]
)
STATUS = st.sampled_from(["", "VALI", "VALI", "VALI", "PROV", "VALI~DOUT", '""'])
TRAITS = st.sampled_from(
    [
        ALIX_TRAITS,
        ALIX_TRAITS,
        BORIS_TRAITS,
        {},
        {"birth_date": "19850313"},
        {"birth_place": '""'},
        {"names": (Name("BRUNOY", '""', "", "", "D"),)},
    ]
)
LOCAL = st.lists(IPPS, max_size=2)
TIMES = st.sampled_from(["", "20261120070000", "20261120090000"])
NATIONAL = st.lists(st.one_of(INSES, st.just(ins('""'))), max_size=2)


def pid(
    local: list[Identifier], national: list[Identifier], status: str, traits: dict[str, object]
) -> PersonFacts:
    statuses = tuple(status.split("~")) if status else ()
    return PersonFacts(identifiers=(*local, *national), statuses=statuses, **traits)  # type: ignore[arg-type]


PERSON = st.builds(pid, LOCAL, NATIONAL, STATUS, TRAITS)
PRIOR = st.lists(st.one_of(IPPS, INSES), max_size=2).map(tuple)


class Domain(RuleBasedStateMachine):
    """One domain that receives anything."""

    @initialize(
        environment=st.sampled_from(["production", "test"]),
        known_patient_creation=st.sampled_from(["update", "refuse"]),
    )
    def open(self, environment: str, known_patient_creation: str) -> None:
        self.registry = Registry()
        self.policy = policy(environment, known_patient_creation=known_patient_creation)

    def receive(self, facts: MessageFacts) -> None:
        new_id = f"p{len(self.registry.patients) + 1}"
        before = dict(self.registry.patients)
        known = self.registry.known(facts, self.policy)
        one = decide(known, facts, self.policy, at=AT, new_id=new_id)
        assert one == decide(known, facts, self.policy, at=AT, new_id=new_id)
        decision = self.registry.receive(facts, self.policy, at=AT, new_id=new_id)
        assert decision == one
        if decision.refusal is not None:
            assert decision.events == ()
            assert self.registry.patients == before
        for finding in decision.findings:
            assert finding.rule in rules()
            assert ALIX[:13] not in repr(finding)
            assert ALIX_NEXT[:13] not in repr(finding)
        if facts.header.event in ("A40", "A24", "A37"):
            for id_, patient in before.items():
                assert self.registry.patients[id_].ins == patient.ins
                assert self.registry.patients[id_].statuses == patient.statuses
                assert self.registry.patients[id_].names == patient.names

    @rule(event=st.sampled_from(["A28", "A31", "A31"]), person=PERSON, recorded_at=TIMES)
    def full_picture(self, event: str, person: PersonFacts, recorded_at: str) -> None:
        self.receive(message(event, person, recorded_at=recorded_at))

    @rule(
        event=st.sampled_from(["A40", "A47", "A47"]),
        person=PERSON,
        prior=PRIOR,
        merges=st.sampled_from([1, 1, 1, 0, 2]),
        recorded_at=TIMES,
    )
    def change(
        self,
        event: str,
        person: PersonFacts,
        prior: tuple[Identifier, ...],
        merges: int,
        recorded_at: str,
    ) -> None:
        self.receive(message(event, person, prior=prior, merges=merges, recorded_at=recorded_at))

    @rule(event=st.sampled_from(["A24", "A37"]), people=st.lists(PERSON, min_size=1, max_size=2))
    def link(self, event: str, people: list[PersonFacts]) -> None:
        self.receive(message(event, *people))

    @invariant()
    def a_status_that_is_not_vali_has_no_usable_ins(self) -> None:
        for patient in self.registry.patients.values():
            if not qualifies(patient.statuses):
                assert patient.ins is None or patient.merged_into
                assert usability(patient, environment=self.policy.environment, confirmed={"gam"}) is not None

    @invariant()
    def a_patient_is_found_by_the_ins_it_holds_and_by_no_withdrawn_one(self) -> None:
        for patient in self.registry.patients.values():
            held = {one.key for one in (patient.ins, *patient.superseded) if one}
            assert {key for key in index_keys(patient) if "|INS|" in key} == held

    @invariant()
    def no_local_key_designates_two_patients(self) -> None:
        for patient in self.registry.patients.values():
            for identifier in patient.identifiers:
                if identifier.matching:
                    assert self.registry.holders(identifier.key) == (patient.id,)

    @invariant()
    def flags_are_what_the_held_ins_say(self) -> None:
        active = [one for one in self.registry.patients.values() if not one.merged_into]
        designated = {
            one.id: {ins.key for ins in (one.ins, *one.superseded) if ins is not None} for one in active
        }
        for patient in self.registry.patients.values():
            differ, agree = set[str](), set[str]()
            for other in active if patient in active and patient.ins is not None else ():
                assert patient.ins is not None
                if other.id != patient.id and patient.ins.key in designated[other.id]:
                    (differ if contradict(traits(patient), traits(other)) else agree).add(other.id)
            self.flagged(patient, differ, agree)

    def flagged(self, patient: Patient, differ: set[str], agree: set[str]) -> None:
        assert set(patient.collides_with) == differ
        assert set(patient.duplicates) == agree

    @invariant()
    def replaying_the_events_gives_the_same_state(self) -> None:
        replayed = Registry.replay(self.registry.events)
        assert replayed.patients == self.registry.patients
        assert replayed.links == self.registry.links

    @invariant()
    def a_wrong_key_is_never_usable_in_production(self) -> None:
        for patient in self.registry.patients.values():
            if (
                self.policy.environment == "production"
                and patient.ins
                and patient.ins.matricule.endswith("01")
            ):
                assert usability(patient, environment="production", confirmed={"gam"}) is not None
            assert patient.ins is None or patient.ins.oid in (NIR, NIA, TEST)


class CrowdedDomain(Domain):
    """The same, when two patients with one INS already make a group too large to name."""

    named = collisions.LISTED

    @initialize()
    def crowd(self) -> None:
        collisions.LISTED = 1

    def teardown(self) -> None:
        collisions.LISTED = self.named

    def flagged(self, patient: Patient, differ: set[str], agree: set[str]) -> None:
        for named, true in ((patient.collides_with, differ), (patient.duplicates, agree)):
            assert bool(named) == bool(true)
            assert len(named) <= 1


Domain.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestDomain = Domain.TestCase
CrowdedDomain.TestCase.settings = Domain.TestCase.settings
TestCrowdedDomain = CrowdedDomain.TestCase
