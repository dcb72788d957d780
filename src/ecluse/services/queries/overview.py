"""Counts for the status page and the metrics, cheap enough to be asked every few seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import msgspec
from django.db.models import Count, Max

from ecluse.rules.identity.model import Patient, WrongKey
from ecluse.rules.ins import Environment
from ecluse.services.queries.presentation import moment
from ecluse.services.queries.standing import WAITING, Standings, waiting
from ecluse.store.models import JournalEntry, Sender
from ecluse.store.snapshot import live_snapshot

_decode = msgspec.json.Decoder(Patient).decode
_NOT_RECEIVED = ("act",)
"""Kinds of journal lines that no sender caused."""


@dataclass(slots=True)
class IdentityCounts:
    """Identities of one domain: merged ones apart, the others by trust level; see `Overview`."""

    trust: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    merged: int = 0
    colliding: int = 0


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of the gateway in numbers.

    lines: all journal lines; seq: number of the last one; messages: lines received by answer (`AA`, `AE`, `AR`,
    empty: not answered), acts of operators aside; kinds: lines by kind; patients: identities that are not
    merged; merged: the others; trust: the identities by trust level; waiting: validated identities
    whose INS is kept but not usable, by reason; colliding: identities that share an INS with another one whose traits
    differ. Patients, merged ones, trust levels and the INS that wait are as counted at `counted_at`. Times are ISO 8601
    in UTC or null. domains: the same counts of identities in each domain, by its id.
    """

    lines: int
    seq: int
    messages: dict[str, int]
    kinds: dict[str, int]
    patients: int
    merged: int
    trust: dict[str, int]
    waiting: dict[str, int]
    colliding: int
    counted_at: str | None
    senders_to_confirm: int
    last_message: str | None
    domains: Mapping[int, IdentityCounts] = field(default_factory=dict)

    def within(self, domains: frozenset[int] | None) -> Overview:
        """The same with the identities of some domains alone; None: of all."""
        if domains is None:
            return self
        return _counted(self, [one for id_, one in self.domains.items() if id_ in domains])


def _counted(overview: Overview, counts: list[IdentityCounts]) -> Overview:
    trust: Counter[str] = Counter(qualifiee=0, validee=0, provisoire=0)
    waits: Counter[str] = Counter(dict.fromkeys(WAITING, 0))
    for one in counts:
        trust.update(one.trust)
        waits.update(one.waiting)
    return replace(
        overview,
        patients=trust.total(),
        merged=sum(one.merged for one in counts),
        trust=dict(trust),
        waiting=dict(waits),
        colliding=sum(one.colliding for one in counts),
    )


class OverviewReader:
    """Counts what was added since it last counted; keep one per process. One thread at a time may `read`, and
    one `count_patients` beside it.

    :param count_age: patients are counted again after that many microseconds, because that reads every one of
        them.
    """

    def __init__(
        self,
        environment: Environment,
        *,
        require_strict_traits: bool = True,
        wrong_key: WrongKey = "by-environment",
        count_age: int = 900_000_000,
    ) -> None:
        self._environment: Environment = environment
        self._strict_traits = require_strict_traits
        self._wrong_key: WrongKey = wrong_key
        self._count_age = count_age
        self._seq = 0
        self._lines: Counter[tuple[str, str]] = Counter()
        self._domains: Mapping[int, IdentityCounts] = {}
        self._counted_at: int | None = None

    def read(self, now: int, *, count_patients: bool = True) -> Overview:
        """The numbers of this moment.

        :param now: microseconds since 1970.
        :param count_patients: count the patients when that is due; False: give the numbers last counted.
        """
        self._count_new_lines()
        due = self._counted_at is None or now - self._counted_at >= self._count_age
        if count_patients and due:
            self.count_patients(now)
        last = JournalEntry.objects.exclude(kind__in=_NOT_RECEIVED).order_by("-seq")
        last_at = last.values_list("at", flat=True).first()
        messages: Counter[str] = Counter()
        kinds: Counter[str] = Counter()
        for (kind, answer), count in self._lines.items():
            kinds[kind] += count
            if kind not in _NOT_RECEIVED:
                messages[answer] += count
        domains = self._domains
        found = Overview(
            lines=kinds.total(),
            seq=self._seq,
            messages=dict(messages),
            kinds=dict(kinds),
            patients=0,
            merged=0,
            trust={},
            waiting={},
            colliding=0,
            counted_at=None if self._counted_at is None else moment(self._counted_at),
            senders_to_confirm=Sender.objects.filter(status="to_confirm").count(),
            last_message=None if last_at is None else moment(last_at),
            domains=domains,
        )
        return _counted(found, list(domains.values()))

    def count_patients(self, now: int) -> None:
        """Count the patients by trust level: reads each of them once, while others write.

        :param now: microseconds since 1970.
        """
        standings = Standings(self._environment, self._strict_traits, self._wrong_key)
        found: dict[int, IdentityCounts] = {}
        with live_snapshot() as snapshot:
            for domain, survivor, state in snapshot.stream(
                "SELECT domain_id, merged_into, state FROM store_patientstate"
            ):
                counts = found.get(domain) or found.setdefault(domain, IdentityCounts())
                if survivor:
                    counts.merged += 1
                    continue
                patient = _decode(state)
                standing = standings.of(patient, domain)
                counts.trust[standing.trust] += 1
                counts.colliding += bool(patient.collides_with)
                if reason := waiting(patient, standing):
                    counts.waiting[reason] += 1
        self._domains, self._counted_at = found, now

    def _count_new_lines(self) -> None:
        newest = JournalEntry.objects.aggregate(newest=Max("seq"))["newest"] or 0
        if newest < self._seq:  # another store was restored in its place
            self._seq = 0
            self._lines.clear()
        rows = JournalEntry.objects.filter(seq__gt=self._seq, seq__lte=newest)
        for kind, answer, count in rows.values_list("kind", "answer").annotate(count=Count("seq")).order_by():
            self._lines[kind, answer] += count
        self._seq = newest
