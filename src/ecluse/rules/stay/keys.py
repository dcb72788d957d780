"""Under which keys a stay is found: its numbers, and the identifiers of its movements.

Source: PAM France 2.11.1, PV1-19 (venue), PID-18 (dossier), PV1-5, ZBE-1; data types CX and EI.
"""

from __future__ import annotations

from hashlib import sha256

from ecluse.protocols.hl7 import NULL
from ecluse.protocols.pam.facts import Identifier, MessageFacts, MovementId
from ecluse.rules.stay.model import Stay

VISIT, ACCOUNT, PREADMIT, MOVEMENT = "VN", "AN", "PN", "MV"
"""Kinds of keys, named by HL7 table 0203 where it has a name."""

MOST_MOVEMENTS = 500
"""Movements that one stay may hold: far above a real one, and cheap to decide on."""


MOST_STAYS = 20
"""Stays under one key that a decision looks at: some senders number the movements of every stay from 1, and a file of
séances holds hundreds of visits. Beyond, the key designates none of them. A44 and A49 look at all.
"""

_LONGEST = 200
"""Characters of a key kept as they are; a longer one ends with its digest."""


def number_key(kind: str, number: Identifier | MovementId, sender: str) -> str:
    """Key of a number inside a domain: authority (OID when present, else name), kind, value.

    :param sender: id of the sender, in the place of an authority that is absent: such a number is its sender's own.
    """
    key = f"{number.oid or number.authority or f'#{sender}'}|{kind}|{number.value}"
    if len(key) > _LONGEST:
        # No index of a database holds a key of any length.
        key = f"{key[:_LONGEST]}…{sha256(key.encode('utf-8', 'replace')).hexdigest()[:32]}"
    return key.replace("\x00", "␀")


def asked_keys(facts: MessageFacts, sender: str) -> tuple[str, ...]:
    """Keys to load before `decide`."""
    stay = facts.stay
    if stay is None:
        return ()
    found = []
    for kind, numbers in (
        (VISIT, (stay.visit, stay.prior_visit)),
        (ACCOUNT, (stay.account, stay.prior_account)),
        (PREADMIT, (stay.preadmit,)),
    ):
        found += [number_key(kind, one, sender) for one in numbers if one is not None and one.value != NULL]
    for movement in stay.movements[:1]:
        found += [number_key(MOVEMENT, one, sender) for one in movement.ids]
    return tuple(dict.fromkeys(found))


def index_keys(stay: Stay) -> tuple[str, ...]:
    """Every key under which a stay is found; a cancelled movement keeps its own, to be told from an unknown one."""
    sender = stay.sender
    found = [
        number_key(kind, number, sender)
        for kind, number in ((VISIT, stay.visit), (ACCOUNT, stay.account), (PREADMIT, stay.preadmit))
        if number is not None
    ]
    for movement in stay.movements:
        found += [number_key(MOVEMENT, one, sender) for one in movement.ids]
    return tuple(dict.fromkeys(found))
