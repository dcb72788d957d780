"""What each event of a stay changed, in words, for the history of its patient."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ecluse.protocols.pam.stay_events import stay_events
from ecluse.rules.stay import vocabulary as words
from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.masking import hide_identifier
from ecluse.services.queries.presentation import hl7_time

Data = Mapping[str, Any]


def _numbers(data: Data, patient: str, held: list[str]) -> Sentence:
    """The numbers that an event gives: visit, else account, else pre-admission."""
    for name in ("visit", "account", "preadmit"):
        if data.get(name):
            value, _, oid, _, kind = data[name]
            text = hide_identifier(str(value), str(kind), str(oid))
            return Sentence(text, text)
    return Sentence("", "")


def _inserted(data: Data, patient: str, held: list[str]) -> Sentence:
    movement = data["movement"]
    found = stay_events().get(movement["event"])
    fr, en = (found.label_fr, found.label_en) if found else ("", "")
    when = hl7_time(movement.get("start", "")) or ""
    return Sentence(*(" ".join(filter(None, (movement["event"], label, when))) for label in (fr, en)))


def _updated(data: Data, patient: str, held: list[str]) -> Sentence:
    return Sentence(f"mouvement {data['n']}", f"movement {data['n']}")


def _cancelled(data: Data, patient: str, held: list[str]) -> Sentence:
    return Sentence(f"mouvement {data['n']}, par {data['by']}", f"movement {data['n']}, by {data['by']}")


def _moved(data: Data, patient: str, held: list[str]) -> Sentence:
    if data["from"] == patient:
        return Sentence(f"vers {data['to']}", f"to {data['to']}")
    return Sentence(f"depuis {data['from']}", f"from {data['from']}")


TELLERS: dict[str, Callable[[Data, str, list[str]], Sentence]] = {
    words.OPENED: _numbers,
    words.INSERTED: _inserted,
    words.UPDATED: _updated,
    words.CANCELLED: _cancelled,
    words.RENUMBERED: _numbers,
    words.MOVED: _moved,
}
"""How each event of a stay is told (see `history_words`)."""
