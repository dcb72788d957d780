"""Answers of the FHIR API of the Annuaire Santé, version 2: who a professional is, and where he or she works.

Read without trust: an element of another form counts as absent. Technical ids tie the resources of one answer
together and are never kept, because they change between versions of the API. Source: ANS, IG-fhir-annuaire.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

RPPS = "https://rpps.esante.gouv.fr"
IDNPS = "urn:oid:1.2.250.1.71.4.2.1"
IDNST = "urn:oid:1.2.250.1.71.4.2.2"
FINESS = "https://finess.esante.gouv.fr"


class NotABundle(Exception):
    """The answer is not a Bundle of FHIR in JSON."""


class Practitioner(NamedTuple):
    """A professional. id: technical, of this answer; professions, categories, know_how: codes TRE_G15, TRE_R09, TRE_R38
    and others."""

    id: str
    active: bool
    rpps: str
    idnps: str
    family: str
    given: str
    title: str
    professions: tuple[str, ...]
    categories: tuple[str, ...]
    know_how: tuple[str, ...]


class Role(NamedTuple):
    """An activity. practitioner, organization: technical ids; mode: TRE_R23; function: TRE_R21; genre: TRE_R22."""

    id: str
    active: bool
    practitioner: str
    organization: str
    mode: str
    function: str
    genre: str


class Organization(NamedTuple):
    """A structure. finess, kind: number and `FINEG` (géographique), `FINEJ` (juridique) or empty; part_of: technical id
    of the legal entity."""

    id: str
    active: bool
    name: str
    finess: str
    kind: str
    idnst: str
    siren: str
    siret: str
    part_of: str
    postal_code: str
    city: str


class Page(NamedTuple):
    """One page of an answer. next: address of the following page, or empty."""

    practitioners: tuple[Practitioner, ...]
    roles: tuple[Role, ...]
    organizations: tuple[Organization, ...]
    next: str


def by_rpps(rpps: str) -> dict[str, str]:
    """Search of the practitioner of an RPPS, with the activities."""
    return {"identifier": rpps, "_revinclude": "PractitionerRole:practitioner"}


def roles_of(practitioner: str) -> dict[str, str]:
    """Search of the activities of a practitioner, by technical id, with the structures."""
    return {"practitioner": practitioner, "_include": "PractitionerRole:organization"}


def by_finess(finess: str) -> dict[str, str]:
    """Search of the structure of a FINESS number."""
    return {"identifier": f"{FINESS}|{finess}"}


def by_id(id_: str) -> dict[str, str]:
    """Search of a resource by technical id."""
    return {"_id": id_}


def read_page(body: bytes) -> Page:
    """A Bundle, as far as it is understood.

    :raises NotABundle: the body is no JSON, or another resource (an OperationOutcome).
    """
    try:
        bundle = json.loads(body)
    except (ValueError, RecursionError):
        raise NotABundle from None
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise NotABundle
    resources = [_object(_object(entry).get("resource")) for entry in _list(bundle.get("entry"))]
    return Page(
        tuple(_practitioner(one) for one in resources if one.get("resourceType") == "Practitioner"),
        tuple(_role(one) for one in resources if one.get("resourceType") == "PractitionerRole"),
        tuple(_organization(one) for one in resources if one.get("resourceType") == "Organization"),
        next(
            (
                _text(link.get("url"))
                for link in _objects(bundle.get("link"))
                if link.get("relation") == "next"
            ),
            "",
        ),
    )


def _practitioner(body: dict[str, Any]) -> Practitioner:
    name = next(iter(_objects(body.get("name"))), {})
    codes = list(_codings(body.get("qualification")))
    idnps = _identifier(body, IDNPS)
    return Practitioner(
        id=_text(body.get("id")),
        active=body.get("active") is True,
        rpps=_identifier(body, RPPS) or (idnps[1:] if idnps[:1] == "8" else ""),
        idnps=idnps,
        family=_text(name.get("family")),
        given=" ".join(filter(None, map(_text, _list(name.get("given"))))),
        title=" ".join(filter(None, map(_text, _list(name.get("suffix"))))),
        professions=_of(codes, "TRE-G15", "TRE_G15"),
        categories=_of(codes, "TRE-R09", "TRE_R09"),
        know_how=_of(codes, "TRE-R38", "TRE_R38", "TRE-R39", "TRE_R39", "TRE-R40", "TRE_R40"),
    )


def _role(body: dict[str, Any]) -> Role:
    codes = list(_codings([{"code": one} for one in _list(body.get("code"))]))
    return Role(
        id=_text(body.get("id")),
        active=body.get("active") is True,
        practitioner=_reference(body.get("practitioner")),
        organization=_reference(body.get("organization")),
        mode=_first(_of(codes, "TRE-R23", "TRE_R23")),
        function=_first(_of(codes, "TRE-R21", "TRE_R21")),
        genre=_first(_of(codes, "TRE-R22", "TRE_R22")),
    )


def _organization(body: dict[str, Any]) -> Organization:
    finess, kind = _finess(body)
    address = next(iter(_objects(body.get("address"))), {})
    return Organization(
        id=_text(body.get("id")),
        active=body.get("active") is True,
        name=_text(body.get("name")),
        finess=finess,
        kind=kind,
        idnst=_identifier(body, IDNST),
        siren=_typed(body, "SIREN"),
        siret=_typed(body, "SIRET"),
        part_of=_reference(body.get("partOf")),
        postal_code=_text(address.get("postalCode")),
        city=_text(address.get("city")),
    )


def _finess(body: dict[str, Any]) -> tuple[str, str]:
    for one in _objects(body.get("identifier")):
        if one.get("system") == FINESS:
            codes = [_text(coding.get("code")) for coding in _objects(_object(one.get("type")).get("coding"))]
            return _text(one.get("value")), next((code for code in codes if code in ("FINEG", "FINEJ")), "")
    return "", ""


def _identifier(body: dict[str, Any], system: str) -> str:
    return _first(
        _text(one.get("value")) for one in _objects(body.get("identifier")) if one.get("system") == system
    )


def _typed(body: dict[str, Any], type_: str) -> str:
    """The identifier whose type has this code: the systems of SIREN and SIRET could not be confirmed."""
    return _first(
        _text(one.get("value"))
        for one in _objects(body.get("identifier"))
        if any(coding.get("code") == type_ for coding in _objects(_object(one.get("type")).get("coding")))
    )


def _codings(elements: Any) -> Iterator[tuple[str, str]]:
    """System and code of every coding of the `code` of these elements."""
    for element in _objects(elements):
        for coding in _objects(_object(element.get("code")).get("coding")):
            yield _text(coding.get("system")), _text(coding.get("code"))


def _of(codes: Iterable[tuple[str, str]], *tables: str) -> tuple[str, ...]:
    """Codes of these tables, once each, in order."""
    return tuple(
        dict.fromkeys(code for system, code in codes if code and any(one in system for one in tables))
    )


def _reference(value: Any) -> str:
    """Technical id that a reference ends with."""
    return _text(_object(value).get("reference")).rpartition("/")[2]


def _first(values: Iterable[str]) -> str:
    return next(iter(values), "")


def _text(value: Any) -> str:
    return value.replace("\x00", "") if isinstance(value, str) else ""


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in _list(value) if isinstance(one, dict)]
