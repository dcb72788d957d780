"""Acts on the access trail: its lines sealed into the chained journal, and purged when they are too old."""

from __future__ import annotations

from typing import Any

import msgspec

from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.receive_message import Intake
from ecluse.store.models.access import AccessLine
from ecluse.store.models.seals import TrailSeal
from ecluse.store.sealing import COLUMNS, FACTS, Gone, Seal, TrailDigest

LINES = 1000
"""Lines of one seal, and of one purge: the intake waits for it; a problem is told for so many lines at most."""
SEALS = 500
"""Seals of one purge."""


def seal(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Keep what a run of lines is: first, last, count, digest (hexadecimal), oldest, newest (µs since 1970).

    Seals follow one another without a hole: two workers that seal the same lines do so once.
    """
    try:
        one = msgspec.convert(given, Seal)
        digest = bytes.fromhex(one.digest)
    except (msgspec.ValidationError, ValueError) as error:
        raise ActRefused(f"Sceau mal demandé : {error}.", f"Wrong request of a seal: {error}.") from None
    first = 1 + (TrailSeal.objects.order_by("-last").values_list("last", flat=True).first() or 0)
    if one.first != first or not 0 < one.count <= one.last - first + 1 or len(digest) != 32:
        raise ActRefused(
            f"Le prochain sceau commence à la ligne {first} de la trace.",
            f"The next seal begins at line {first} of the trail.",
            {"first": first},
        )

    def write() -> None:
        TrailSeal(
            seq=intake.ledger.seq, at=now, first=one.first, last=one.last, count=one.count, digest=digest,
            oldest=one.oldest, newest=one.newest,
        ).save(force_insert=True)  # fmt: skip

    return Done(
        f"{one.count} ligne(s) de la trace scellée(s).",
        f"{one.count} line(s) of the trail sealed.",
        {"last": one.last},
        write=write,
        told={FACTS: msgspec.to_builtins(one)},
    )


def purge(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Purge the oldest sealed lines; the caller asks again for those that are left.

    before: µs since 1970; a seal goes as a whole, when its newest line is older. Lines that are no longer what was
    sealed stay: they are what remains to examine.
    """
    before = given.get("before")
    if not isinstance(before, int) or isinstance(before, bool) or before > now:
        raise ActRefused("Purge mal demandée : « before ».", "Wrong request of a purge: “before”.")
    going, damaged = _going(before)
    if not going:
        raise _nothing(damaged)
    seqs = tuple(one.seq for one in going)
    gone = Gone(seqs, going[0].first, going[-1].last, sum(one.count for one in going), before)

    def write() -> None:
        for one in going:
            AccessLine.objects.filter(id__range=(one.first, one.last))._raw_delete("default")
        TrailSeal.objects.filter(seq__in=seqs).update(purged=intake.ledger.seq)

    return Done(
        f"{gone.count} ligne(s) de la trace des accès purgée(s).",
        f"{gone.count} line(s) of the access trail purged.",
        {"count": gone.count, "damaged": damaged},
        write=write,
        told={FACTS: msgspec.to_builtins(gone)},
    )


def _going(before: int) -> tuple[list[TrailSeal], list[int]]:
    """The oldest seals that may go, and those whose lines changed."""
    going: list[TrailSeal] = []
    damaged: list[int] = []
    lines = 0
    for one in TrailSeal.objects.filter(purged=None, newest__lt=before).order_by("seq")[:SEALS]:
        lines += one.count
        if lines > LINES and going:
            break
        if _as_sealed(one):
            going.append(one)
        else:
            damaged.append(one.seq)
    return going, damaged


def _as_sealed(one: TrailSeal) -> bool:
    digest = TrailDigest()
    rows = AccessLine.objects.filter(id__range=(one.first, one.last)).order_by("id").values_list(*COLUMNS)
    for row in rows[: one.count + 1]:
        digest.add(row)
    return (digest.count, digest.hex()) == (one.count, bytes(one.digest).hex())


def _nothing(damaged: list[int]) -> ActRefused:
    if not damaged:
        return ActRefused("Rien à purger ici.", "Nothing to purge here.", {"damaged": []})
    return ActRefused(
        "Des lignes de la trace des accès ne sont plus celles qui ont été scellées : elles restent. Voyez « ecluse "
        "journal verify ».",
        "Lines of the access trail are no longer those that were sealed: they stay. See “ecluse journal verify”.",
        {"damaged": damaged},
    )
