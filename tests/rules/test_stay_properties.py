"""What holds whatever comes: cancelling restores, the fold gives the decisions back, nothing raises."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ecluse.protocols.pam.facts import MessageFacts
from ecluse.protocols.pam.stay_events import stay_events
from ecluse.rules.stay import Stay, concerns_stay, fold_stay, live, situation
from tests.rules.stay_ward import Ward, encounter

INSERTS = sorted(code for code, event in stay_events().items() if event.verb == "insert")
CANCELS = {"A06": "A07", "A07": "A06"} | {
    inserted: code
    for code, event in stay_events().items()
    if event.verb == "cancel"
    for inserted in event.cancels
}
EVENTS = st.sampled_from(INSERTS)
DAYS = st.integers(1, 28)
UNITS = st.sampled_from(["", "1000", "2000", "3000"])
WARDS = st.sampled_from(["", "CHIR", "MED", '""'])
FLAGS = st.sampled_from(["N", "Y"])


def when(day: int) -> str:
    return f"202611{day:02d}0800"


def inserted(event: str, move: str, day: int, unit: str, ward: str, historic: str) -> MessageFacts:
    return encounter(event, move, when(day), action="INSERT", historic=historic, uf=unit, ward=ward)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), EVENTS, st.integers(1, 6), DAYS, UNITS, WARDS, FLAGS),
        st.tuples(st.just("update"), EVENTS, st.integers(1, 6), DAYS, UNITS, WARDS, FLAGS),
        st.tuples(st.just("cancel"), EVENTS, st.integers(1, 6), DAYS, UNITS, WARDS, FLAGS),
    ),
    max_size=12,
)


def play(ward: Ward, steps: list[tuple[Any, ...]]) -> None:
    for verb, event, move, day, unit, place, flag in steps:
        if verb == "insert":
            ward.say(inserted(event, f"M{move}", day, unit, place, flag))
        elif verb == "update":
            ward.say(
                encounter("Z99", f"M{move}", when(day), action="UPDATE", origin=event, uf=unit, ward=place)
            )
        else:
            ward.say(encounter(CANCELS[event], f"M{move}", action="CANCEL", origin=event))


@settings(max_examples=120, deadline=None)
@given(STEPS, EVENTS, DAYS, UNITS, WARDS, FLAGS)
def test_cancelling_restores_the_former_situation(
    steps: list[tuple[Any, ...]], event: str, day: int, unit: str, place: str, flag: str
) -> None:
    ward = Ward()
    play(ward, steps)
    before = situation(ward.stays["s1"]) if ward.stays else None
    assert ward.say(inserted(event, "NEW", day, unit, place, flag)).refusal is None
    assert ward.say(encounter(CANCELS[event], "NEW", action="CANCEL", origin=event)).refusal is None
    after = situation(ward.stays["s1"])
    assert after == before if before is not None else after.status == "cancelled"


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_the_events_alone_give_the_stays_back(steps: list[tuple[Any, ...]]) -> None:
    ward = Ward()
    play(ward, steps)
    again: dict[str, Stay] = {}
    for event in ward.events:
        if concerns_stay(event):
            again[event.data["stay"]] = fold_stay(again.get(event.data["stay"]), (event,))
    assert again == ward.stays


TEXTS = st.text(alphabet='AZ19"^&~ é\x00', max_size=6)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(sorted(stay_events())), TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, st.booleans()
        ),
        max_size=5,
    )
)
def test_whatever_a_message_says_it_is_answered(messages: list[tuple[Any, ...]]) -> None:
    ward = Ward()
    for event, move, at, number, action, origin, unit, zbe in messages:
        facts = encounter(
            event, move, at, number=number or None, file=origin or None, prior_account=number or None, zbe=zbe,
            action=action, origin=origin, uf=unit, fields={"PV1-2": ((unit,),), "PV1-11": ((move,),)},
            consent=(unit, at, at, "N", "", "N", "N", "", move, at, action, at),
        )  # fmt: skip
        decision = ward.say(facts)
        assert decision.refusal is None or decision.events == ()
    for stay in ward.stays.values():
        assert situation(stay).status in (
            "",
            "pre-admitted",
            "in-progress",
            "on-leave",
            "discharged",
            "cancelled",
        )


class StayMachine(RuleBasedStateMachine):
    """A stay against a model that keeps dicts and works everything out the slow way."""

    @initialize()
    def begin(self) -> None:
        self.ward = Ward()
        self.model: list[dict[str, Any]] = []
        self.count = 0

    @rule(event=EVENTS, day=DAYS, unit=UNITS, place=WARDS, flag=FLAGS)
    def insert(self, event: str, day: int, unit: str, place: str, flag: str) -> None:
        self.count += 1
        assert self.ward.say(inserted(event, f"M{self.count}", day, unit, place, flag)).refusal is None
        self.model.append({"id": f"M{self.count}", "event": event, "day": day, "unit": unit, "place": place})

    @rule(chosen=st.integers(0, 20), day=DAYS, unit=UNITS, place=WARDS)
    def correct(self, chosen: int, day: int, unit: str, place: str) -> None:
        if not self.model:
            return
        one = self.model[chosen % len(self.model)]
        said = encounter(
            "Z99", one["id"], when(day), action="UPDATE", origin=one["event"], uf=unit, ward=place
        )
        refused = self.ward.say(said).refusal
        assert (refused is not None) == bool(one.get("gone"))
        if refused is None:
            one["day"] = day
            one["unit"] = unit or one["unit"]
            one["place"] = place or one["place"]

    @rule(chosen=st.integers(0, 20))
    def cancel(self, chosen: int) -> None:
        if not self.model:
            return
        one = self.model[chosen % len(self.model)]
        said = encounter(CANCELS[one["event"]], one["id"], action="CANCEL", origin=one["event"])
        assert self.ward.say(said).refusal is None
        one["gone"] = True

    @invariant()
    def same(self) -> None:
        if not getattr(self, "model", None):
            return
        first = [one for one in self.model if not one.get("gone") and one["event"] in ("A05", "A14")]
        rest = [one for one in self.model if not one.get("gone") and one["event"] not in ("A05", "A14")]
        alive = sorted(first, key=lambda one: one["day"]) + sorted(rest, key=lambda one: one["day"])
        stay = self.ward.stays["s1"]
        assert [one.ids[0].value for one in live(stay)] == [one["id"] for one in alive]
        now = situation(stay)
        true = [one for one in alive if one["event"] not in ("A15", "A16", "A09", "A10")]
        units = [one["unit"] for one in true if one["unit"]]
        assert (now.medical_unit.code if now.medical_unit else "") == (units[-1] if units else "")
        places = [one["place"] for one in true if one["place"]]
        assert now.value("PV1-3") == (places[-1] if places and places[-1] != '""' else "")
        assert now.status == self.status([one["event"] for one in alive], [one["event"] for one in true])

    @staticmethod
    def status(alive: list[str], true: list[str]) -> str:
        """The status, told from the end of the story."""
        if not alive:
            return "cancelled"
        steps = [one for one in true if one in ("A01", "A04", "A03")]
        after = true[len(true) - true[::-1].index(steps[-1]) :] if steps else true
        if steps and steps[-1] == "A03":
            return "discharged"
        turns = [one for one in after if one in ("A21", "A22")]
        if "A21" in turns:
            return "on-leave" if turns[-1] == "A21" else "in-progress"
        announced = not steps and any(one in ("A05", "A14") for one in true)
        return "pre-admitted" if announced and not {"A02", "A06", "A07"}.intersection(true) else "in-progress"


StayMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestStayMachine = StayMachine.TestCase
