"""Verify the access trail against the seals of the journal, and the list of acts against the journal itself."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgspec

from ecluse.store import sealing
from ecluse.store.checking import Problem
from ecluse.store.errors import Sentence
from ecluse.store.snapshot import Snapshot

_ACTS = "SELECT seq, at, details FROM store_journalentry WHERE kind = 'act' AND event <> 'seal' ORDER BY seq"
_LISTED = "SELECT seq, at, operator, act FROM store_actline ORDER BY seq"
_TOLD = 100
"""Problems of the list told one by one: a list that is gone is gone as a whole."""


class _Act(msgspec.Struct, frozen=True):
    operator: str = ""
    act: str = ""


_decode = msgspec.json.Decoder(_Act).decode


def problems(snapshot: Snapshot) -> Iterator[Problem]:
    """Lines of the trail that were changed, removed or added since they were sealed; acts missing from their list."""
    for one in sealing.wrong(snapshot):
        yield Problem(one.seq, one.code, one.sentence)
    yield from islice(_unlisted(snapshot), _TOLD)


def _unlisted(snapshot: Snapshot) -> Iterator[Problem]:
    listed = snapshot.stream(_LISTED)
    row: tuple[Any, ...] | None = next(listed, None)
    for seq, at, details in snapshot.stream(_ACTS):
        while row is not None and row[0] < seq:
            yield _problem(row[0])
            row = next(listed, None)
        if row is not None and row[0] == seq:
            if tuple(row[1:]) != (at, *_named(details)):
                yield _problem(seq)
            row = next(listed, None)
        else:
            yield _problem(seq)
    while row is not None:
        yield _problem(row[0])
        row = next(listed, None)


def _named(details: Any) -> tuple[str, str]:
    """Operator and name of an act, as the list keeps them."""
    try:
        act = _decode(details)
    except (msgspec.MsgspecError, TypeError):
        return "", ""
    return act.operator[:80], act.act[:60]


def _problem(seq: int) -> Problem:
    return Problem(
        seq,
        "act_list",
        Sentence(
            f"La liste des actes ne dit pas ce que dit la ligne {seq} du journal : un acte y manque, y est de "
            "trop ou y a été modifié.",
            f"The list of acts does not say what line {seq} of the journal says: an act is missing there, too many or "
            "changed.",
        ),
    )
