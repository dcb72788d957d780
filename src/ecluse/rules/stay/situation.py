"""The situation of a stay: what its movements that are not cancelled say together, in order of their dates.

It is worked out, never stored: cancelling a movement restores the former situation by construction, and a historic
movement (ZBE-5 = Y) takes its place among the others. Source: PAM France 2.11.1, ITI-31 and ZBE.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ecluse.protocols.hl7 import NULL
from ecluse.protocols.pam.facts import Repetition
from ecluse.protocols.pam.stay_events import Effect, stay_events
from ecluse.rules.stay.model import Movement, Status, Stay

_ERASED = ((NULL,),)
_PLANS = frozenset({"expect-transfer", "expect-discharge"})
_EXPECTED = {"expect-transfer": frozenset({"PV1-42"}), "expect-discharge": frozenset({"PV2-9"})}
"""What a movement that is only expected may say of the situation: the rest of it is not true yet."""

_TRACKED = frozenset({"depart", "arrive"})
_BEFORE = frozenset({"preadmit", "expect-admission"})
"""Effects that come before any other, whatever their date: an admission may come earlier than planned."""

_MET_BY = {"A14": frozenset({"A01", "A04"}), "A15": frozenset({"A02"}), "A16": frozenset({"A03"})}
"""The event that an announced one waits for; a change of doctor or of class is no transfer."""

_BRINGS_IN = frozenset({"A02", "A06", "A07"})
"""Events, beside an admission, that tell that a pre-admitted patient is there; a change of doctor may come before."""


class Unit(NamedTuple):
    """A functional unit (UF): its code, its label, and the authority that numbers it (XON-10, 1 and 6)."""

    code: str
    label: str = ""
    authority: str = ""


class Situation(NamedTuple):
    """Where a stay stands. Times are HL7 TS as received, empty when unknown; n: the movement that made it so, or 0.

    said: every field in force by location (`PV1-2` class, `PV1-3` location, `PV1-7` attending doctor, `ZFM-1`…);
    expected: events announced and not yet come (A14, A15, A16), with the time of each; away: the temporary location
    (PV1-11) of a patient followed there (A09, A10).
    """

    status: Status
    n: int = 0
    medical_unit: Unit | None = None
    care_unit: Unit | None = None
    admitted: str = ""
    discharged: str = ""
    on_leave_since: str = ""
    said: Mapping[str, tuple[Repetition, ...]] = {}
    expected: tuple[tuple[str, str], ...] = ()
    away: Repetition = ()

    def value(self, location: str) -> str:
        """First component of a field in force, or the empty string."""
        found = self.said.get(location)
        return found[0][0] if found else ""

    def first(self, location: str) -> Repetition:
        """First repetition of a field in force, or nothing."""
        found = self.said.get(location)
        return found[0] if found else ()


def effect(movement: Movement) -> Effect:
    """What a movement does to the situation."""
    event = stay_events().get(movement.event)
    return event.effect if event is not None else "change"


def live(stay: Stay) -> list[Movement]:
    """Movements that are not cancelled: pre-admission first, then by start, then in the order of arrival."""
    found = [one for one in stay.movements if not one.cancelled]
    return sorted(found, key=lambda one: (effect(one) not in _BEFORE, one.at, one.n))


def is_plan(movement: Movement) -> bool:
    """Whether a movement is only expected (pending transfer or discharge)."""
    return effect(movement) in _PLANS


def situation(stay: Stay) -> Situation:
    """The situation of a stay now."""
    movements = live(stay)
    if not movements:
        return Situation("cancelled" if stay.movements else "")
    said: dict[str, tuple[Repetition, ...]] = {}
    status: Status = ""
    admitted = told = discharged = since = ""
    medical = care = None
    current = 0
    for one in movements:
        what = effect(one)
        _say(said, one, what)
        if what in _PLANS or what in _TRACKED:
            continue
        medical = unit(one.medical_unit, medical)
        care = unit(one.care_unit, care)
        current = one.n
        status = _after(status, one)
        if what == "admit" and not admitted:
            # What the admission itself says, corrections included, prevails over what later movements repeated.
            admitted, told = one.start, _time(one.fields, "PV1-44")
        elif what == "leave":
            since = one.start
        elif what == "discharge":
            discharged = one.start
    return Situation(
        status or "in-progress",
        current,
        medical,
        care,
        "" if status == "pre-admitted" else told or _time(said, "PV1-44") or admitted,
        (_time(said, "PV1-45") or discharged) if status == "discharged" else "",
        since if status == "on-leave" else "",
        said,
        _expected(movements),
        _away(movements),
    )


def _say(said: dict[str, tuple[Repetition, ...]], movement: Movement, what: Effect) -> None:
    only = _EXPECTED.get(what, frozenset()) if what in _PLANS or what in _TRACKED else None
    for location, repetitions in movement.fields.items():
        if only is not None and location not in only:
            continue
        if repetitions == _ERASED:
            said.pop(location, None)
        else:
            said[location] = repetitions


def _after(status: Status, movement: Movement) -> Status:
    """Status after one movement."""
    what = effect(movement)
    if what in _BEFORE:
        return "pre-admitted"
    if what == "admit":
        return "in-progress"
    if what == "discharge":
        return "discharged"
    if what == "leave" and status != "discharged":
        return "on-leave"
    if what == "return" and status == "on-leave":
        return "in-progress"
    arrived = not status or (status == "pre-admitted" and movement.event in _BRINGS_IN)
    return "in-progress" if arrived else status


def unit(said: Repetition, known: Unit | None) -> Unit | None:
    """The unit in force once one more movement was heard; an absent one leaves it, a NULL erases it."""
    if not any(said):
        return known
    parts = (*said, *("",) * (10 - len(said)))
    code, label = parts[9] or parts[2], parts[0]
    if NULL in (code, label) and code in ("", NULL):
        return None
    return Unit(code or label, "" if label == NULL else label, parts[5])


def _time(said: Mapping[str, tuple[Repetition, ...]], location: str) -> str:
    found = said.get(location)
    return found[0][0] if found and found != _ERASED else ""


def _expected(movements: Sequence[Movement]) -> tuple[tuple[str, str], ...]:
    """What was announced (A14, A15, A16) and has not come since."""
    return tuple(
        (one.event, one.start)
        for one in movements
        if one.event in _MET_BY and not any(_meets(other, one) for other in movements)
    )


def _meets(movement: Movement, plan: Movement) -> bool:
    """Whether what was announced has come: known by the order of arrival, for it may come earlier than announced.

    There is one admission and one discharge, but several transfers: a historic one is not the one awaited.
    """
    if movement.n < plan.n or movement.event not in _MET_BY[plan.event]:
        return False
    return not (movement.historic and plan.event == "A15")


def _away(movements: Iterable[Movement]) -> Repetition:
    """Where a patient followed to a temporary location is; a transfer, a discharge or a return ends it."""
    place: Repetition = ()
    for one in movements:
        what = effect(one)
        if what in _TRACKED:
            found = one.fields.get("PV1-11", ())
            place = found[0] if found and found != _ERASED else ()
        elif what not in _PLANS:
            place = ()
    return place
