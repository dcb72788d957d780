"""The journal as a quality manager reads it: acts and changes of settings, and who was shown whom; newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import msgspec
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat

from ecluse.services.queries.operators import Operator, matching, operators
from ecluse.services.queries.presentation import mask, moment, searchable
from ecluse.store.models import JournalEntry
from ecluse.store.models.access import AccessLine
from ecluse.store.models.seals import ActLine, ActPatient

_NOT_SHOWN = frozenset({"secret", "digest", "invitation", "checkpoint", "expected"})
"""Arguments that are a secret, even as a digest, or say nothing to people."""
_OF_PATIENTS = ("text", "note", "feeding", "consultation")
"""How arguments begin that say something of a patient's health or will, or that somebody wrote freely of her."""
HIDDEN = "•••"
_TIMES = frozenset({"until", "expires", "not_before", "not_after", "usable_until"})
"""Arguments that are a time, in µs since 1970."""
_LATEST = 253_402_300_800_000_000
"""The year 10000, after which no time is written."""
_Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are wanted; empty: any.

    who: an id (`user:12`) or a part of a name; what: names of acts or accesses; patient: internal id; since, until: µs
    since 1970, first included, last excluded.
    """

    who: str = ""
    what: tuple[str, ...] = ()
    patient: str = ""
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class ActDocument:
    """An act. given: its arguments, secrets and matricules hidden, and what they say of patients unless it was asked;
    patients: ids it was about, a few of them; seq: line of the journal, `digest` its chained digest in hexadecimal.
    """

    seq: int
    at: str
    operator: Operator
    act: str
    given: tuple[tuple[str, str], ...]
    patients: tuple[str, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class AccessDocument:
    """A line of the access trail. patient: empty when nobody was found."""

    id: int
    at: str
    operator: Operator
    on_behalf_of: str
    action: str
    patient: str
    detail: str


@dataclass(frozen=True, slots=True)
class Acts:
    """A page of acts. next: cursor of the following one, or null."""

    lines: tuple[ActDocument, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Accesses:
    """A page of the access trail. next: cursor of the following one, or null."""

    lines: tuple[AccessDocument, ...]
    next: str | None


def acts(wanted: Wanted, after: str | None = None, limit: int = 50, *, of_patients: bool = False) -> Acts:
    """Acts of the journal.

    :param after: `next` of the page before; of_patients: show what acts say of patients, for who may read them all.
    :raises ValueError: when `after` is no cursor.
    """
    who = _who(wanted)
    if who == () or not searchable(wanted.patient, *wanted.what):
        return Acts((), None)
    rows = ActLine.objects.all()
    if wanted.patient:
        about = ActPatient.objects.filter(patient=wanted.patient)
        rows = rows.filter(seq__in=list(about.order_by("-seq").values_list("seq", flat=True)[:10_000]))
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(at__lt=wanted.until)
    if after:
        at, seq = _numbers(after, 2)
        # Two conditions on `at`: the first leads the index, the second settles acts of the same microsecond.
        rows = rows.filter(at__lte=at).exclude(at=at, seq__gte=seq)
    found = _newest(rows, {"operator": who, "act": wanted.what or None}, ("at", "seq"), limit + 1)
    lines = _acts(found[:limit], of_patients)
    more = f"{found[limit - 1][0]}.{found[limit - 1][1]}" if len(found) > limit else None
    return Acts(lines, more)


def act(seq: int, *, of_patients: bool = False) -> ActDocument | None:
    """One act. of_patients: see `acts`."""
    row = ActLine.objects.filter(seq=seq).values_list("at", "seq").first()
    return None if row is None else next(iter(_acts([row], of_patients)), None)


def accesses(wanted: Wanted, after: str | None = None, limit: int = 100) -> Accesses:
    """The access trail.

    :param after: `next` of the page before.
    :raises ValueError: when `after` is no cursor.
    """
    who = _who(wanted)
    if who == () or not searchable(wanted.patient, *wanted.what):
        return Accesses((), None)
    rows: QuerySet[AccessLine] = AccessLine.objects.all()
    columns = ("caller", "action")
    if wanted.patient:
        # A patient has few lines: no other index may be preferred to hers.
        bare = {f"bare_{one}": Concat(one, Value("")) for one in columns}
        rows = rows.filter(patient=wanted.patient).annotate(**bare)
        columns = ("bare_caller", "bare_action")
    if wanted.since is not None:
        rows = rows.filter(id__gte=first_at(wanted.since), at__gte=wanted.since)
    if wanted.until is not None:
        rows = rows.filter(id__lt=first_at(wanted.until), at__lt=wanted.until)
    if after:
        rows = rows.filter(id__lt=_numbers(after, 1)[0])
    found = _newest(rows, dict(zip(columns, (who, wanted.what or None), strict=True)), ("id",), limit + 1)
    lines = _accesses([row[0] for row in found[:limit]])
    return Accesses(lines, str(found[limit - 1][0]) if len(found) > limit else None)


def first_at(when: int) -> int:
    """The first line of the trail written at or after a time, found by halves: lines are in the order of their time.

    :param when: µs since 1970.
    :returns: its id, or one more than the last. After a clock was set back it is one of those that may be meant.
    """
    ids = AccessLine.objects.order_by("id")
    low = ids.values_list("id", flat=True).first() or 1
    high = 1 + (ids.values_list("id", flat=True).last() or 0)
    while low < high:
        middle = (low + high) // 2
        row = ids.filter(id__gte=middle).values_list("id", "at").first()
        if row is None or row[1] >= when:
            high = middle
        else:
            low = row[0] + 1
    return high


def _who(wanted: Wanted) -> tuple[str, ...] | None:
    """Operators meant; None: all; empty: nobody is called so."""
    return matching(wanted.who) if wanted.who.strip() else None


def _newest(
    rows: QuerySet[Any], choices: dict[str, Sequence[str] | None], order: tuple[str, ...], limit: int
) -> list[_Row]:
    """The newest rows of several choices together: each is asked by itself, so that its index gives them in order."""
    named = {name: values for name, values in choices.items() if values is not None}
    found: set[_Row] = set()
    for values in product(*named.values()):
        chosen = rows.filter(**dict(zip(named, values, strict=True)))
        ordered = chosen.order_by(*(F(one).desc() for one in order)).values_list(*order)
        found.update(tuple(row) for row in ordered[:limit])
    return sorted(found, reverse=True)[:limit]


def _acts(found: Iterable[_Row], of_patients: bool) -> tuple[ActDocument, ...]:
    seqs = [seq for _, seq in found]
    about: dict[int, list[str]] = {}
    for seq, patient in ActPatient.objects.filter(seq__in=seqs).values_list("seq", "patient")[:2000]:
        about.setdefault(seq, []).append(patient)
    entries = {row.seq: row for row in JournalEntry.objects.filter(seq__in=seqs)}
    told = {seq: _details(row) for seq, row in entries.items()}
    who = operators(str(one.get("operator", "")) for one in told.values())
    return tuple(
        ActDocument(
            seq=seq,
            at=moment(entries[seq].at),
            operator=who[str(told[seq].get("operator", ""))],
            act=str(told[seq].get("act", "")),
            given=_given(told[seq].get("arguments"), of_patients),
            patients=tuple(sorted(about.get(seq, ()))[:5]),
            digest=bytes(entries[seq].digest).hex(),
        )
        for seq in seqs
        if seq in entries
    )


def _details(row: JournalEntry) -> dict[str, Any]:
    try:
        return msgspec.json.decode(bytes(row.details), type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}


def _given(arguments: Any, of_patients: bool) -> tuple[tuple[str, str], ...]:
    """Arguments as they are shown: a secret is never there, even as its digest."""
    if not isinstance(arguments, dict):
        return ()
    return tuple(
        (
            name,
            _value(name, value, of_patients) if of_patients or not name.startswith(_OF_PATIENTS) else HIDDEN,
        )
        for name, value in arguments.items()
        if name not in _NOT_SHOWN and value not in ("", None, [], {})
    )


def _value(name: str, value: Any, of_patients: bool) -> str:
    if name in _TIMES and isinstance(value, int) and 0 < value < _LATEST:
        return moment(value)
    return _text(value, of_patients)


def _text(value: Any, of_patients: bool) -> str:
    if isinstance(value, bool):
        return "✓" if value else "–"
    if isinstance(value, list):
        shown = ", ".join(_text(one, of_patients) for one in value[:10])
        return f"{shown}, … ({len(value)})" if len(value) > 10 else shown
    if isinstance(value, dict):
        return ", ".join(f"{name}={text}" for name, text in _given(value, of_patients))
    return mask(str(value))


def _accesses(ids: list[int]) -> tuple[AccessDocument, ...]:
    rows = sorted(AccessLine.objects.filter(id__in=ids), key=lambda row: -row.id)
    known = operators(row.caller for row in rows)
    return tuple(
        AccessDocument(
            id=row.id,
            at=moment(row.at),
            operator=_named(known[row.caller], row.name),
            on_behalf_of=row.on_behalf_of,
            action=row.action,
            patient=row.patient,
            detail=row.detail,
        )
        for row in rows
    )


def _named(found: Operator, name: str) -> Operator:
    """The name it had when it was shown something wins over that of today."""
    return Operator(found.id, found.kind, name or found.name)


def _numbers(cursor: str, count: int) -> list[int]:
    parts = cursor.split(".")
    if len(parts) != count or not all(one.isascii() and one.isdigit() and len(one) < 19 for one in parts):
        raise ValueError("not a cursor of this list")
    return [int(one) for one in parts]
