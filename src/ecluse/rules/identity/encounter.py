"""The identity part of an ITI-31 message: which patient it is about, who is created when it is unknown.

Source: PAM France 2.11.1, ITI-31: identities move by ITI-30, so a known patient stays as it is (setting
`stays_update_identity`); an unknown one is created from PID, because the stay must belong to somebody.
"""

from __future__ import annotations

from ecluse.protocols.pam.facts import MessageFacts, PersonFacts
from ecluse.protocols.pam.stay_events import verb
from ecluse.rules.identity.demographics import changes
from ecluse.rules.identity.draft import Draft, refuse
from ecluse.rules.identity.matching import by_local, match, one
from ecluse.rules.identity.merge import prior
from ecluse.rules.identity.model import Patient
from ecluse.rules.identity.traits import after, changed, traits
from ecluse.rules.identity.update import create_or_update


def encounter(draft: Draft, facts: MessageFacts, new_id: str) -> None:
    """Find or create the patient of a stay; `draft.subject` is its id, empty when there is none.

    A cancellation or a new number creates nobody: there is nothing to take back or to rename then.
    """
    wanted = verb(facts)
    if wanted == "move" and not _moves(draft, facts):
        return
    person = facts.persons[0]
    listed = draft.listed.persons[0]
    before = len(draft.findings)
    patient = match(draft, listed, person)
    # The consent belongs to the stay: its own part of the decision keeps it.
    identity = facts._replace(consent=())
    if patient is None:
        if wanted in ("cancel", "renumber"):
            return
        # `create_or_update` matches again, and says its findings itself.
        del draft.findings[before:]
        draft.find("IDN-STAY-001", "warning", "PID-3")
        create_or_update(draft, identity, new_id)
    elif draft.policy.stays_update_identity and wanted in ("insert", "update"):
        del draft.findings[before:]
        create_or_update(draft, identity, new_id)
    else:
        draft.subject = patient.id
        _compare(draft, patient, person)


def _moves(draft: Draft, facts: MessageFacts) -> bool:
    """Whether an A44 moves something: the patient of MRG-1 is known, and is one.

    :raises Refused: several groups, missing MRG, merged or ambiguous identifiers.
    """
    if facts.merges > 1 or len(facts.persons) > 1:
        raise refuse("IDN-STAY-003", "100", "MRG[2]")
    old = prior(draft, facts)
    if not old.local:
        raise refuse("IDN-MERGE-002", "101", "MRG-1")
    return one(draft.known, by_local(draft.known, old.local), "MRG-1") is not None


def _compare(draft: Draft, patient: Patient, person: PersonFacts) -> None:
    """Tell when the strict traits of the message are not those of the known patient."""
    data = changes(patient, person)
    if changed(traits(patient), after(patient, data)):
        draft.find("IDN-STAY-002", "info", "PID-5")
