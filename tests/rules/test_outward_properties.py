"""Whatever happens, a reader who follows the announcements knows which INS may be used and who is merged."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ecluse.protocols.pam.facts import Identifier, MessageFacts, PersonFacts
from ecluse.rules.identity import Event, Patient, Registry, usability
from ecluse.rules.identity.usability import qualifies
from ecluse.rules.outward import TYPES, InsStanding, Told, announce, partners
from ecluse.rules.outward import vocabulary as words
from ecluse.rules.outward.vocabulary import Announcement

from .builders import AT, message, policy
from .test_identity_properties import PERSON, PRIOR, TIMES

ORDER = list(TYPES)


@dataclass
class Reader:
    """What a reader remembers of a patient, from the types of the announcements alone."""

    usable: bool = False
    merged_into: str = ""
    absorbed: set[str] = field(default_factory=set)
    """Patients merged into it."""
    news: int = 0
    """How many times it was told to read the INS anew."""


class Outside(RuleBasedStateMachine):
    """A domain, its publisher, and a reader; the sender may lose and regain confidence."""

    @initialize()
    def open(self) -> None:
        self.registry = Registry()
        self.policy = policy("test")
        self.confirmed = {"gam"}
        self.told: dict[str, Told] = {}
        self.readers: dict[str, Reader] = {}
        self.keys: dict[str, tuple[str, int]] = {}

    @rule(event=st.sampled_from(["A28", "A31", "A31"]), person=PERSON, recorded_at=TIMES)
    def full_picture(self, event: str, person: PersonFacts, recorded_at: str) -> None:
        self.receive(message(event, person, recorded_at=recorded_at))

    @rule(event=st.sampled_from(["A40", "A47"]), person=PERSON, prior=PRIOR)
    def change(self, event: str, person: PersonFacts, prior: tuple[Identifier, ...]) -> None:
        self.receive(message(event, person, prior=prior))

    @rule(event=st.sampled_from(["A24", "A37"]), people=st.lists(PERSON, min_size=2, max_size=2))
    def link(self, event: str, people: list[PersonFacts]) -> None:
        self.receive(message(event, *people))

    @rule()
    def sender_changes(self) -> None:
        self.confirmed = set() if self.confirmed else {"gam"}
        for id_ in self.registry.patients:
            self.tell(id_, [], [])

    def receive(self, facts: MessageFacts) -> None:
        new_id = f"p{len(self.registry.patients) + 1}"
        events = self.registry.receive(facts, self.policy, at=AT, new_id=new_id).events
        for id_ in dict.fromkeys(event.patient for event in events if event.patient):
            self.tell(id_, [event for event in events if event.patient == id_], list(events))

    def tell(self, id_: str, mine: list[Event], line: list[Event]) -> None:
        patient, before = self.registry.patients[id_], self.told.get(id_, Told())
        story = announce(before, mine, patient, self.standing(patient), partners(line))
        types = [one.type for one in story.announcements]
        assert types == sorted(types, key=ORDER.index)
        assert story.told.version == before.version + len(types)
        for one in story.announcements:
            self.follow(id_, one)
        self.told[id_] = story.told

    def follow(self, id_: str, one: Announcement) -> None:
        reader, kind = self.readers.setdefault(id_, Reader()), one.type
        if kind in (words.QUALIFIED, words.INS_CHANGED):
            reader.usable, reader.news = True, reader.news + 1
        elif kind in (words.SUSPENDED, words.INS_REMOVED):
            assert reader.usable or kind == words.INS_REMOVED
            reader.usable = False
        elif kind in (words.MERGED, words.UNMERGED):
            assert one.data == {"merged": id_, "survivor": one.other} or one.data["survivor"] == id_
            self.follow_merge(reader, id_, one)

    def follow_merge(self, reader: Reader, id_: str, one: Announcement) -> None:
        joined = one.type == words.MERGED
        if one.data["survivor"] == id_:
            (reader.absorbed.add if joined else reader.absorbed.remove)(one.data["merged"])
        elif joined:
            reader.usable, reader.merged_into = False, one.data["survivor"]
        else:
            reader.merged_into = ""

    def standing(self, patient: Patient) -> InsStanding:
        reason = usability(patient, environment="test", confirmed=self.confirmed)
        level = "provisoire" if not qualifies(patient.statuses) else "validee" if reason else "qualifiee"
        return InsStanding(level, patient.ins.key if patient.ins else "", reason.code if reason else "")

    @invariant()
    def a_reader_knows_what_may_be_used(self) -> None:
        for id_, patient in self.registry.patients.items():
            reader, standing = self.readers[id_], self.standing(patient)
            assert reader.usable == (not standing.reason)
            assert reader.merged_into == patient.merged_into
            theirs = {one.id for one in self.registry.patients.values() if one.merged_into == id_}
            assert reader.absorbed == theirs

    @invariant()
    def another_ins_is_told_as_news(self) -> None:
        for id_, patient in self.registry.patients.items():
            if self.readers[id_].usable:
                assert patient.ins is not None
                key, news = self.keys.get(id_, ("", 0))
                assert key == patient.ins.key or self.readers[id_].news > news
                self.keys[id_] = (patient.ins.key, self.readers[id_].news)


Outside.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestOutside = Outside.TestCase
