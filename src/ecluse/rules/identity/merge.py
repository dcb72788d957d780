"""A40: merge the patient of MRG-1 into the patient of PID-3.

Source: PAM France 2.11.1, ITI-30, event A40 (one group, MRG identifiers never used again); IHE ITI TF-2, 3.30.
"""

from __future__ import annotations

from ecluse.protocols.pam.facts import MessageFacts
from ecluse.rules.identity import collisions
from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.draft import Draft, make_room, refuse
from ecluse.rules.identity.identifiers import Listed
from ecluse.rules.identity.links import move_links
from ecluse.rules.identity.matching import by_local, merged, one, survivor
from ecluse.rules.identity.model import Patient


def prior(draft: Draft, facts: MessageFacts) -> Listed:
    """The identifiers of MRG-1.

    :raises Refused: AE 100 without MRG, AE 101 without an identifier in MRG-1.
    """
    if not facts.merges:
        raise refuse("IDN-MRG-001", "100", "MRG")
    listed = draft.listed.prior
    draft.findings.extend(listed.findings)
    if not (listed.local or listed.ins or listed.dropped):
        raise refuse("IDN-MRG-002", "101", "MRG-1")
    return listed


def merge(draft: Draft, facts: MessageFacts) -> None:
    """Apply an A40. It never moves an INS and never changes demographics or status.

    :raises Refused: several groups, missing MRG, merged or ambiguous identifiers.
    """
    if facts.merges > 1 or len(facts.persons) > 1:
        raise refuse("IDN-MERGE-001", "100", "MRG[2]")
    old = prior(draft, facts)
    if not old.local:
        raise refuse("IDN-MERGE-002", "101", "MRG-1")
    listed = draft.listed.persons[0]
    draft.findings.extend(listed.findings)
    if not listed.local:
        raise refuse("IDN-ID-001", "101", "PID-3")
    target = one(draft.known, by_local(draft.known, listed.local))
    source = _source(draft, old, target)
    draft.subject = target.id if target else source.id if source else ""
    if source is None:
        draft.find("IDN-MERGE-003", "info", "MRG-1")
    elif target is None:
        _rename(draft, source, old, listed)
    elif target.id == source.id or source.merged_into:
        draft.find("IDN-MERGE-004", "info", "MRG-1")
    else:
        for patient in (source, target):
            draft.emit(words.MERGED, patient.id, {"merged": source.id, "survivor": target.id})
        collisions.review(draft, source, source.id)


def _source(draft: Draft, old: Listed, target: Patient | None) -> Patient | None:
    """The patient of MRG-1; one that was already merged into the target is that merge, said again.

    :raises Refused: AE 204 when it was merged elsewhere or when several patients are designated.
    """
    found = by_local(draft.known, old.local)
    if len(found) == 1 and found[0].merged_into:
        end = survivor(draft.known, found[0])
        if target is None or end.id != target.id:
            raise merged(draft.known, found[0], "MRG-1")
        return found[0]
    return one(draft.known, found, "MRG-1")


def _rename(draft: Draft, source: Patient, old: Listed, listed: Listed) -> None:
    """The target is unknown: the source takes its identifiers, as an A47 would.

    The identifiers of MRG-1 are retired, not freed: those of an A40 are never used again (PAM France 2.11.1, A40),
    while the profile says of an A47 that it replaces them, and no more.
    """
    gone = {identifier.key for identifier in old.local}
    held = {identifier.key for identifier in source.identifiers}
    removed = tuple([identifier for identifier in source.identifiers if identifier.key in gone])
    added = tuple([identifier for identifier in listed.local if identifier.key not in held])
    make_room(draft, source, len(added))
    draft.emit(words.IDENTIFIERS, source.id, {"removed": removed, "added": added, "retired": True})
    draft.find("IDN-MERGE-005", "info", "PID-3")
    for identifier in removed:
        move_links(draft, source.id, identifier.key, listed.local[0].key)
