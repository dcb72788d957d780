"""Import the open extraction: over a million lines, in short transactions, beside the extract that is being read.

Nothing that was in use changes until the new extract is whole and the act `directory.use` puts it in its place. An
import that was interrupted leaves rows that nobody reads; the next one removes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Max

from ecluse.protocols.annuaire import ExtractionRefused, Layout, Row, read_header, read_line
from ecluse.services.access import use_turn
from ecluse.services.columns import column
from ecluse.services.directory.errors import DirectoryRefused
from ecluse.services.directory.forget import forget_leaving, published_at
from ecluse.services.directory.settings import used
from ecluse.services.directory.source import Lines, Source
from ecluse.store.access_turn import writing, writing_at_once
from ecluse.store.bulk import Statement, execute, insert
from ecluse.store.models.directory import (
    DirectoryActivity,
    DirectoryExtract,
    DirectoryPerson,
    DirectoryStructure,
)
from ecluse.store.turn import Turn

BATCH = 2_000
"""Lines of one transaction: the writer of the gateway waits for it, some 20 ms."""
PLACES_HELD = 40_000
"""Structures held before they are written, in the order of their key: people come in the order of theirs, and each
structure on its way would dirty a page of its own."""
MOST_LINES = 10_000_000
_MOST_LABELS = 50_000
_ODD_PER_CENT = 1
_ALIVE = 120_000_000
"""An import that wrote nothing for so long (µs) was interrupted."""

Told = Callable[[int, int | None], None]
"""Told of the bytes done, and of their total."""


def write_in_turn(run: Path, database_url: str) -> None:
    """Share the turn to write with the gateway of this data folder.

    :param run: its folder of locks; database_url: empty for SQLite.
    """
    use_turn(Turn(None if database_url else run / "turn"))


def load(source: Source, clock: Callable[[], int], told: Told = lambda _done, _total: None) -> int:
    """Write a new extract beside the others; its number, for the act `directory.use`.

    :raises DirectoryRefused: this is not the extraction, it is too old to be kept, or an import is under way.
    """
    _not_too_old(source, clock())
    id_ = _begin(source, clock())
    try:
        lines = Lines(source)
        counted = _load(id_, source, lines, clock, told)
        _finish(id_, lines, counted, clock())
    except BaseException:
        with writing():
            DirectoryExtract.objects.filter(id=id_).update(state="leaving")
        raise
    return id_


def _not_too_old(source: Source, now: int) -> None:
    days = used().keep_days
    when = published_at(source.published)
    if when is None or not days:
        return
    age = (datetime.fromtimestamp(now / 1_000_000, UTC) - when).days
    if age >= days:
        raise DirectoryRefused(
            f"cet extrait a {age} jours : une copie privée n’en garde pas de plus de {days} jours (keep_days)."
            " Téléchargez le dernier.",
            f"this extract is {age} days old: a private copy keeps none older than {days} days (keep_days). Download"
            " the latest one.",
        )


@dataclass(slots=True)
class _Counted:
    """Lines so far, the header aside, and those of them that could not be read."""

    lines: int = 0
    odd: int = 0


@dataclass(slots=True)
class _Batch:
    """Rows to write; keys remove the doubles inside the batch, the store those of other batches."""

    people: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    activities: dict[tuple[str, ...], tuple[Any, ...]] = field(default_factory=dict)
    labels: list[tuple[Any, ...]] = field(default_factory=list)


def _begin(source: Source, now: int) -> int:
    with writing():
        loading = DirectoryExtract.objects.filter(state="loading")
        if loading.filter(touched__gt=now - _ALIVE).exists():
            raise DirectoryRefused(
                "un import est déjà en cours : attendez sa fin, voyez « ecluse directory status ».",
                "an import is already under way: wait for its end, see “ecluse directory status”.",
            )
        # Those that stopped before their end, and those that nobody put in use.
        DirectoryExtract.objects.filter(state__in=("loading", "ready")).update(state="leaving")
        id_ = 1 + (DirectoryExtract.objects.aggregate(last=Max("id"))["last"] or 0)
        DirectoryExtract.objects.create(
            id=id_, name=column(source.name), published=source.published, fictive=source.fictive, state="loading",
            began=now, touched=now,
        )  # fmt: skip
    forget_leaving()
    return id_


def _load(id_: int, source: Source, lines: Lines, clock: Callable[[], int], told: Told) -> _Counted:
    counted, written = _Counted(), 0
    batch, places, labels = _Batch(), dict[str, tuple[Any, ...]](), set[tuple[str, str]]()
    every = iter(lines)
    layout = _layout(every)
    for row in _rows(every, layout, counted):
        _add(id_, row, batch, places, labels)
        if counted.lines - written >= BATCH:
            _write(id_, batch, counted, clock())
            batch, written = _Batch(), counted.lines
            if len(places) >= PLACES_HELD:
                _write_places(places)
                places = {}
            told(lines.done, source.size)
    _write(id_, batch, counted, clock())
    _write_places(places)
    told(lines.done, source.size)
    return counted


def _layout(lines: Iterator[bytes]) -> Layout:
    try:
        return read_header(next(lines, b"").decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise DirectoryRefused(
            "ce fichier n’est pas en UTF-8 : donnez celui de l’Annuaire Santé, sans l’enregistrer de nouveau.",
            "this file is not in UTF-8: give that of the Annuaire Santé, without saving it again.",
        ) from None
    except ExtractionRefused as refused:
        names = ", ".join(refused.missing)
        raise DirectoryRefused(
            f"ce fichier n’est pas PS_LibreAcces_Personne_activite : il n’a pas ces colonnes : {names}.",
            f"this file is not PS_LibreAcces_Personne_activite: it lacks these columns: {names}.",
        ) from None


def _rows(lines: Iterator[bytes], layout: Layout, counted: _Counted) -> Iterator[Row]:
    for line in lines:
        counted.lines += 1
        if counted.lines > MOST_LINES:
            raise DirectoryRefused(
                f"ce fichier a plus de {MOST_LINES} lignes.", f"this file has more than {MOST_LINES} lines."
            )
        try:
            row = read_line(layout, line.decode())
        except UnicodeDecodeError:
            row = None
        if row is None or not _fits(row):
            counted.odd += 1
            if counted.odd > 1000 and counted.odd * 100 > counted.lines * _ODD_PER_CENT:
                raise _too_odd(counted)
        else:
            yield row


def _fits(row: Row) -> bool:
    """Whether the identifiers hold in their columns; texts are cut instead."""
    return (
        len(row.idnps) <= 40
        and len(row.structure) <= 60
        and len(row.know_how) <= 40
        and max(map(len, (row.mode, row.profession, row.category, row.title, row.finess, row.finess_ej)))
        <= 20
        and max(map(len, (row.role, row.genre, row.sector))) <= 40
        and max(len(row.siret), len(row.postal_code)) <= 20
    )


def _too_odd(counted: _Counted) -> DirectoryRefused:
    return DirectoryRefused(
        f"{counted.odd} lignes sur {counted.lines} n’ont pas les colonnes de l’en-tête : téléchargez le fichier de"
        " nouveau.",
        f"{counted.odd} of {counted.lines} lines do not have the columns of the header: download the file again.",
    )


def _add(
    id_: int, row: Row, batch: _Batch, places: dict[str, tuple[Any, ...]], labels: set[tuple[str, str]]
) -> None:
    if row.idnps not in batch.people:
        batch.people[row.idnps] = (id_, row.idnps, row.title, row.family[:200], row.given[:200])
    key = row.key
    if key not in batch.activities:
        batch.activities[key] = (
            id_, row.idnps, row.structure, row.mode, row.know_how, row.profession, row.category, row.role, row.genre,
            row.sector,
        )  # fmt: skip
    if row.structure and row.structure not in places:
        places[row.structure] = (
            id_, row.structure, row.structure_name[:200], row.sign[:200], row.finess, row.finess_ej, row.siret,
            row.postal_code, row.city[:200],
        )  # fmt: skip
    for kind, code, label in (
        ("profession", row.profession, row.profession_name),
        ("know_how", row.know_how, row.know_how_name),
        ("role", row.role, row.role_name),
        ("sector", row.sector, row.sector_name),
    ):
        if code and label and (kind, code) not in labels and len(labels) < _MOST_LABELS:
            labels.add((kind, code))
            batch.labels.append((id_, kind, code, label[:200]))


_PEOPLE = ("extract", "idnps", "title", "family", "given")
_ACTIVITIES = (
    "extract", "idnps", "structure", "mode", "know_how", "profession", "category", "role", "genre", "sector",
)  # fmt: skip
_STRUCTURES = ("extract", "id", "name", "sign", "finess", "finess_ej", "siret", "postal_code", "city")
_LABELS = ("extract", "kind", "code", "label")


def _write(id_: int, batch: _Batch, counted: _Counted, now: int) -> None:
    statements = [
        *_inserted("store_directoryperson", _PEOPLE, list(batch.people.values())),
        *_inserted("store_directoryactivity", _ACTIVITIES, list(batch.activities.values())),
        *_inserted("store_directorylabel", _LABELS, batch.labels),
    ]
    with writing_at_once() as (raw, vendor):
        execute(raw, statements)
        mark = "?" if vendor == "sqlite" else "%s"
        raw.execute(
            f"UPDATE store_directoryextract SET lines = {mark}, odd = {mark}, touched = {mark} WHERE id = {mark}",
            (counted.lines, counted.odd, now, id_),
        )


def _write_places(places: dict[str, tuple[Any, ...]]) -> None:
    rows = [places[name] for name in sorted(places)]
    for start in range(0, len(rows), BATCH):
        statements = _inserted("store_directorystructure", _STRUCTURES, rows[start : start + BATCH])
        with writing_at_once() as (raw, _):
            execute(raw, statements)


def _inserted(table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> list[Statement]:
    return insert(connection.vendor, table, columns, rows, conflict="DO NOTHING")


def _finish(id_: int, lines: Lines, counted: _Counted, now: int) -> None:
    if counted.odd * 100 > counted.lines * _ODD_PER_CENT:
        raise _too_odd(counted)
    people = DirectoryPerson.objects.filter(extract=id_).count()
    if not people:
        raise DirectoryRefused("ce fichier ne contient personne.", "there is nobody in this file.")
    # Counted before the turn to write is taken: it takes a while.
    activities = DirectoryActivity.objects.filter(extract=id_).count()
    structures = DirectoryStructure.objects.filter(extract=id_).count()
    with writing():
        DirectoryExtract.objects.filter(id=id_).update(
            state="ready", digest=lines.digest(), touched=now, people=people, activities=activities,
            structures=structures,
        )  # fmt: skip
