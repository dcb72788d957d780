"""The person whom Pro Santé Connect describes: numbers, exercices, activities, structures.

Source: technical documentation of Pro Santé Connect, « données d’identité » (SubjectNameID, otherIds, SubjectRefPro).
Every value is a text and an empty text is an absence. A claim of another shape is read as absent, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ecluse.protocols.oidc.documents import word
from ecluse.protocols.oidc.errors import AnswerRefused

_RPPS = re.compile(r"\d{11}", re.ASCII)
_NATIONAL_RPPS = re.compile(r"8(\d{11})", re.ASCII)
"""IdNat_PS of a practitioner: the digit 8, then the RPPS."""
_NATIONAL_FINESS = re.compile(r"1(\d[\dAB]\d{7})", re.ASCII)
"""IdNat_Struct of a structure of FINESS: the digit 1, then the number."""
_LONGEST = 300
_MOST_EXERCICES = 20
_MOST_ACTIVITIES = 100


@dataclass(frozen=True, slots=True)
class Structure:
    """Where an activity takes place. name: raison sociale, else enseigne; finess: of the site (geographic);
    finess_legal: of the entité juridique; technical: of the Annuaire Santé; former: national identifier, with its
    prefix.
    """

    name: str
    finess: str
    finess_legal: str
    siret: str
    siren: str
    technical: str
    former: str


@dataclass(frozen=True, slots=True)
class Activity:
    """One situation d'exercice. mode: L (libéral), S (salarié)…; sector, role, kind, section: codes of the Annuaire."""

    mode: str
    sector: str
    role: str
    kind: str
    section: str
    structure: Structure


@dataclass(frozen=True, slots=True)
class Exercice:
    """One profession exercised. profession: TRE_G15; category: C civil, E student, M military; civility: of exercice;
    skill_type, skill: savoir-faire.
    """

    profession: str
    category: str
    civility: str
    family_name: str
    given_name: str
    skill_type: str
    skill: str
    activities: tuple[Activity, ...]


@dataclass(frozen=True, slots=True)
class Professional:
    """Who signed in, as the provider describes the person.

    national: SubjectNameID, with its type digit; rpps: 11 digits, or empty (a holder of a CPE card, a fictive identity
    of EDIT).
    """

    national: str
    rpps: str
    family_name: str
    given_name: str
    civility: str
    exercices: tuple[Exercice, ...]


def read_professional(claims: dict[str, Any]) -> Professional:
    """The professional of the claims of userinfo.

    :raises AnswerRefused: the claims give two different RPPS.
    """
    about = _object(claims.get("SubjectRefPro"))
    listed = about.get("exercices")
    return Professional(
        national=_text(claims, "SubjectNameID"),
        rpps=_rpps(claims),
        family_name=_text(claims, "family_name"),
        given_name=_text(claims, "given_name"),
        civility=_text(claims, "codeCivilite") or _text(about, "codeCivilite"),
        exercices=tuple(_exercice(one) for one in _objects(listed, _MOST_EXERCICES)),
    )


def read_rpps(told: object) -> str:
    """An RPPS written alone (`99700…`) or as a national identifier (`899700…`); empty when it is neither.

    The key is not checked here: that is for the rules of the Annuaire.
    """
    text = word(told, _LONGEST).strip()
    if found := _NATIONAL_RPPS.fullmatch(text):
        return found[1]
    return text if _RPPS.fullmatch(text) else ""


def _rpps(claims: dict[str, Any]) -> str:
    """otherIds of origine RPPS, else SubjectNameID of type 8; a conflict between them is nobody."""
    found = {
        rpps
        for one in _objects(claims.get("otherIds"), _MOST_ACTIVITIES)
        if _text(one, "origine").upper() == "RPPS" and (rpps := read_rpps(one.get("identifiant")))
    }
    if national := _NATIONAL_RPPS.fullmatch(_text(claims, "SubjectNameID")):
        found.add(national[1])
    if len(found) > 1:
        raise AnswerRefused("identity-conflict")
    return found.pop() if found else ""


def _exercice(told: dict[str, Any]) -> Exercice:
    listed = _objects(told.get("activities"), _MOST_ACTIVITIES)
    return Exercice(
        profession=_text(told, "codeProfession"),
        category=_text(told, "codeCategorieProfessionnelle"),
        civility=_text(told, "codeCiviliteDexercice"),
        family_name=_text(told, "nomDexercice"),
        given_name=_text(told, "prenomDexercice"),
        skill_type=_text(told, "codeTypeSavoirFaire"),
        skill=_text(told, "codeSavoirFaire"),
        activities=tuple(_activity(one) for one in listed),
    )


def _activity(told: dict[str, Any]) -> Activity:
    return Activity(
        mode=_text(told, "codeModeExercice"),
        sector=_text(told, "codeSecteurDactivite"),
        role=_text(told, "codeRole"),
        kind=_text(told, "codeGenreActivite"),
        section=_text(told, "codeSectionPharmacien"),
        structure=_structure(told),
    )


def _structure(told: dict[str, Any]) -> Structure:
    former = _text(told, "ancienIdentifiantDeLaStructure")
    in_former = _NATIONAL_FINESS.fullmatch(former)
    return Structure(
        name=_text(told, "raisonSocialeSite") or _text(told, "enseigneCommercialeSite"),
        finess=_text(told, "numeroFinessSite") or (in_former[1] if in_former else ""),
        finess_legal=_text(told, "numeroFinessetablissementJuridique"),
        siret=_text(told, "numeroSiretSite"),
        siren=_text(told, "numeroSirenSite"),
        technical=_text(told, "identifiantTechniqueDeLaStructure"),
        former=former,
    )


def _text(told: dict[str, Any], name: str) -> str:
    """A claim in one line, its blanks (no-break ones too) made single; empty when it is not a text."""
    value = told.get(name)
    return (
        word(" ".join(value.split()), _LONGEST)
        if isinstance(value, str) and len(value) <= _LONGEST * 2
        else ""
    )


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object, most: int) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        yield from (one for one in value[:most] if isinstance(one, dict))
