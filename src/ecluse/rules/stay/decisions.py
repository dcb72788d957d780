"""What an ITI-31 message does to a stay: the events it becomes, or why it is refused.

The identity part comes first (`rules.identity`): it says which patient. Source: PAM France 2.11.1, ITI-31.
"""

from __future__ import annotations

from ecluse.protocols.pam.facts import MessageFacts
from ecluse.protocols.pam.stay_events import stay_events, verb
from ecluse.rules.identity.clock import with_offsets
from ecluse.rules.identity.consent import EMPTY, latest, recorded
from ecluse.rules.identity.draft import Refused
from ecluse.rules.identity.identifiers import Listed
from ecluse.rules.identity.model import Decision, Known, Policy
from ecluse.rules.identity.vocabulary import CONSENT
from ecluse.rules.identity.vocabulary import event as identity_event
from ecluse.rules.stay import accounts, movements
from ecluse.rules.stay.consents import for_stay
from ecluse.rules.stay.designate import completed, designated, opened
from ecluse.rules.stay.draft import StayDraft
from ecluse.rules.stay.fold import fold_stay
from ecluse.rules.stay.model import KnownStays, Stay


def decide(
    stays: KnownStays,
    known: Known,
    facts: MessageFacts,
    policy: Policy,
    *,
    patient: str,
    prior: Listed,
    now: int,
    new_id: str,
) -> Decision:
    """Decide on the stay of one ITI-31 message.

    :param stays: what `asked_keys(facts, sender)` asked for; known: the patients, those of these stays included.
    :param patient: id of the patient that the identity part found or created; empty when there is none.
    :param prior: identifiers of MRG-1, sorted (A44).
    :param now: time of reception, µs since 1970, UTC; new_id: id of the stay if one is opened.
    :returns: events in order, or a refusal and no event; findings in both cases. Same arguments, same decision.
    """
    draft = StayDraft(stays, known, with_offsets(facts, policy.zone), policy, patient, now)
    try:
        _decide(draft, prior, new_id)
    except Refused as refused:
        finding = refused.refusal.finding
        return Decision((), refused.refusal, (*draft.findings, finding), patient)
    return Decision(tuple(draft.events), None, tuple(draft.findings), patient)


def _decide(draft: StayDraft, prior: Listed, new_id: str) -> None:
    wanted = verb(draft.facts)
    if not draft.patient:
        draft.find("STY-CANCEL-001" if wanted == "cancel" else "STY-ACCOUNT-003", "info", "PID-3")
    elif wanted == "move":
        accounts.move(draft, prior)
    elif wanted == "renumber":
        accounts.renumber(draft)
    else:
        _movement(draft, wanted, new_id)


def _movement(draft: StayDraft, wanted: str, new_id: str) -> None:
    if not draft.said.movements:
        draft.find("STY-ZBE-001", "warning", "ZBE")
    elif len(draft.said.movements) > 1:
        draft.find("STY-ZBE-002", "warning", "ZBE[2]")
    stay = designated(draft)
    if stay is None and wanted == "cancel":
        draft.find("STY-CANCEL-001", "info", "PV1-19")
        return
    stay = completed(draft, stay) if stay is not None else _open(draft, new_id)
    if wanted == "insert":
        stay = movements.insert(draft, stay, draft.facts.header.event)
    elif wanted == "update":
        stay = movements.update(draft, stay)
    else:
        stay = movements.cancel(draft, stay)
    _consent(draft, stay)


def _open(draft: StayDraft, new_id: str) -> Stay:
    event = stay_events()[draft.facts.header.event]
    if event.effect not in ("admit", "preadmit", "expect-admission"):
        draft.find("STY-OPEN-001", "info", "PV1-19", draft.facts.header.event)
    return opened(draft, new_id)


def _consent(draft: StayDraft, stay: Stay) -> None:
    """Keep ZFA for this stay, and for the patient unless something later was collected."""
    received = draft.facts.consent
    mine = recorded(stay.consent, received)
    if mine is None:
        return
    patient = draft.known.patients.get(draft.patient)
    kept = patient.consent if patient is not None else ()
    data = for_stay(stay, latest(kept, received) or kept or EMPTY, mine)
    event = identity_event(CONSENT, draft.patient, {**data, "source": "message"})
    draft.events.append(event)
    fold_stay(stay, (event,))
