"""The act that records what a patient said of the DMP, collected by a person rather than told by a message.

Source: PAM France 2.11, ZFA-9 to 12 (feeding works by opposition, consultation by consent, collected per care episode;
five national combinations; no date with NA). A choice is never older than the patient, nor than the one it replaces,
unless the request says that it is a correction: the house's own rule, for want of a national one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, NamedTuple

import msgspec

from ecluse.protocols.hl7.times import read_time
from ecluse.protocols.pam.checks.consent import COMBINATIONS
from ecluse.rules import stay as stays
from ecluse.rules.identity.consent import EMPTY, earlier, latest, recorded
from ecluse.rules.identity.model import Patient
from ecluse.rules.identity.vocabulary import CONSENT, event
from ecluse.rules.stay.consents import for_stay
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.queries.presentation import hl7_time
from ecluse.services.receive_message import Intake
from ecluse.store.models import PatientState
from ecluse.store.models.stays import StayState

FEEDING = ("NA", "INO", "IO")
CONSULTATION = ("NA", "IC", "INC")
HOW = ("oral", "written", "online")
SOURCES = ("api", "console", "cli")

_FEEDING, _CONSULTATION = 8, 10
"""Places of ZFA-9 and ZFA-11 in a consent; the date of each follows it."""

_TOLERANCE = timedelta(minutes=5)
"""By how much the clock of the one who asks may be ahead of ours."""

_EARLIEST = date(1900, 1, 1)
"""No choice was made before, when the birth date of the patient is unknown."""

_EAST = timezone(timedelta(hours=14))
"""Where a day begins first: an hour is before a day for certain when it is so there."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """Arguments. patient, stay: ids; feeding, consultation: codes of ZFA-9 and ZFA-11, empty for no change; dates: ISO
    8601, the time of the act when empty; how: `HOW`; source: `SOURCES`; by: who collected it, in words;
    correction: whether a choice older than the one kept replaces it all the same.
    """

    patient: str
    how: str
    source: str
    stay: str = ""
    feeding: str = ""
    feeding_date: str = ""
    consultation: str = ""
    consultation_date: str = ""
    by: str = ""
    correction: bool = False


class _Subject(NamedTuple):
    """Whose consent it is: the patient, the domain, and the stay it is for, if any."""

    patient: Patient
    domain: int
    stay: stays.Stay | None


def record(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Record what a patient said, for one stay or in general; what is not said stays as it was."""
    wish = _read(given)
    subject = _subject(intake, wish)
    said = list(EMPTY)
    for place, code, told, what in (
        (_FEEDING, wish.feeding, wish.feeding_date, "ZFA-9"),
        (_CONSULTATION, wish.consultation, wish.consultation_date, "ZFA-11"),
    ):
        said[place] = code
        said[place + 1] = _dated(code, told, what, now)
        _after_birth(told, what, subject.patient)
    data = _data(wish, subject, tuple(said))
    change = event(CONSENT, subject.patient.id, data)
    return Done(
        "Consentement enregistré.",
        "Consent recorded.",
        {"patient": subject.patient.id, "stay": wish.stay or None},
        (change,),
        subject.domain,
    )


def _read(given: dict[str, Any]) -> _Wish:
    try:
        wish = msgspec.convert(given, _Wish)
    except msgspec.ValidationError as error:
        raise ActRefused(
            f"Demande illisible ({error}) : donnez le patient, la façon de recueillir (how) et l’origine (source).",
            f"Unreadable request ({error}): give the patient, how it was collected (how) and the source.",
        ) from None
    for name, value, allowed in (
        ("feeding", wish.feeding, ("", *FEEDING)),
        ("consultation", wish.consultation, ("", *CONSULTATION)),
        ("how", wish.how, HOW),
        ("source", wish.source, SOURCES),
    ):
        if value not in allowed:
            offered = ", ".join(filter(None, allowed))
            raise ActRefused(
                f"Valeur inconnue pour {name} : écrivez l’une de {offered}.",
                f"Unknown value for {name}: write one of {offered}.",
            )
    if not (wish.feeding or wish.consultation):
        raise ActRefused(
            "Indiquez ce qui a été dit de l’alimentation (feeding), de la consultation (consultation), ou des deux.",
            "Say what was said of the feeding, of the consultation, or of both.",
        )
    if len(wish.by) > 200:
        raise ActRefused(
            "Le nom de qui a recueilli est trop long.", "The name of who collected it is too long."
        )
    return wish


def _subject(intake: Intake, wish: _Wish) -> _Subject:
    domain = PatientState.objects.filter(id=wish.patient).values_list("domain_id", flat=True).first()
    if domain is None:
        raise ActRefused("Ce patient est inconnu.", "This patient is unknown.")
    stay = None
    keys: tuple[str, ...] = ()
    if wish.stay:
        row = StayState.objects.filter(id=wish.stay, domain_id=domain).first()
        if row is None:
            raise ActRefused("Ce séjour est inconnu.", "This stay is unknown.")
        keys = stays.index_keys(msgspec.json.decode(row.state, type=stays.Stay))
    ledger = intake.ledger
    ledger.load_stays(domain, keys[:1], wish.patient, whole=True)
    patient = ledger.patients[wish.patient]
    if patient.merged_into:
        raise ActRefused(
            f"Ce patient a été fusionné : enregistrez le consentement sur {patient.merged_into}.",
            f"This patient was merged: record the consent on {patient.merged_into}.",
        )
    if wish.stay:
        stay = ledger.stays.stays[wish.stay]
        owner = ledger.patients[stay.patient]
        while owner.merged_into:
            owner = ledger.patients[owner.merged_into]
        if owner.id != patient.id:
            raise ActRefused("Ce séjour est celui d’un autre patient.", "This stay is another patient’s.")
    return _Subject(patient, domain, stay)


