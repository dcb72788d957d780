"""A44 (an account moved to another patient) and A49 (a new account number).

Source: PAM France 2.11.1, ITI-31 (A44 required; A49 exists, changing a NDA is discouraged); HL7 v2.5, 3.3.44, 3.3.49.
"""

from __future__ import annotations

from typing import Any

from ecluse.protocols.hl7 import NULL
from ecluse.protocols.pam.facts import Identifier
from ecluse.rules.identity.draft import refuse
from ecluse.rules.identity.identifiers import Listed
from ecluse.rules.identity.matching import by_local, survivor
from ecluse.rules.stay import consents
from ecluse.rules.stay import vocabulary as words
from ecluse.rules.stay.draft import StayDraft
from ecluse.rules.stay.keys import ACCOUNT, VISIT, number_key
from ecluse.rules.stay.model import Stay


def move(draft: StayDraft, prior: Listed) -> None:
    """Give the stays of an account to the patient of PID-3; the other patient keeps the rest.

    What was said of the DMP for these stays goes with them.

    :param prior: identifiers of MRG-1, the patient who had the account.
    :raises Refused: AE 101 without an account, AE 204 when the account is neither patient's.
    """
    said = draft.said
    number = said.prior_account or said.account
    if number is None or number.value == NULL:
        raise refuse("STY-ACCOUNT-002", "101", "MRG-3")
    stays = _under(draft, ACCOUNT, number)
    if said.prior_visit is not None:
        visits = {one.id for one in _under(draft, VISIT, said.prior_visit)}
        stays = [one for one in stays if one.id in visits]
    moved = [one for one in stays if draft.owner(one) != draft.patient]
    if not moved:
        draft.find("STY-ACCOUNT-003", "info", "MRG-3")
        return
    former = {survivor(draft.known, one).id for one in by_local(draft.known, prior.local)}
    if not all(draft.owner(one) in former for one in moved):
        raise refuse("STY-OWNER-003", "204", "MRG-3")
    for stay in moved:
        data: dict[str, Any] = {"from": stay.patient, "to": draft.patient}
        if stay.consent:
            data["consent"] = stay.consent
        draft.emit(draft.emit(stay, words.MOVED, data, stay.patient), words.MOVED, data)
    consents.follow(draft, moved)


def renumber(draft: StayDraft) -> None:
    """Replace the account number of MRG-3 by that of PID-18.

    :raises Refused: AE 101 without both numbers, AE 204 when one of them is another patient's.
    """
    said = draft.said
    if (
        said.account is None
        or said.prior_account is None
        or NULL
        in (
            said.account.value,
            said.prior_account.value,
        )
    ):
        raise refuse("STY-ACCOUNT-004", "101", "MRG-3")
    for number, field in ((said.prior_account, "MRG-3"), (said.account, "PID-18")):
        if any(draft.owner(one) != draft.patient for one in _under(draft, ACCOUNT, number)):
            raise refuse("STY-OWNER-001", "204", field)
    stays = _under(draft, ACCOUNT, said.prior_account)
    if not stays:
        draft.find("STY-ACCOUNT-003", "info", "MRG-3")
    for stay in stays:
        draft.emit(stay, words.RENUMBERED, {"account": said.account})


def _under(draft: StayDraft, kind: str, number: Identifier) -> list[Stay]:
    key = number_key(kind, number, draft.policy.sender)
    return [draft.stays.stays[one] for one in draft.stays.by_key.get(key, ())]
