"""Whether an RPPS is that of a professional who exercises: the local extract says it, else the API of the agency.

Nobody is kept from caring by a directory that does not answer: the answer is then « not checked », with the last one
that was had and its date.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ecluse.rules.annuaire import normalise, rpps_of, rpps_problem
from ecluse.services.directory.ask_api import Client, ask_api, client
from ecluse.services.directory.forget import made
from ecluse.services.directory.settings import DirectorySettings, used
from ecluse.services.queries import directory as queries
from ecluse.services.queries.directory import Coded, PersonDocument
from ecluse.services.queries.presentation import microseconds, moment
from ecluse.store.access_turn import writing
from ecluse.store.models.directory import DirectoryCheck, DirectoryExtract
from ecluse.transports.annuaire import DirectoryUnavailable

log = logging.getLogger(__name__)

State = Literal["active", "inactive", "unknown", "unchecked", "wrong"]
_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class RppsCheck:
    """What is known of an RPPS.

    state: `wrong`: it cannot be one; `unchecked`: nobody could be asked; source: `extract`, `api`, or empty; at: when
    that was answered (ISO 8601), for `unchecked` the last time it was, or null; text: one sentence; person: as the
    directory knows her, or null.
    """

    rpps: str
    state: State
    source: str
    at: str | None
    text_fr: str
    text_en: str
    person: PersonDocument | None = None

    @property
    def professions(self) -> tuple[Coded, ...]:
        """Her professions, once each."""
        return self.person.professions if self.person is not None else ()

    @property
    def blocks(self) -> bool:
        """Whether this RPPS may not be given to an account: it is no number, or its holder is known not to exercise.

        Absent from an extract does not block: the extract may be older than the number.
        """
        return self.state in ("wrong", "inactive") or (self.state, self.source) == ("unknown", "api")


def idnps_of(given: str) -> str:
    """The national identifier in a number that was typed: an RPPS, with the 8 before it or not, or 0 and an ADELI."""
    number = normalise(given)
    rpps = rpps_of(number) or (number if len(number) == 11 else None)
    return number if rpps is None else f"8{rpps}"


def check_rpps(given: str, now: int, connect: Callable[[DirectorySettings], Client] = client) -> RppsCheck:
    """Check an RPPS, typed with or without the 8 before it, and keep the answer.

    :param now: µs; connect: opens a client of the API, called when a key is set and the extract does not settle it.
    """
    settings = used()
    number = normalise(given)
    rpps = rpps_of(number) or number
    problem = rpps_problem(rpps, settings.environment)
    if problem is not None and problem.severity == "error":
        return RppsCheck(rpps, "wrong", "", None, problem.text_fr, problem.text_en)
    found = _in_extract(rpps, now, settings)
    if (found is None or found.state != "active") and settings.api_key:
        found = _by_api(rpps, now, settings, connect)
    if found is None:
        found = _unchecked(
            rpps,
            "aucun extrait récent de l’Annuaire Santé n’est importé, et l’API n’a pas de clé",
            "no recent extract of the Annuaire Santé is imported, and the API has no key",
        )
    return found


def _in_extract(rpps: str, now: int, settings: DirectorySettings) -> RppsCheck | None:
    """What the extract in use says; None when there is none that can be believed."""
    extract = DirectoryExtract.objects.filter(state="current").first()
    if extract is None:
        return None
    date = microseconds(made(extract))
    if settings.keep_days and not extract.fictive and now - date > settings.keep_days * _DAY:
        return None
    person = queries.person(f"8{rpps}")
    day = made(extract).strftime("%d/%m/%Y")
    if extract.fictive:
        which_fr, which_en = "l’extrait fictif", "the fictive extract"
    else:
        which_fr, which_en = f"l’extrait du {day}", f"the extract of {made(extract):%Y-%m-%d}"
    if person is not None:
        return _kept(rpps, "active", "extract", now, extract.name, person, which_fr, which_en)
    return _kept(rpps, "unknown", "extract", now, extract.name, None, which_fr, which_en)


def _by_api(
    rpps: str, now: int, settings: DirectorySettings, connect: Callable[[DirectorySettings], Client]
) -> RppsCheck:
    try:
        with connect(settings) as one:
            answer = ask_api(one, rpps)
    except DirectoryUnavailable as error:
        log.warning("the Annuaire Santé did not answer: %s (%s)", error.why, error.detail)
        words = _WHY[error.why]
        return _unchecked(rpps, *words)
    where_fr, where_en = "l’API de l’Annuaire Santé", "the API of the Annuaire Santé"
    if answer is None:
        return _kept(rpps, "unknown", "api", now, "", None, where_fr, where_en)
    state: State = "active" if answer.active else "inactive"
    return _kept(rpps, state, "api", now, "", answer.person, where_fr, where_en)


_WHY = {
    "unreachable": (
        "l’API de l’Annuaire Santé est injoignable",
        "the API of the Annuaire Santé cannot be reached",
    ),
    "timeout": ("l’API de l’Annuaire Santé ne répond pas", "the API of the Annuaire Santé does not answer"),
    "key": (
        "l’API de l’Annuaire Santé refuse la clé réglée",
        "the API of the Annuaire Santé refuses the key set",
    ),
    "limited": (
        "l’API de l’Annuaire Santé limite nos appels",
        "the API of the Annuaire Santé limits our calls",
    ),
    "refused": (
        "l’API de l’Annuaire Santé répond par une erreur",
        "the API of the Annuaire Santé answers an error",
    ),
    "unreadable": (
        "la réponse de l’API de l’Annuaire Santé ne se lit pas",
        "the answer of the API of the Annuaire Santé cannot be read",
    ),
}


def _unchecked(rpps: str, why_fr: str, why_en: str) -> RppsCheck:
    last = queries.last_check(rpps)
    if last is None:
        since_fr, since_en = "Jamais vérifié", "Never checked"
    else:
        since_fr = f"Non vérifié depuis le {last.at[8:10]}/{last.at[5:7]}/{last.at[:4]}"
        since_en = f"Not checked since {last.at[:10]}"
    return RppsCheck(
        rpps, "unchecked", "", last.at if last else None, f"{since_fr} : {why_fr}.", f"{since_en}: {why_en}."
    )


def _kept(
    rpps: str,
    state: State,
    source: str,
    now: int,
    detail: str,
    person: PersonDocument | None,
    fr: str,
    en: str,
) -> RppsCheck:
    """An answer, written down with its date."""
    with writing():
        DirectoryCheck.objects.update_or_create(
            rpps=rpps, defaults={"at": now, "state": state, "source": source, "detail": detail}
        )
    text_fr, text_en = {
        "active": (f"En exercice d’après {fr}.", f"In exercise, says {en}."),
        "inactive": (f"N’exerce plus d’après {fr}.", f"No longer in exercise, says {en}."),
        "unknown": (f"Inconnu de {fr}.", f"Unknown to {en}."),
    }[state]
    return RppsCheck(rpps, state, source, moment(now), text_fr, text_en, person)