def _dated(code: str, told: str, what: str, now: int) -> str:
    """The date of a choice as HL7 TS, in UTC when it has an hour; empty with NA.

    :raises ActRefused: a date that is none, in the future, before 1900, or given with NA.
    """
    if code in ("", "NA"):
        if told:
            raise ActRefused(
                f"Aucune date ne va avec {what} non recueilli (NA) ou non indiqué.",
                f"No date goes with {what} not collected (NA) or not given.",
            )
        return ""
    here = datetime.fromtimestamp(now / 1_000_000, UTC)
    try:
        when = datetime.fromisoformat(told) if told else here
    except ValueError:
        raise ActRefused(
            f"La date de {what} n’est pas une date : écrivez AAAA-MM-JJ, ou AAAA-MM-JJTHH:MM+ZZ:ZZ.",
            f"The date of {what} is not a date: write YYYY-MM-DD, or YYYY-MM-DDTHH:MM+ZZ:ZZ.",
        ) from None
    day_only = _is_day(told)
    if when.tzinfo is None and not day_only:
        raise ActRefused(
            f"L’heure de {what} n’a pas de fuseau : ajoutez-le (+01:00, Z), ou donnez le jour seul.",
            f"The hour of {what} has no zone: add it (+01:00, Z), or give the day alone.",
        )
    moment = when.replace(tzinfo=UTC) if day_only else when
    if moment > here + (timedelta(hours=14) if day_only else _TOLERANCE):
        raise ActRefused(f"La date de {what} est dans l’avenir.", f"The date of {what} is in the future.")
    if when.date() < _EARLIEST:
        raise _too_early(what, _EARLIEST)
    # `%Y` writes a year below 1000 without its zeros: the year is refused above, and written with four digits here.
    if day_only:
        return when.date().isoformat().replace("-", "")
    return f"{when.astimezone(UTC):%Y%m%d%H%M%S}+0000"


def _is_day(told: str) -> bool:
    return len(told) in (8, 10)


def _after_birth(told: str, what: str, patient: Patient) -> None:
    """:raises ActRefused: a choice dated before the patient was born, when the birth date is known to the day."""
    born = read_time(patient.birth_date[:8], UTC)
    if not told or born is None or born.precision != "day":
        return
    birth = date.fromisoformat(patient.birth_date[:8])
    when = datetime.fromisoformat(told)
    if (when if _is_day(told) else when.astimezone(_EAST)).date() < birth:
        raise _too_early(what, birth)


def _too_early(what: str, birth: date) -> ActRefused:
    if birth == _EARLIEST:
        return ActRefused(
            f"La date de {what} est antérieure au 01/01/1900 : corrigez-la.",
            f"The date of {what} is before 1900-01-01: correct it.",
        )
    return ActRefused(
        f"La date de {what} est antérieure à la naissance du patient ({birth:%d/%m/%Y}) : corrigez-la.",
        f"The date of {what} is before the birth of the patient ({birth.isoformat()}): correct it.",
    )


def _data(wish: _Wish, subject: _Subject, said: tuple[str, ...]) -> dict[str, Any]:
    """Data of the event.

    :raises ActRefused: when the choices kept afterwards would not be one of the national combinations.
    """
    patient, stay = subject.patient, subject.stay
    kept = patient.consent if stay is None else stay.consent
    if not wish.correction:
        _not_older(said, kept)
    mine = recorded(kept, said) or kept
    pair = (mine[_FEEDING] or "NA", mine[_CONSULTATION] or "NA")
    if pair not in COMBINATIONS:
        offered = ", ".join(f"{one}/{other}" for one, other in sorted(COMBINATIONS))
        raise ActRefused(
            f"Alimentation {pair[0]} et consultation {pair[1]} ne vont pas ensemble : les combinaisons nationales sont"
            f" {offered}. Indiquez les deux choix.",
            f"Feeding {pair[0]} and consultation {pair[1]} do not go together: the national combinations are"
            f" {offered}. Give both choices.",
        )
    data: dict[str, Any] = {"source": wish.source, "how": wish.how, "by": wish.by}
    if wish.correction:
        data["correction"] = True
    if stay is None:
        return {"fields": mine, **data}
    general = _corrected(patient.consent, stay.consent, said) if wish.correction else patient.consent
    return {**for_stay(stay, latest(general, said) or general or EMPTY, mine), **data}


def _corrected(general: tuple[str, ...], wrong: tuple[str, ...], said: tuple[str, ...]) -> tuple[str, ...]:
    """What holds for the patient in general once a choice of a stay is corrected: what came from it follows."""
    values = list(said)
    for place in (_FEEDING, _CONSULTATION):
        if general[place : place + 2] != wrong[place : place + 2]:
            values[place] = values[place + 1] = ""
    return recorded(general, tuple(values)) or general


def _not_older(said: tuple[str, ...], kept: tuple[str, ...]) -> None:
    """:raises ActRefused: a choice collected before the one kept, which it would erase."""
    for field in earlier(said, kept):
        day = (hl7_time(kept[field]) or "")[:10]
        french = "/".join(reversed(day.split("-")))
        raise ActRefused(
            f"Un choix plus récent est connu pour ZFA-{field} (recueilli le {french}) : rien n’a changé. Si c’est"
            " celui-là qui est faux, enregistrez le vôtre comme une correction (correction).",
            f"A later choice is known for ZFA-{field} (collected on {day}): nothing changed. If that one is wrong,"
            " record yours as a correction (correction).",
        )
