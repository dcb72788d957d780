"""What the local copy of the Annuaire Santé says: which extract is in use, a professional, a structure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ecluse.services.directory.forget import made
from ecluse.services.queries.presentation import microseconds, moment, searchable
from ecluse.store.models.directory import (
    DirectoryActivity,
    DirectoryCheck,
    DirectoryExtract,
    DirectoryLabel,
    DirectoryPerson,
    DirectoryStructure,
)

_MOST = 200
"""Activities shown of one professional."""
_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class ExtractDocument:
    """An extract. state: `loading`, `ready`, `current`, `former`, `leaving`; published, imported: ISO 8601 in UTC,
    published is null when the name of the file does not say it; age_days: whole days since then; odd: unread lines."""

    id: int
    name: str
    state: str
    fictive: bool
    published: str | None
    imported: str
    age_days: int
    sha256: str
    lines: int
    odd: int
    people: int
    activities: int
    structures: int


@dataclass(frozen=True, slots=True)
class DirectoryStatus:
    """The extract in use, the one that can be taken back, and the import under way; null when there is none."""

    current: ExtractDocument | None
    former: ExtractDocument | None
    loading: ExtractDocument | None


@dataclass(frozen=True, slots=True)
class Coded:
    """A code of a national table, and what it means when that is known."""

    code: str
    label: str | None


@dataclass(frozen=True, slots=True)
class StructureDocument:
    """A place where professionals work. finess: entité géographique; finess_ej: entité juridique."""

    id: str
    name: str
    sign: str | None
    finess: str | None
    finess_ej: str | None
    siret: str | None
    postal_code: str | None
    city: str | None


@dataclass(frozen=True, slots=True)
class ActivityDocument:
    """A situation of a professional. mode: L (libéral), S (salarié), B (bénévole); genre: TRE_R22."""

    profession: Coded
    category: str
    know_how: Coded | None
    mode: str | None
    role: Coded | None
    genre: str | None
    sector: Coded | None
    structure: StructureDocument | None


@dataclass(frozen=True, slots=True)
class PersonDocument:
    """A professional who exercises. rpps: null for an ADELI; title: civilité d'exercice; more: there are others."""

    rpps: str | None
    idnps: str
    title: str | None
    family: str
    given: str
    activities: tuple[ActivityDocument, ...]
    more: bool = False

    @property
    def professions(self) -> tuple[Coded, ...]:
        """The professions, once each."""
        return tuple(dict.fromkeys(one.profession for one in self.activities))


@dataclass(frozen=True, slots=True)
class CheckDocument:
    """The last answer that was had about an RPPS. state: `active`, `inactive`, `unknown`; source: `extract`, `api`."""

    rpps: str
    state: str
    source: str
    at: str
    detail: str


@cache
def professions() -> dict[str, str]:
    """Names of the professions of TRE_G15 that are known without an extract, by code."""
    text = files("ecluse.services.directory").joinpath("data/professions.toml").read_text("utf-8")
    return {code: body["label_fr"] for code, body in tomllib.loads(text).items()}


def status(now: int) -> DirectoryStatus:
    """Which extracts there are. now: µs."""
    rows = {
        one.state: one for one in DirectoryExtract.objects.filter(state__in=("current", "former", "loading"))
    }
    found = {state: _extract(one, now) for state, one in rows.items()}
    return DirectoryStatus(found.get("current"), found.get("former"), found.get("loading"))


def _extract(one: DirectoryExtract, now: int) -> ExtractDocument:
    return ExtractDocument(
        id=one.id,
        name=one.name,
        state=one.state,
        fictive=one.fictive,
        published=moment(microseconds(made(one))) if one.published else None,
        imported=moment(one.began),
        age_days=max(0, now - microseconds(made(one))) // _DAY,
        sha256=one.digest,
        lines=one.lines,
        odd=one.odd,
        people=one.people,
        activities=one.activities,
        structures=one.structures,
    )


