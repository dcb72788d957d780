"""Remove extracts that nobody reads any more, in short transactions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ecluse.store.access_turn import writing, writing_at_once
from ecluse.store.models.directory import DirectoryExtract

_ROWS = 5_000
_KEYS = {
    "store_directoryactivity": ("idnps", "structure", "mode", "know_how"),
    "store_directoryperson": ("idnps",),
    "store_directorystructure": ("id",),
    "store_directorylabel": ("kind", "code"),
}


def forget_leaving() -> None:
    """Remove every extract that is leaving, and then its line in the list."""
    for id_ in list(DirectoryExtract.objects.filter(state="leaving").values_list("id", flat=True)):
        for table, keys in _KEYS.items():
            while _some(table, keys, id_):
                pass
        with writing():
            DirectoryExtract.objects.filter(id=id_, state="leaving").delete()


def forget_old(now: int, days: int) -> None:
    """Remove what the agency no longer lets a private copy keep.

    :param now: µs; days: age from which an extract goes, 0: never. The fictive extract stays.
    """
    if days:
        limit = datetime.fromtimestamp(now / 1_000_000, UTC) - timedelta(days=days)
        old = [one.id for one in DirectoryExtract.objects.filter(fictive=False) if made(one) < limit]
        with writing():
            DirectoryExtract.objects.filter(id__in=old, state__in=("current", "former", "ready")).update(
                state="leaving"
            )
    forget_leaving()


def made(extract: DirectoryExtract) -> datetime:
    """When an extract was published, or else imported."""
    return published_at(extract.published) or datetime.fromtimestamp(extract.began / 1_000_000, UTC)


def published_at(text: str) -> datetime | None:
    """When a file was published, from its name (`AAAAMMJJhhmm` or `AAAAMMJJ`, read in UTC); None when it is no date."""
    try:
        return datetime.strptime(text.ljust(12, "0"), "%Y%m%d%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None


def _some(table: str, keys: tuple[str, ...], id_: int) -> bool:
    """Remove some rows of an extract; whether there may be more."""
    with writing_at_once() as (raw, vendor):
        mark = "?" if vendor == "sqlite" else "%s"
        named = ", ".join(keys)
        wanted = f"SELECT {named} FROM {table} WHERE extract = {mark} ORDER BY {named} LIMIT {_ROWS}"
        done = raw.execute(
            f"DELETE FROM {table} WHERE extract = {mark} AND ({named}) IN ({wanted})", (id_, id_)
        )
        return int(done.rowcount) == _ROWS
