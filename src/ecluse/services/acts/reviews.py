"""Acts on the worklists of people: a group of patients was looked at, a part of the leaflet was written."""

from __future__ import annotations

import re
from typing import Any

from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.queries.presentation import searchable
from ecluse.services.receive_message import Intake
from ecluse.store.models.reviews import LeafletText, SuspectGroup, SuspectMember, SuspectReview

VERDICTS = ("distinct", "same", "unclear")
"""distinct: several people; same: one person, the sender is asked to merge; unclear: nobody can tell yet."""

LEAFLET = ("rights", "contact", "more")
"""Parts of the leaflet that no source words: how to say no, whom to ask, anything else."""

LONGEST = 2000
"""Characters of a note, or of a part of the leaflet."""
_SHORTEST = 5
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def review(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Write that a person looked at a group of patients.

    Arguments: group (id), seen (digest of the members as they were shown), patients (their ids), verdict (`VERDICTS`),
    note (why, from 5 characters).
    """
    group = SuspectGroup.objects.filter(id=_number(given.get("group"))).first()
    if group is None:
        raise ActRefused(
            "Ce rapprochement n’existe plus : ces patients ne partagent plus rien.",
            "This group is gone: these patients share nothing any more.",
        )
    members = set(SuspectMember.objects.filter(group=group).values_list("patient", flat=True))
    if given.get("seen") != group.seen or set(given.get("patients") or ()) != members:
        raise ActRefused(
            "Ces patients ont changé depuis que vous les avez comparés : relisez-les, puis recommencez.",
            "These patients changed since you compared them: read them again, then try again.",
        )
    verdict = given.get("verdict")
    if verdict not in VERDICTS:
        raise ActRefused(
            f"Dites ce que vous concluez : {', '.join(VERDICTS)}.",
            f"Say what you conclude: {', '.join(VERDICTS)}.",
        )
    note = _text(given.get("note"), _SHORTEST)

    def write() -> None:
        SuspectReview(
            digest=group.digest, seen=group.seen, at=now, by=str(given.get("by") or "")[:80], verdict=verdict,
            note=note,
        ).save(force_insert=True)  # fmt: skip
        SuspectGroup.objects.filter(id=group.id, seen=group.seen).update(looked=1)

    return Done(
        "Rapprochement examiné : il revient dans la liste si l’un de ces patients change.",
        "Group looked at: it comes back to the list when one of these patients changes.",
        domain=group.domain_id,
        write=write,
    )


def edit_leaflet(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Write a part of the information leaflet: name (`LEAFLET`), text (empty: the part is left out)."""
    name = given.get("name")
    if name not in LEAFLET:
        raise ActRefused("Cette partie du dépliant est inconnue.", "This part of the leaflet is unknown.")
    text = _text(given.get("text"), 0)

    def write() -> None:
        if not LeafletText.objects.filter(name=name).update(text=text):
            LeafletText(name=name, text=text).save(force_insert=True)

    return Done("Dépliant enregistré.", "Leaflet saved.", write=write)


def _number(given: object) -> int:
    return given if isinstance(given, int) and not isinstance(given, bool) and 0 < given < 2**63 else 0


def _text(given: object, shortest: int) -> str:
    """:raises ActRefused: a text that is too short, too long, or has characters that nobody typed."""
    text = given.strip().replace("\r\n", "\n") if isinstance(given, str) else ""
    if shortest <= len(text) <= LONGEST and searchable(text) and not _CONTROL.search(text):
        return text
    raise ActRefused(
        f"Écrivez de {shortest} à {LONGEST} caractères de texte.",
        f"Write {shortest} to {LONGEST} characters of text.",
    )
