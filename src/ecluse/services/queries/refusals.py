"""The latest refused messages, for a page that shows nobody's data: rules and senders, no value of a patient."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from django.db.models import Max

from ecluse.protocols.findings import Finding, Rule
from ecluse.services.queries.presentation import mask, moment
from ecluse.services.queries.purges import purge_of
from ecluse.services.rulebook import rules
from ecluse.store.errors import Sentence
from ecluse.store.models import JournalEntry, RawMessage, Sender

_findings = msgspec.json.Decoder(list[Finding])
REMEMBERED = 50
"""Refusals that are remembered, unless asked otherwise."""
_HIDDEN = "…"
_LONGEST = 40
"""Characters of a value of the header that are shown."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused message. rule: the one that decided, empty when its bytes were purged; fr, en: its sentence
    without the values received, those of the header aside. at: ISO 8601 in UTC.
    """

    seq: int
    at: str
    event: str
    answer: str
    application: str
    facility: str
    rule: str
    location: str
    fr: str
    en: str


class RefusalReader:
    """Remembers the latest refusals and looks only at what was added since; keep one per process.

    :param kept: how many are remembered.
    """

    def __init__(self, kept: int = REMEMBERED) -> None:
        self._latest: deque[Refusal] = deque(maxlen=kept)
        self._kept = kept
        self._seq = 0

    def read(self) -> tuple[Refusal, ...]:
        """The latest refusals, newest first."""
        newest = JournalEntry.objects.aggregate(newest=Max("seq"))["newest"] or 0
        if newest < self._seq:  # another store was restored in its place
            self._seq = 0
            self._latest.clear()
        rows = JournalEntry.objects.filter(seq__gt=self._seq, seq__lte=newest, answer__in=("AE", "AR"))
        found = list(rows.order_by("-seq").defer("details", "content", "result", "digest")[: self._kept])
        self._latest.extendleft(reversed(list(_refusals(found))))
        self._seq = newest
        return tuple(self._latest)


def _refusals(rows: list[JournalEntry]) -> Iterator[Refusal]:
    senders = {
        one: (application, facility)
        for one, application, facility in Sender.objects.filter(
            id__in={row.sender_id for row in rows}
        ).values_list("id", "application", "facility")
    }
    raws = dict(RawMessage.objects.filter(seq__in=[row.seq for row in rows]).values_list("seq", "findings"))
    for row in rows:
        application, facility = senders.get(row.sender_id or 0, ("", ""))
        findings = raws.get(row.seq)
        decided = None if findings is None else cause(bytes(findings))
        rule = rules().get(decided.rule) if decided is not None else None
        yield Refusal(
            seq=row.seq,
            at=moment(row.at),
            event=row.event,
            answer=row.answer,
            application=application,
            facility=facility,
            rule=decided.rule if decided is not None else "",
            location=decided.location if decided is not None else "",
            fr=_sentence(decided, rule, french=True) if findings is not None else _gone(row).fr,
            en=_sentence(decided, rule, french=False) if findings is not None else _gone(row).en,
        )


def _gone(row: JournalEntry) -> Sentence:
    """What is said of a refusal whose findings are no longer there."""
    purge = purge_of(row.seq, row.kind)
    if purge is None:
        return Sentence("", "")
    day = purge.at[:10]
    return Sentence(
        f"Constats purgés le {day} (ligne {purge.line}).", f"Findings purged on {day} (line {purge.line})."
    )


def cause(findings: bytes, *, or_last: bool = False) -> Finding | None:
    """The finding that decided: the report comes first, the decision after it, so the last error.

    :param findings: JSON, as kept with the line; or_last: without any error, the last finding (what was unreadable).
    """
    every = _findings.decode(findings)
    errors = [one for one in every if one.severity == "error"]
    if errors:
        return errors[-1]
    return every[-1] if every and or_last else None


def _sentence(decided: Finding | None, rule: Rule | None, *, french: bool) -> str:
    if decided is None or rule is None:
        return ""
    # Only the header speaks of systems alone; any other field may speak of a person.
    header = decided.location.startswith("MSH-")
    text = rule.text_fr if french else rule.text_en
    return text.format(
        location=decided.location,
        received=mask(decided.received)[:_LONGEST] if header else _HIDDEN,
        expected=decided.expected if header else _HIDDEN,
    )
