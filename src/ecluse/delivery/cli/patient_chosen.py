"""The patients of a data folder, and the one that a command is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ecluse.delivery.cli import output
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.simulation import label
from ecluse.delivery.cli.tools import tools

if TYPE_CHECKING:
    from ecluse.services.queries.documents import PatientDocument
    from ecluse.services.queries.patients import PatientReader


def reader(data: str | None) -> PatientReader:
    """The patients of a data folder."""
    gateway = tools().read(data)
    label()

    from ecluse.services.queries.patients import PatientReader

    found = tools()
    return PatientReader(
        gateway.environment,
        require_strict_traits=found.strict_traits(gateway),
        wrong_key=found.wrong_key(gateway),
    )


def only(found: list[PatientDocument]) -> PatientDocument | None:
    """The one patient found; of several, the only one that is not merged.

    :raises CannotRun: when several remain.
    """
    chosen = found if len(found) < 2 else [one for one in found if one.merged_into is None]
    if len(found) > 1 and len(chosen) != 1:
        ids = ", ".join(one.id for one in found[:5])
        raise CannotRun(
            f"plusieurs patients correspondent ({ids}) : précisez --authority, ou montrez l’un d’eux par son "
            "ID.",
            f"several patients match ({ids}): add --authority, or show one of them by its ID.",
        )
    return chosen[0] if chosen else None


def chosen_id(data: str | None, patient: str, authority: str | None) -> str:
    """The internal id of the one patient meant by that id, or by a local identifier; ends the command without one.

    :raises CannotRun: when several match.
    """
    source = reader(data)
    one = source.get(patient)
    found = only([one] if one else list(source.by_identifier(patient, authority)))
    if found is None:
        output.note(t("Aucun patient.", "No patient."))
        raise click.exceptions.Exit(1)
    return found.id
