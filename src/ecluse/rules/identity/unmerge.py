"""Undo a merge: the merged patient lives again as it was, the survivor stays as it is.

A merge moves nothing (no INS, no demographics, no stay), so undoing it gives nothing back either: the two identities
are as their own messages left them. Source: identity model of the design (A40 never moves an INS).
"""

from __future__ import annotations

from ecluse.rules.identity import collisions
from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.draft import Draft
from ecluse.rules.identity.identifiers import Listed, Sorted
from ecluse.rules.identity.model import Event, Known, Patient, Policy
from ecluse.rules.ins import Ins

_NO_MESSAGE = Sorted((), Listed((), (), (), False, "", ()))


def unmerge(known: Known, merged: Patient, policy: Policy, *, at: str, reason: str) -> tuple[Event, ...]:
    """The events that undo a merge, one for each of the two patients, then what the INS they share asks for.

    :param known: the two patients, and every holder of an INS of the merged one, by key.
    :param merged: a patient that is merged.
    :param at: ISO 8601; reason: why, in the words of whoever decides.
    """
    draft = Draft(known, policy, at, _NO_MESSAGE)
    for id_ in (merged.id, merged.merged_into):
        draft.emit(
            words.UNMERGED, id_, {"merged": merged.id, "survivor": merged.merged_into, "reason": reason}
        )
    held = [one for one in (merged.ins, *merged.superseded) if one is not None]
    claims = tuple(Ins(one.matricule, one.oid) for one in held)
    collisions.review(draft, merged, merged.id, claims)
    return tuple(draft.events)
