"""Search for patients as the INS guide wants it, the same for the API and for the console.

By INS, by local identifier, or by traits: birth date first, then at most three letters of the name or of the first
name, in fields apart (guide d'implémentation de l'INS, EXI ID 17).
"""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.services.access import Reach
from ecluse.services.queries.access import visible
from ecluse.services.queries.births import IndexNotReady, by_birth
from ecluse.services.queries.carriers import carriers
from ecluse.services.queries.documents import PatientDocument
from ecluse.services.queries.patients import PatientReader, ins_holders
from ecluse.services.queries.within import within

__all__ = ["ByIdentifier", "ByIns", "ByTraits", "Found", "IndexNotReady", "Unclear", "search"]


@dataclass(frozen=True, slots=True)
class ByIns:
    """By matricule. oid: of the assigning authority, None: any."""

    matricule: str
    oid: str | None = None


@dataclass(frozen=True, slots=True)
class ByIdentifier:
    """By local identifier. authority: its name or OID, None: any."""

    value: str
    authority: str | None = None


@dataclass(frozen=True, slots=True)
class ByTraits:
    """By birth date (AAAA-MM-JJ, AAAA-MM or AAAA) and the first letters of a name, or of a first name, not of both."""

    birth_date: str
    name: str = ""
    first_name: str = ""


Wanted = ByIns | ByIdentifier | ByTraits


@dataclass(frozen=True, slots=True)
class Found:
    """Patients in the order of their ids. how: by what they were searched (`ins`, `identifier`, `traits`), for the
    access trail; next: id after which the following ones come, or None.
    """

    patients: tuple[PatientDocument, ...]
    how: str
    next: str | None


class Unclear(Exception):
    """Letters of the name and of the first name at once."""


def search(
    reader: PatientReader, reach: Reach, wanted: Wanted, *, after: str | None = None, limit: int = 50
) -> Found:
    """Patients that match, among those within reach, without their history. The caller writes the access trail.

    :param after: `next` of what was found before; None: from the first.
    :raises Unclear: when the search is not one the guide allows.
    :raises IndexNotReady: when a search by traits could miss somebody.
    """
    ids, how = _ids(wanted)
    seen = frozenset(ids) if reach.everywhere else visible(reach, ids)
    if how == "ins":  # one that may not be used finds nobody, not even through a cursor; its holders are few
        seen = frozenset(one.id for one in reader.brief(seen) if one.ins is not None)
    reachable = sorted(one for one in seen if after is None or one > after)
    page = reader.brief(reachable[:limit])
    more = reachable[limit - 1] if len(reachable) > limit else None
    return Found(tuple(within(one, reach) for one in page), how, more)


def _ids(wanted: Wanted) -> tuple[list[str], str]:
    """Ids of the patients that match, whoever asks, and by what they were searched."""
    if isinstance(wanted, ByIns):
        return ins_holders(wanted.matricule.replace(" ", ""), wanted.oid), "ins"
    if isinstance(wanted, ByIdentifier):
        return carriers(wanted.value, wanted.authority), "identifier"
    if wanted.name and wanted.first_name:
        raise Unclear
    return by_birth(wanted.birth_date, wanted.name, wanted.first_name), "traits"
