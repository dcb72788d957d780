"""The words of the demonstration for what happens to an identity, in French and in English."""

from __future__ import annotations

from typing import Any, NamedTuple

from ecluse.delivery.cli.language import t
from ecluse.services.queries.history_words import vocabulary


class Words(NamedTuple):
    """One event in words; style: of the terminal, for the events that the story is about."""

    fr: str
    en: str
    style: str = ""


_STYLES = {
    "ins.adopted": "bold green",
    "ins.superseded": "bold yellow",
    "ins.withdrawn": "bold red",
    "ins.suspended": "bold yellow",
    "ins.restored": "bold green",
    "ins.dropped": "bold yellow",
    "collision.flagged": "bold red",
}

EVENTS = {name: Words(one.fr, one.en, _STYLES.get(name, "")) for name, one in vocabulary()["events"].items()}

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


CHOICES = {
    "feeding": {
        "INO": ("le patient, informé, ne s’oppose pas", "the patient was informed and does not oppose it"),
        "IO": ("le patient, informé, s’oppose", "the patient was informed and opposes it"),
    },
    "consultation": {
        "IC": ("le patient, informé, consent", "the patient was informed and consents"),
        "INC": ("le patient, informé, ne consent pas", "the patient was informed and does not consent"),
    },
}
"""Choices of a patient about the DMP (tables IHE-FRANCE-ZFA-9 and ZFA-11)."""


def choice(about: str, code: str | None) -> str:
    """A choice about the DMP in words; `about` is `feeding` or `consultation`."""
    fr, en = CHOICES[about].get(code or "", ("rien n’a été recueilli", "nothing was collected"))
    return t(fr, en)
