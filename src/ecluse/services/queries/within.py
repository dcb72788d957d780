"""What a reader limited to some patients may see of one of them: without the ids of the others.

Shared by REST, the event feed and webhooks: whatever shows a `PatientDocument` to somebody who does not see everybody
shows what `within` leaves of it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ecluse.services.access import Reach
from ecluse.services.queries.access import visible
from ecluse.services.queries.documents import HistoryLine, PatientDocument, Sentence

_ID = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{26}(?![0-9A-Za-z])")
"""The id of a patient as it stands in a sentence (see `services.decide_message`)."""


def within(document: PatientDocument, reach: Reach) -> PatientDocument:
    """A patient that is within reach, without the ids of those that are not: links, survivor, history."""
    if reach.everywhere:
        return document
    links = [one.patient for one in document.links]
    others = {one for one in (document.merged_into, *links) if one is not None}
    for line in document.history:
        others.update(_ID.findall(line.detail.fr))
    others.discard(document.id)
    seen = visible(reach, others)
    if others <= seen:
        return document
    seen |= {document.id}
    return replace(
        document,
        merged_into=document.merged_into if document.merged_into in seen else None,
        links=tuple(one if one.patient in seen else replace(one, patient=None) for one in document.links),
        history=tuple(_line(one, seen) for one in document.history),
    )


def sentence_within(reach: Reach, told: Sentence) -> Sentence:
    """A sentence without the ids of patients out of reach."""
    others = frozenset(_ID.findall(told.fr + " " + told.en))
    return told if reach.everywhere or not others else _sentence(told, visible(reach, others))


def _line(line: HistoryLine, seen: frozenset[str] | set[str]) -> HistoryLine:
    return replace(line, detail=_sentence(line.detail, seen))


def _sentence(told: Sentence, seen: frozenset[str] | set[str]) -> Sentence:
    def hidden(text: str, instead: str) -> str:
        return _ID.sub(lambda found: found[0] if found[0] in seen else instead, text)

    return Sentence(hidden(told.fr, "un autre patient"), hidden(told.en, "another patient"))
