"""Ask the FHIR API of the Annuaire Santé about a professional or a structure, in the words of the local copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

from ecluse.protocols.annuaire import (
    Organization,
    Page,
    Practitioner,
    Role,
    by_finess,
    by_id,
    by_rpps,
    roles_of,
)
from ecluse.services.directory.settings import DirectorySettings
from ecluse.services.queries.directory import (
    ActivityDocument,
    Coded,
    PersonDocument,
    StructureDocument,
    professions,
)
from ecluse.transports.annuaire import DirectoryClient, Pace

PATIENCE_SECONDS = 8.0
"""For one answer: somebody waits for it at a screen."""
_pace = Pace()


class Client(Protocol):
    """What is needed of `transports.annuaire.DirectoryClient`."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> object: ...

    def search(self, resource: str, criteria: Mapping[str, str]) -> Iterator[Page]: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A professional whom the API knows; active: who exercises."""

    active: bool
    person: PersonDocument


def client(settings: DirectorySettings) -> DirectoryClient:
    """A client of the API with these settings; all of them share the pace that the agency allows."""
    return DirectoryClient(
        settings.api_address, settings.api_key, _pace, settings.authorities, patience=PATIENCE_SECONDS
    )


def ask_api(one: Client, rpps: str) -> Answer | None:
    """A professional by RPPS, or None.

    :raises DirectoryUnavailable: the API gave no usable answer.
    """
    found = [
        who
        for page in one.search("Practitioner", by_rpps(rpps))
        for who in page.practitioners
        if who.rpps == rpps
    ]
    if not found:
        return None
    # A former record may stay beside the one in force.
    who = next((known for known in found if known.active), found[0])
    if not who.active:
        return Answer(False, _person(who, (), {}))
    roles: list[Role] = []
    places: dict[str, Organization] = {}
    for page in one.search("PractitionerRole", roles_of(who.id)):
        roles += [role for role in page.roles if role.active]
        places |= {place.id: place for place in page.organizations}
    return Answer(True, _person(who, tuple(roles), places))


def ask_legal_entity(one: Client, finess: str) -> str:
    """FINESS of the entité juridique of a FINESS géographique; empty when the API does not say it.

    :raises DirectoryUnavailable: the API gave no usable answer.
    """
    for place in _organizations(one, by_finess(finess)):
        if place.kind == "FINEJ":
            return place.finess
        for parent in _organizations(one, by_id(place.part_of)) if place.part_of else ():
            if parent.finess and parent.kind in ("FINEJ", ""):
                return parent.finess
    return ""


def _organizations(one: Client, criteria: Mapping[str, str]) -> Iterator[Organization]:
    for page in one.search("Organization", criteria):
        yield from page.organizations


def _person(who: Practitioner, roles: tuple[Role, ...], places: Mapping[str, Organization]) -> PersonDocument:
    names = professions()
    profession = who.professions[0] if who.professions else ""
    coded = Coded(profession, names.get(profession))
    activities = tuple(_activity(role, coded, who, places.get(role.organization)) for role in roles) or tuple(
        ActivityDocument(Coded(code, names.get(code)), _category(who), None, None, None, None, None, None)
        for code in who.professions
    )
    return PersonDocument(
        rpps=who.rpps,
        idnps=who.idnps or f"8{who.rpps}",
        title=who.title or None,
        family=who.family,
        given=who.given,
        activities=activities,
    )


def _activity(
    role: Role, profession: Coded, who: Practitioner, place: Organization | None
) -> ActivityDocument:
    return ActivityDocument(
        profession=profession,
        category=_category(who),
        know_how=Coded(who.know_how[0], None) if who.know_how else None,
        mode=role.mode or None,
        role=Coded(role.function, None) if role.function else None,
        genre=role.genre or None,
        sector=None,
        structure=None if place is None else _structure(place),
    )


def _category(who: Practitioner) -> str:
    return who.categories[0] if who.categories else ""


def _structure(place: Organization) -> StructureDocument:
    return StructureDocument(
        id=place.idnst or place.id,
        name=place.name,
        sign=None,
        finess=place.finess if place.kind != "FINEJ" and place.finess else None,
        finess_ej=place.finess if place.kind == "FINEJ" else None,
        siret=place.siret or None,
        postal_code=place.postal_code or None,
        city=place.city or None,
    )
