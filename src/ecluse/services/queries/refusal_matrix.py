"""Refusals by rule and by sender over the last days: where one rule hits every sender, or one sender every rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Sum

from ecluse.services.fold_refusals import DAY, group_id
from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.journal import SenderName
from ecluse.services.queries.refused_today import rule_text
from ecluse.store.models import Sender
from ecluse.store.models.refusals import RefusalDay, RefusalGroup

DAYS = 7


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule: its sentence (values left out), refusals in all, and of each sender in the order of the matrix; groups:
    ids of the groups of refusals where each of those is told.
    """

    rule: str
    text: Sentence
    count: int
    cells: tuple[int, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RefusalMatrix:
    """Senders and rules, the most refused first. A sender is null when none could be told.

    days: how many, today's included, in UTC; count: refusals in all; more_senders, more_rules: those left out, whose
    refusals are in the sums all the same.
    """

    days: int
    count: int
    senders: tuple[SenderName | None, ...]
    rows: tuple[RuleRow, ...]
    more_senders: int
    more_rules: int


def matrix(
    now: int,
    domains: frozenset[int] | None = None,
    *,
    senders: int = 6,
    rules: int = 8,
    days: int = DAYS,
) -> RefusalMatrix:
    """The refusals of the last days.

    :param now: µs since 1970; domains: of the only senders the reader may know of, None: all; senders, rules: how many
        at most are told one by one.
    """
    cells = _cells(now // DAY, domains, days)
    by_sender: Counter[int] = Counter()
    by_rule: Counter[str] = Counter()
    for (rule, sender), count in cells.items():
        by_sender[sender] += count
        by_rule[rule] += count
    told = sorted(by_sender, key=lambda one: (-by_sender[one], not one, one))[:senders]
    names = {
        one: SenderName(one, *name)
        for one, *name in Sender.objects.filter(id__in=told).values_list("id", "application", "facility")
    }
    rows = tuple(
        RuleRow(
            rule,
            rule_text(rule),
            count,
            tuple(cells[rule, sender] for sender in told),
            tuple(group_id(sender, rule) for sender in told),
        )
        for rule, count in sorted(by_rule.items(), key=lambda one: (-one[1], one[0]))[:rules]
    )
    return RefusalMatrix(
        days=days,
        count=by_rule.total(),
        senders=tuple(names.get(one) for one in told),
        rows=rows,
        more_senders=len(by_sender) - len(told),
        more_rules=len(by_rule) - len(rows),
    )


def _cells(today: int, domains: frozenset[int] | None, days: int) -> Counter[tuple[str, int]]:
    """Refusals by rule and sender (0: none could be told); the index of refusals is read as it is."""
    first = today - days + 1
    groups = RefusalGroup.objects.filter(last_at__gte=first * DAY)
    if domains is not None:
        groups = groups.filter(
            sender__in=list(Sender.objects.filter(domain_id__in=domains).values_list("id", flat=True))
        )
    named = {id_: (rule, sender) for id_, rule, sender in groups.values_list("id", "rule", "sender")}
    counted = RefusalDay.objects.filter(group__in=groups.values("id"), day__gte=first, day__lte=today)
    found: Counter[tuple[str, int]] = Counter()
    for group, count in counted.values_list("group").annotate(count=Sum("count")).order_by():
        if group in named:  # another process may have added one meanwhile
            found[named[group]] += int(count)
    return found
