"""The words of the demonstration for what happens to an identity, in French and in English."""

from __future__ import annotations

from typing import Any, NamedTuple

from ecluse.delivery.cli.language import t


class Words(NamedTuple):
    """One event in words; style: of the terminal, for the events that the story is about."""

    fr: str
    en: str
    style: str = ""


EVENTS = {
    "patient.created": Words("identité créée", "identity created"),
    "patient.updated": Words("données mises à jour", "data updated"),
    "identifiers.changed": Words("identifiants changés", "identifiers changed"),
    "status.changed": Words("statut changé", "status changed"),
    "consent.recorded": Words("choix sur le DMP notés", "choices on the DMP noted"),
    "patients.merged": Words("dossiers fusionnés", "records merged"),
    "ins.adopted": Words("INS enregistré", "INS recorded", "bold green"),
    "ins.repeated": Words("INS confirmé par un autre émetteur", "INS confirmed by another sender"),
    "ins.superseded": Words("INS précédent remplacé", "former INS replaced", "bold yellow"),
    "ins.withdrawn": Words("INS retiré", "INS withdrawn", "bold red"),
    "ins.suspended": Words("INS suspendu", "INS suspended", "bold yellow"),
    "ins.restored": Words("INS de nouveau utilisable", "INS usable again", "bold green"),
    "ins.dropped": Words("INS reçu non retenu", "INS received, not kept", "bold yellow"),
    "collision.flagged": Words("même INS sur deux patients", "same INS on two patients", "bold red"),
    "collision.cleared": Words("INS de nouveau sur un seul patient", "INS on one patient again"),
    "duplicate.flagged": Words("doublon possible signalé", "possible duplicate flagged"),
    "duplicate.cleared": Words("doublon possible levé", "possible duplicate cleared"),
    "identifiers.linked": Words("identifiants liés", "identifiers linked"),
    "identifiers.unlinked": Words("identifiants déliés", "identifiers unlinked"),
}

TRUST = {
    "qualifiee": ("▣", Words("qualifiées", "qualified"), Words("l’INS peut servir", "the INS may be used")),
    "validee": (
        "▢",
        Words("validées", "validated"),
        Words("identité sûre, sans INS utilisable", "sure identity, no usable INS"),
    ),
    "provisoire": (
        "▢",
        Words("provisoires", "provisional"),
        Words("encore à vérifier", "still to be checked"),
    ),
}


def in_words(event: str, data: Any) -> tuple[str, str]:
    """An event of an identity and its style; an event this version does not know keeps its name.

    :param data: of the event; a change of status says from what to what.
    """
    words = EVENTS.get(event)
    if words is None:
        return event, ""
    text = t(words.fr, words.en)
    if event == "status.changed":
        text += f" ({'+'.join(data['from']) or '–'} → {'+'.join(data['to']) or '–'})"
    return text, words.style
