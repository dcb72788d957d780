"""What was refused since a moment of the day, by rule: counted from the index of refusals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Max

from ecluse.services.index_refusals import catch_up
from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.message_search import at_line
from ecluse.services.rulebook import rules
from ecluse.store.models import JournalEntry, Sender
from ecluse.store.models.refusals import RefusalGroup, RefusedLine

_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class RuleCount:
    """Refusals for one rule. text: its sentence, values left out; senders: how many were refused for it."""

    rule: str
    text: Sentence
    count: int
    senders: int


class RefusedReader:
    """Counts what was refused since it last counted, from one moment on; keep one per process, for one thread."""

    def __init__(self) -> None:
        self._since = self._seq = 0
        self._counts: Counter[str] = Counter()

    def read(self, since: int, domains: frozenset[int] | None = None) -> tuple[RuleCount, ...]:
        """Refusals by rule, the most numerous first.

        :param since: µs since 1970; domains: of the only senders the reader may know of, None for all.
        """
        catch_up()
        newest = JournalEntry.objects.aggregate(newest=Max("seq"))["newest"] or 0
        if since != self._since or newest < self._seq:
            self._since, self._seq = since, at_line(since) - 1
            self._counts.clear()
        rows = RefusedLine.objects.filter(seq__gt=self._seq).values_list("group")
        seen = RefusedLine.objects.aggregate(last=Max("seq"))["last"] or 0
        for group, count in rows.filter(seq__lte=seen).annotate(count=Count("seq")).order_by():
            self._counts[group] += count
        self._seq = max(self._seq, seen)
        return self._by_rule(domains)

    def _by_rule(self, domains: frozenset[int] | None) -> tuple[RuleCount, ...]:
        groups = RefusalGroup.objects.filter(id__in=list(self._counts)).values_list("id", "sender", "rule")
        within = None
        if domains is not None:
            within = set(Sender.objects.filter(domain_id__in=domains).values_list("id", flat=True))
        counts: Counter[str] = Counter()
        senders: Counter[str] = Counter()
        for id_, sender, rule in groups:
            if within is None or sender in within:
                counts[rule] += self._counts[id_]
                senders[rule] += 1
        return tuple(
            RuleCount(rule, rule_text(rule), count, senders[rule]) for rule, count in counts.most_common()
        )


def rule_text(name: str) -> Sentence:
    """The sentence of a rule, values left out."""
    rule = rules().get(name)
    if rule is None:
        return Sentence(name, name)
    values = {"location": _HIDDEN, "received": _HIDDEN, "expected": _HIDDEN}
    return Sentence(rule.text_fr.format(**values), rule.text_en.format(**values))
