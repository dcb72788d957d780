"""Acts on alarms of certificates: one was dealt with, by somebody who may say so for all whom it concerns."""

from __future__ import annotations

from typing import Any

from ecluse.services.accounts.managing import account_of, where
from ecluse.services.acts.certificate_given import ignore, number
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.receive_message import Intake
from ecluse.store.models.certificates import CertificateAlarm, HeldCertificate, ProfessionalCard

_RIGHT = "certificates.manage"


def see_alarm(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Say that an alarm was dealt with. alarm: its number."""
    found = CertificateAlarm.objects.filter(pk=number(given, "alarm"), seen=None).first()
    if found is None:
        raise ActRefused("Cette alarme est déjà traitée.", "This alarm was dealt with already.")
    about = found.about
    _check_manages(given, _establishment_of(about))
    return Done(
        "Alarme traitée.",
        "Alarm dealt with.",
        write=lambda: ignore(CertificateAlarm.objects.filter(about=about, seen=None).update(seen=now)),
    )


def _establishment_of(about: str) -> int | None:
    """The establishment that an alarm concerns; None: all of them (an authority, a list, a mailbox, a listener)."""
    kind, _, name = about.partition(":")
    if kind == "certificate":
        rows = HeldCertificate.objects.filter(fingerprint=name)
        return rows.values_list("establishment_id", flat=True).first()
    if kind == "card":
        return ProfessionalCard.objects.filter(id=name).values_list("establishment_id", flat=True).first()
    return None


def _check_manages(given: dict[str, Any], establishment: int | None) -> None:
    """Refuse an account that does not manage the certificates of an establishment, or of all when it is None.

    Looked at by the writer too: a page may be old or forged. Operators that are no account were admitted already.
    """
    user = account_of(given.get("operator"))
    places = None if user is None else where(user, _RIGHT)
    if places is None or establishment in places:
        return
    if establishment is None:
        raise ActRefused(
            "Cette alarme concerne tous les établissements : seul un gestionnaire des certificats de tous la déclare"
            " traitée. Adressez-vous à lui.",
            "This alarm is about all establishments: only somebody who manages the certificates of all says that it was"
            " dealt with. Ask one.",
        )
    raise ActRefused(
        "Vous ne gérez pas les certificats de cet établissement : adressez-vous à l’un de ses gestionnaires.",
        "You do not manage the certificates of this establishment: ask somebody who does.",
    )