def person(idnps: str) -> PersonDocument | None:
    """A professional of the extract in use. idnps: 8 and RPPS, or 0 and ADELI."""
    extract = _current()
    if extract is None or not searchable(idnps):
        return None
    row = DirectoryPerson.objects.filter(extract=extract, idnps=idnps).first()
    if row is None:
        return None
    rows = list(
        DirectoryActivity.objects.filter(extract=extract, idnps=idnps).order_by(
            "structure", "mode", "know_how"
        )[: _MOST + 1]
    )
    places = _structures(extract, (one.structure for one in rows))
    labels = _labels(extract, rows)
    return PersonDocument(
        rpps=idnps[1:] if idnps[:1] == "8" else None,
        idnps=idnps,
        title=row.title or None,
        family=row.family,
        given=row.given,
        activities=tuple(_activity(one, places, labels) for one in rows[:_MOST]),
        more=len(rows) > _MOST,
    )


def _activity(
    row: DirectoryActivity, places: dict[str, StructureDocument], labels: dict[tuple[str, str], str]
) -> ActivityDocument:
    def coded(kind: str, code: str) -> Coded | None:
        return Coded(code, labels.get((kind, code))) if code else None

    return ActivityDocument(
        profession=coded("profession", row.profession) or Coded("", None),
        category=row.category,
        know_how=coded("know_how", row.know_how),
        mode=row.mode or None,
        role=coded("role", row.role),
        genre=row.genre or None,
        sector=coded("sector", row.sector),
        structure=places.get(row.structure),
    )


def _labels(extract: int, rows: Iterable[DirectoryActivity]) -> dict[tuple[str, str], str]:
    wanted = {
        (kind, code)
        for one in rows
        for kind, code in (
            ("profession", one.profession),
            ("know_how", one.know_how),
            ("role", one.role),
            ("sector", one.sector),
        )
        if code
    }
    codes = {code for _, code in wanted}
    found = DirectoryLabel.objects.filter(extract=extract, code__in=codes).values_list(
        "kind", "code", "label"
    )
    return {(kind, code): label for kind, code, label in found}


def _structures(extract: int, ids: Iterable[str]) -> dict[str, StructureDocument]:
    rows = DirectoryStructure.objects.filter(extract=extract, id__in={one for one in ids if one})
    return {one.id: _structure(one) for one in rows}


def _structure(row: DirectoryStructure) -> StructureDocument:
    return StructureDocument(
        id=row.id,
        name=row.name,
        sign=row.sign or None,
        finess=row.finess or None,
        finess_ej=row.finess_ej or None,
        siret=row.siret or None,
        postal_code=row.postal_code or None,
        city=row.city or None,
    )


def structure(finess: str) -> StructureDocument | None:
    """The structure of a FINESS géographique in the extract in use."""
    extract = _current()
    if extract is None or not finess or not searchable(finess):
        return None
    row = DirectoryStructure.objects.filter(extract=extract, finess=finess).order_by("id").first()
    return None if row is None else _structure(row)


def profession_names() -> tuple[Coded, ...]:
    """Professions to choose from: those of the extract in use, else those that are always known; by code."""
    extract = _current()
    rows = DirectoryLabel.objects.filter(extract=extract, kind="profession") if extract is not None else ()
    found = professions() | {one.code: one.label for one in rows}
    return tuple(Coded(code, found[code]) for code in sorted(found, key=lambda one: (len(one), one)))


def last_check(rpps: str) -> CheckDocument | None:
    """The last answer that was had about an RPPS."""
    row = DirectoryCheck.objects.filter(rpps=rpps).first() if searchable(rpps) else None
    return None if row is None else CheckDocument(row.rpps, row.state, row.source, moment(row.at), row.detail)


def _current() -> int | None:
    return DirectoryExtract.objects.filter(state="current").values_list("id", flat=True).first()
