"""A24 and A37: link or unlink two identifier lists; the patients stay distinct and may be unknown here.

Source: PAM France 2.11.1, ITI-30, option Link/Unlink.
"""

from __future__ import annotations

from ecluse.protocols.pam.facts import MessageFacts
from ecluse.rules.identity import vocabulary as words
from ecluse.rules.identity.draft import Draft, refuse
from ecluse.rules.identity.identifiers import MATCHING_TYPE, Listed
from ecluse.rules.identity.matching import by_local, one
from ecluse.rules.identity.model import LocalIdentifier

MOST_LINKS = 64
"""Links one identifier may hold: far above the real systems of a region, and cheap to move with it (A40, A47)."""


def link(draft: Draft, facts: MessageFacts) -> None:
    """Apply an A24: record the link, create nothing.

    :raises Refused: AE 100 without a second PID, AE 101 without an identifier, AE 204 for merged identifiers, AE 207
        when one of them holds as many links as it may.
    """
    left, right = _two_lists(draft, facts)
    first, second = (
        one(draft.known, by_local(draft.known, left.local)),
        one(draft.known, by_local(draft.known, right.local), "PID[2]-3"),
    )
    ids = tuple(dict.fromkeys([patient.id for patient in (first, second) if patient]))
    draft.subject = ids[0] if ids else ""
    a, b = sorted((left.local[0].key, right.local[0].key))
    if a == b or (first and second and first.id == second.id):
        draft.find("IDN-LINK-002", "warning", "PID[2]-3")
    elif _links_between(draft, left, right):
        draft.find("IDN-LINK-003", "info", "PID-3")
    else:
        for key in (a, b):
            _bound(len(_links_of(draft, key)) + 1)
        _emit(draft, words.LINKED, ids, a, b)


def unlink(draft: Draft, facts: MessageFacts) -> None:
    """Apply an A37: remove the link; without a known link nothing happens.

    :raises Refused: AE 100 without a second PID, AE 101 without an identifier.
    """
    left, right = _two_lists(draft, facts)
    found = by_local(draft.known, left.local + right.local)
    ids = tuple([patient.id for patient in found])
    draft.subject = ids[0] if ids else ""
    pairs = _links_between(draft, left, right)
    if not pairs:
        draft.find("IDN-LINK-004", "info", "PID-3")
    for a, b in pairs:
        _emit(draft, words.UNLINKED, ids, a, b)


def linkable(listed: Listed) -> tuple[LocalIdentifier, ...]:
    """Identifiers a link may hold: those of the domain, else those of the domain it is linked with."""
    return listed.local or tuple([one for one in listed.other if one.type == MATCHING_TYPE])


def move_links(draft: Draft, id_: str, old: str, new: str) -> None:
    """Follow a changed local identifier: its links now concern the new key.

    :raises Refused: AE 207 when the new key would hold more links than it may.
    """
    mine = _links_of(draft, old)
    if not mine:
        return
    _bound(len(mine) + len(_links_of(draft, new)))
    for a, b in mine:
        other = b if a == old else a
        draft.emit(words.UNLINKED, id_, {"a": a, "b": b})
        first, second = sorted((new, other))
        draft.emit(words.LINKED, id_, {"a": first, "b": second})


def _links_of(draft: Draft, key: str) -> list[tuple[str, str]]:
    return sorted([link for link in draft.known.links if key in link])


def _bound(links: int) -> None:
    if links > MOST_LINKS:
        raise refuse("IDN-LINK-005", "207", "PID-3", expected=str(MOST_LINKS))


def _two_lists(draft: Draft, facts: MessageFacts) -> tuple[Listed, Listed]:
    if len(facts.persons) != 2:
        raise refuse("IDN-LINK-001", "100", "PID[2]")
    lists = draft.listed.persons
    for listed, field in zip(lists, ("PID-3", "PID[2]-3"), strict=True):
        draft.findings.extend(listed.findings)
        if not linkable(listed):
            raise refuse("IDN-ID-001", "101", field)
    left, right = (listed._replace(local=linkable(listed)) for listed in lists)
    return left, right


def _links_between(draft: Draft, left: Listed, right: Listed) -> list[tuple[str, str]]:
    one_side = {identifier.key for identifier in left.local}
    other_side = {identifier.key for identifier in right.local}
    return [
        (a, b)
        for a, b in sorted(draft.known.links)
        if (a in one_side and b in other_side) or (b in one_side and a in other_side)
    ]


def _emit(draft: Draft, type_: str, ids: tuple[str, ...], a: str, b: str) -> None:
    for id_ in ids or ("",):
        draft.emit(type_, id_, {"a": a, "b": b})
