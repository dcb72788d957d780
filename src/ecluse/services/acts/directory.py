"""Acts on the local copy of the Annuaire Santé: an extract that was loaded is put in use, or taken back."""

from __future__ import annotations

from typing import Any

from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.receive_message import Intake
from ecluse.store.models.directory import DirectoryExtract

LEAST_PER_CENT = 80
"""An extract with fewer professionals than that, compared to the one in use, was probably cut."""


def use(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Put a loaded extract in use; the one that was becomes the former one. extract: its number; anyway: though it is
    much smaller.
    """
    number = given.get("extract")
    new = DirectoryExtract.objects.filter(id=number if isinstance(number, int) else 0, state="ready").first()
    if new is None:
        raise ActRefused("Cet extrait n’est pas prêt.", "This extract is not ready.")
    if new.fictive and intake.settings.environment == "production":
        raise ActRefused(
            "L’extrait fictif ne s’importe pas en production : personne n’y existe.",
            "The fictive extract is not imported in production: nobody in it exists.",
        )
    current = DirectoryExtract.objects.filter(state="current").first()
    if current is not None and not current.fictive and not given.get("anyway"):
        _not_much_smaller(current, new)

    def write() -> None:
        DirectoryExtract.objects.filter(state="former").update(state="leaving")
        DirectoryExtract.objects.filter(state="current").update(state="former")
        DirectoryExtract.objects.filter(id=new.id).update(state="current")

    return Done(
        f"Annuaire en service : {new.people} professionnels, {new.activities} activités, {new.structures} structures"
        f" ({new.name}).",
        f"Directory in use: {new.people} professionals, {new.activities} activities, {new.structures} structures"
        f" ({new.name}).",
        write=write,
        told={"extract": {"name": new.name, "sha256": new.digest, "lines": new.lines, "odd": new.odd}},
    )


def undo(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Take the former extract back; the one in use becomes the former one, so that undoing again comes back to it."""
    former = DirectoryExtract.objects.filter(state="former").first()
    if former is None:
        raise ActRefused("Il n’y a pas d’extrait précédent.", "There is no former extract.")

    def write() -> None:
        DirectoryExtract.objects.filter(state="current").update(state="former")
        DirectoryExtract.objects.filter(id=former.id).update(state="current")

    return Done(
        f"Extrait précédent remis en service : {former.name}.",
        f"Former extract in use again: {former.name}.",
        write=write,
        told={"extract": {"name": former.name, "sha256": former.digest}},
    )


def _not_much_smaller(current: DirectoryExtract, new: DirectoryExtract) -> None:
    if new.people * 100 < current.people * LEAST_PER_CENT:
        raise ActRefused(
            f"Cet extrait a {new.people} professionnels, celui en service {current.people} : il est sans doute"
            " incomplet. Téléchargez-le de nouveau, ou ajoutez --anyway.",
            f"This extract has {new.people} professionals, the one in use {current.people}: it is probably incomplete."
            " Download it again, or add --anyway.",
        )
