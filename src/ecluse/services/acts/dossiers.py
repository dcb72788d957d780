"""The act of a dossier: everything kept on a person was exported, which the journal and the access trail remember."""

from __future__ import annotations

from typing import Any

from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.person_export import identities
from ecluse.services.queries.presentation import searchable
from ecluse.services.receive_message import Intake


def dossier(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Remember that everything kept on a person is about to be exported. patient: id of one of its identities."""
    patient = given.get("patient")
    found = identities(patient) if isinstance(patient, str) and searchable(patient) else {}
    if not isinstance(patient, str) or patient not in found:
        raise ActRefused("Aucun patient n’a cet identifiant interne.", "No patient has that internal id.")
    return Done(
        "L’export est noté dans la trace des accès.",
        "The export is written to the access trail.",
        domain=found[patient].domain_id,
        shown=tuple(found),
    )
