"""Acts on identities that no message asks for: undo a wrong merge."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ecluse.rules.identity.identifiers import index_keys
from ecluse.rules.identity.model import Known, Policy
from ecluse.rules.identity.unmerge import unmerge as undo
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.queries.presentation import searchable
from ecluse.services.receive_message import Intake
from ecluse.store.models import PatientState

LONGEST = 1000
"""Characters of a reason."""
_SHORTEST = 5


def unmerge(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Undo the merge of a patient.

    Arguments: patient (id of the merged one), reason (why, from 5 to 1,000 characters), version (of the patient as the
    one who asks saw it) or none.
    """
    id_, reason = given.get("patient"), _reason(given.get("reason"))
    row = None
    if isinstance(id_, str) and searchable(id_):
        row = PatientState.objects.filter(id=id_).first()
    if row is None:
        raise ActRefused("Ce patient est inconnu.", "This patient is unknown.")
    ledger = intake.ledger
    ledger.load_stays(row.domain_id, (), row.id)
    merged = ledger.patients[row.id]
    if not merged.merged_into:
        raise ActRefused(
            "Ce patient n’est pas fusionné : il n’y a rien à défaire. Donnez l’identifiant interne de celui qui a été"
            " absorbé (« merged_into » le montre).",
            "This patient is not merged: there is nothing to undo. Give the internal id of the one that was absorbed"
            " (“ecluse patients show” names the survivor in “merged_into”).",
        )
    if given.get("version") not in (None, merged.version):
        raise ActRefused(
            "Ce patient a changé depuis que vous l’avez lu : relisez-le, puis recommencez.",
            "This patient changed since you read it: read it again, then try again.",
        )
    ledger.load(row.domain_id, index_keys(merged))
    events = undo(
        Known(ledger.keys[row.domain_id], ledger.patients),
        merged,
        Policy(environment=intake.settings.environment, sender=""),
        at=datetime.fromtimestamp(now / 1_000_000, UTC)
        .isoformat(timespec="milliseconds")
        .replace("+00:00", "Z"),
        reason=reason,
    )
    return Done(
        f"Fusion défaite : {merged.id} et {merged.merged_into} sont à nouveau deux identités.",
        f"Merge undone: {merged.id} and {merged.merged_into} are two identities again.",
        {"patient": merged.id, "survivor": merged.merged_into},
        events,
        row.domain_id,
    )


def _reason(given: object) -> str:
    if isinstance(given, str) and searchable(given) and _SHORTEST <= len(given.strip()) <= LONGEST:
        text = " ".join(given.split())
        if text.isprintable():
            return text
    raise ActRefused(
        f"Dites pourquoi, en {_SHORTEST} à {LONGEST} caractères : la raison reste dans l’historique.",
        f"Say why, in {_SHORTEST} to {LONGEST} characters: the reason stays in the history.",
    )
