"""The way to the certificates, event by event: what may happen, and what it changes.

State machine of the note certificats ROC §4, which is that of the ANS procedure ROC v3.0.0. A procedure is what its
events make of it: `replay` folds them, `undo` folds all but the last. Establishments know nothing of one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ecluse.rules.certificates.procedure_guards import GUARDS
from ecluse.rules.certificates.procedure_model import (
    Event,
    Order,
    Person,
    Procedure,
    Refused,
    Track,
    refused,
)

Change = Callable[[Procedure, Event], Procedure]


def apply(procedure: Procedure, event: Event) -> Procedure | Refused:
    """The procedure after an event, or why the event may not happen."""
    guard = GUARDS.get(event.name)
    if guard is None:
        return refused("unknown-event")
    if procedure.events and event.on < procedure.events[-1].on:
        return refused("date-order")
    problem = guard(procedure, event)
    if problem is not None:
        return problem
    changed = EVENTS[event.name](procedure, event)
    return replace(changed, events=(*procedure.events, event))


def replay(establishment: str, events: Iterable[Event]) -> Procedure | Refused:
    """The procedure that these events make, in their order; the refusal of the first that may not happen."""
    procedure = Procedure(establishment)
    for event in events:
        outcome = apply(procedure, event)
        if isinstance(outcome, Refused):
            return outcome
        procedure = outcome
    return procedure


def undo(procedure: Procedure) -> Procedure | Refused:
    """The procedure without its last event, which was recorded by mistake."""
    if not procedure.events:
        return refused("nothing-to-undo")
    return replay(procedure.establishment, procedure.events[:-1])


def _with_person(procedure: Procedure, name: str, **changes: object) -> Procedure:
    """The procedure with somebody changed, or new."""
    person = procedure.person(name) or Person(name)
    changed = person._replace(**changes)  # type: ignore[arg-type]
    if procedure.person(name) is None:
        return replace(procedure, people=(*procedure.people, changed))
    return replace(procedure, people=tuple(changed if one.name == name else one for one in procedure.people))


def _with_track(procedure: Procedure, product: str, **changes: object) -> Procedure:
    tracks = tuple(_changed(one, changes) if one.product == product else one for one in procedure.tracks)
    return replace(procedure, tracks=tracks)


def _changed(track: Track, changes: dict[str, object]) -> Track:
    return track._replace(**changes)  # type: ignore[arg-type]


def _contract_none(procedure: Procedure, event: Event) -> Procedure:
    return replace(procedure, contract="CONTRAT_A_SIGNER", sent=False)


def _representative_changed(procedure: Procedure, event: Event) -> Procedure:
    """The former one has no say any more; a name may be given at once."""
    people = tuple(one._replace(representative=False) for one in procedure.people)
    changed = replace(procedure, contract="CONTRAT_A_METTRE_A_JOUR", sent=False, people=people)
    return _with_person(changed, event.person, representative=True) if event.person else changed


def _contract_up_to_date(procedure: Procedure, event: Event) -> Procedure:
    return replace(procedure, contract="CONTRAT_OK", level=event.way)


def _representative_named(procedure: Procedure, event: Event) -> Procedure:
    """A contract that left under the signature of another must be signed anew."""
    people = tuple(one._replace(representative=False) for one in procedure.people)
    same = procedure.representative is not None and procedure.representative.name == event.person
    changed = replace(procedure, people=people, sent=procedure.sent and same)
    return _with_person(changed, event.person, representative=True)


def _contract_sent(procedure: Procedure, event: Event) -> Procedure:
    sent = replace(procedure, sent=True, level=event.way)
    representative = procedure.representative
    if representative is not None and "101" in {one.form for one in event.documents}:
        return _with_person(sent, representative.name, ordered="101")
    return sent


def _contract_processed(procedure: Procedure, event: Event) -> Procedure:
    return replace(procedure, contract="CONTRAT_OK", sent=False)


def _card_ordered(procedure: Procedure, event: Event) -> Procedure:
    return _with_person(procedure, event.person, ordered=event.way)


def _card_received(procedure: Procedure, event: Event) -> Procedure:
    return _with_person(procedure, event.person, card=event.card, ordered="")


def _card_opposed(procedure: Procedure, event: Event) -> Procedure:
    return _with_person(procedure, event.person, card=None)


def _mandataire_appointed(procedure: Procedure, event: Event) -> Procedure:
    return _with_person(procedure, event.person, mandataire=True)


def _mandataire_removed(procedure: Procedure, event: Event) -> Procedure:
    return _with_person(procedure, event.person, mandataire=False)


def _administrator_designated(procedure: Procedure, event: Event) -> Procedure:
    return _with_person(procedure, event.person, administrator=True, habilitation="", editor=event.editor)


def _administrator_removed(procedure: Procedure, event: Event) -> Procedure:
    return _with_person(procedure, event.person, administrator=False, habilitation="")


def _habilitation_requested(procedure: Procedure, event: Event) -> Procedure:
    return _with_person(procedure, event.person, habilitation="requested")


def _habilitation_granted(procedure: Procedure, event: Event) -> Procedure:
    return _with_person(procedure, event.person, habilitation="granted")


def _certificate_ordered(procedure: Procedure, event: Event) -> Procedure:
    order = Order(event.way, event.service_name.strip(), event.on)
    return _with_track(procedure, event.product, order=order, ever_ordered=True)


def _order_changed(procedure: Procedure, product: str, **changes: object) -> Procedure:
    order = procedure.track(product).order
    if order is None:  # the guards have seen to it
        return procedure
    return _with_track(procedure, product, order=order._replace(**changes))  # type: ignore[arg-type]


def _certificate_issued(procedure: Procedure, event: Event) -> Procedure:
    return _order_changed(procedure, event.product, until=event.until)


def _order_abandoned(procedure: Procedure, event: Event) -> Procedure:
    return _with_track(procedure, event.product, order=None)


def _certificate_installed(procedure: Procedure, event: Event) -> Procedure:
    return _order_changed(procedure, event.product, installed=True)


def _certificate_tested(procedure: Procedure, event: Event) -> Procedure:
    """The new one serves from now on, the former one no longer."""
    order = procedure.track(event.product).order
    if order is None:
        return procedure
    return _with_track(
        procedure,
        event.product,
        order=None,
        serving=order.until,
        service_name=order.service_name,
        revoked=False,
    )


def _certificate_revoked(procedure: Procedure, event: Event) -> Procedure:
    track = procedure.track(event.product)
    if event.way == "coming" or (track.issued(event.on) and not track.active(event.on)):
        return _with_track(procedure, event.product, order=None, revoked=track.serving is None)
    return _with_track(procedure, event.product, serving=None, revoked=True)


EVENTS: dict[str, Change] = {
    "contract_none": _contract_none,
    "representative_changed": _representative_changed,
    "contract_up_to_date": _contract_up_to_date,
    "representative_named": _representative_named,
    "contract_sent": _contract_sent,
    "contract_processed": _contract_processed,
    "card_ordered": _card_ordered,
    "card_received": _card_received,
    "card_opposed": _card_opposed,
    "mandataire_appointed": _mandataire_appointed,
    "mandataire_removed": _mandataire_removed,
    "administrator_designated": _administrator_designated,
    "administrator_removed": _administrator_removed,
    "habilitation_requested": _habilitation_requested,
    "habilitation_granted": _habilitation_granted,
    "habilitation_found": _habilitation_granted,
    "certificate_ordered": _certificate_ordered,
    "order_abandoned": _order_abandoned,
    "certificate_issued": _certificate_issued,
    "certificate_installed": _certificate_installed,
    "certificate_tested": _certificate_tested,
    "certificate_revoked": _certificate_revoked,
}
"""What each event changes, once its guard (`procedure_guards`) let it pass."""
