"""The act of a note: what a person had rectified, or disputes, written beside the identity and not into it.

An identity is changed by its sender, who holds it (GDPR, articles 16 and 19: the rectification is recorded here, done
there and received again as a message).
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import msgspec

from ecluse.rules.identity.model import Patient
from ecluse.rules.identity.vocabulary import NOTED, event
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.queries.presentation import searchable
from ecluse.services.receive_message import Intake
from ecluse.store.models import PatientState

LONGEST = 4000
"""Characters of a note."""

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_patient = msgspec.json.Decoder(Patient).decode


def note(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Write a note: `patient` (id of the store), `text`, `date` (AAAA-MM-JJ, of the request or the rectification)."""
    patient, text = given.get("patient"), given.get("text")
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST or _CONTROL.search(text):
        raise ActRefused(
            f"Écrivez la note en clair, en {LONGEST} caractères au plus.",
            f"Write the note as plain text, {LONGEST} characters at most.",
        )
    if not searchable(text) or not _is_date(given.get("date")):
        raise ActRefused("Donnez la date sous la forme AAAA-MM-JJ.", "Give the date as YYYY-MM-DD.")
    row = None
    if isinstance(patient, str) and searchable(patient):
        row = PatientState.objects.filter(id=patient).first()
    if row is None:
        raise ActRefused("Aucun patient n’a cet identifiant interne.", "No patient has that internal id.")
    # Acts are done between two batches: what the table says is what the memory would.
    intake.ledger.patients.setdefault(row.id, _patient(bytes(row.state)))
    return Done(
        "Note inscrite dans l’historique du patient ; l’identité n’est pas changée.",
        "Note written into the history of the patient; the identity is not changed.",
        events=(event(NOTED, row.id, {"text": text.strip(), "date": given["date"]}),),
        domain=row.domain_id,
    )


def _is_date(text: Any) -> bool:
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
