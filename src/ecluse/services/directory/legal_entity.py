"""From a geographic entity to the legal entity that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ecluse.rules.annuaire import finess_problem, normalise
from ecluse.services.directory.ask_api import Client, ask_legal_entity, client
from ecluse.services.directory.settings import DirectorySettings, used
from ecluse.services.queries.directory import structure
from ecluse.transports.annuaire import DirectoryUnavailable


@dataclass(frozen=True, slots=True)
class LegalEntity:
    """What is known of a FINESS géographique. legal: FINESS of its entité juridique, or empty; source: `extract`, `api`
    or empty; text: why there is none, in French and English."""

    finess: str
    legal: str
    source: str
    text_fr: str = ""
    text_en: str = ""


def legal_entity(given: str, connect: Callable[[DirectorySettings], Client] = client) -> LegalEntity:
    """The entité juridique of a FINESS géographique, from the extract in use, else from the API when a key is set."""
    settings, finess = used(), normalise(given)
    problem = finess_problem(finess, settings.finess_letters)
    if problem is not None:
        return LegalEntity(finess, "", "", problem.text_fr, problem.text_en)
    place = structure(finess)
    if place is not None and place.finess_ej:
        return LegalEntity(finess, place.finess_ej, "extract")
    if settings.api_key:
        try:
            with connect(settings) as one:
                legal = ask_legal_entity(one, finess)
        except DirectoryUnavailable:
            return LegalEntity(
                finess, "", "", "L’Annuaire Santé ne répond pas.", "The Annuaire Santé does not answer."
            )
        if legal:
            return LegalEntity(finess, legal, "api")
    return LegalEntity(
        finess,
        "",
        "",
        "L’annuaire ne connaît pas cette structure.",
        "The directory does not know this structure.",
    )
