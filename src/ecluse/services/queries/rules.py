"""The reference of the rules, as the program applies them: it cannot differ from what a finding says."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from ecluse.protocols.findings import Rule
from ecluse.services.rulebook import rules

Language = Literal["fr", "en"]

FAMILIES = {
    "PAM": ("Profil PAM France", "Profile PAM France"),
    "HL7": ("Lecture HL7", "Reading of HL7"),
    "IDN": ("Identités", "Identities"),
    "INS": ("INS", "INS"),
    "STY": ("Séjours", "Stays"),
    "SRV": ("Réception des messages", "Reception of messages"),
}
_ID = re.compile(r"[A-Z0-9]{2,8}(?:-[A-Z0-9]{1,8}){1,5}")
_FIELD = re.compile(r"PAM-([A-Z][A-Z0-9]{2})-([0-9]{1,3})-")
_WORDS = {
    "fr": {"received": "valeur reçue", "expected": "valeur attendue", "location": "emplacement"},
    "en": {"received": "value received", "expected": "value expected", "location": "location"},
}
MOST = 100
"""Rules that one search shows."""


@dataclass(frozen=True, slots=True)
class RuleDocument:
    """A rule. text: its sentence, what depends on the case written as « ⟨valeur reçue⟩ »; place: segment and field it
    is about, or empty; group: the page where it is listed; code: HL7 table 0357.
    """

    id: str
    severity: str
    code: str
    text: str
    source: str
    place: str
    group: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rules listed together. segment: of the message, or empty; errors: how many are of severity error."""

    name: str
    family: str
    segment: str
    rules: int
    errors: int


def rule(id_: str, language: Language) -> RuleDocument | None:
    """One rule."""
    found = rules().get(id_) if _ID.fullmatch(id_) else None
    return None if found is None else _document(found, language)


def group_of(id_: str) -> str:
    """Where a rule is listed: its family, and for the profile its segment (`PAM-PID-32-001` → `PAM-PID`)."""
    words = id_.split("-")
    return "-".join(words[:2]) if words[0] == "PAM" else words[0]


@cache
def groups(language: Language) -> tuple[Group, ...]:
    """All groups, families in their order, segments in the order of the alphabet."""
    members: dict[str, list[Rule]] = defaultdict(list)
    for one in rules().values():
        members[group_of(one.id)].append(one)
    order = {name: place for place, name in enumerate(("INS", "IDN", "STY", "SRV", "HL7", "PAM"))}
    names = sorted(members, key=lambda name: (order.get(name.partition("-")[0], 9), name))
    return tuple(_group(name, members[name], language) for name in names)


def _group(name: str, members: list[Rule], language: Language) -> Group:
    family, _, segment = name.partition("-")
    titles = FAMILIES.get(family, (family, family))
    errors = sum(one.severity == "error" for one in members)
    return Group(name, titles[language == "en"], segment, len(members), errors)


def listed(group: str, language: Language) -> tuple[RuleDocument, ...]:
    """The rules of a group, by identifier; none when there is no such group."""
    found = [one for one in rules().values() if group_of(one.id) == group]
    return tuple(_document(one, language) for one in sorted(found, key=lambda one: one.id))


def search(text: str, language: Language) -> tuple[RuleDocument, ...]:
    """Rules whose identifier or sentence says all these words; the first hundred."""
    words = text.casefold().split()
    if not words:
        return ()
    return tuple(_found(words, language))[:MOST]


def _found(words: list[str], language: Language) -> Iterable[RuleDocument]:
    for one in sorted(rules().values(), key=lambda one: (not one.id.casefold().startswith(words[0]), one.id)):
        sentence = one.text_fr if language == "fr" else one.text_en
        inside = f"{one.id} {sentence}".casefold()
        if all(word in inside for word in words):
            yield _document(one, language)


def _document(one: Rule, language: Language) -> RuleDocument:
    sentence = one.text_fr if language == "fr" else one.text_en
    values = {name: f"⟨{word}⟩" for name, word in _WORDS[language].items()}
    field = _FIELD.match(one.id)
    place = f"{field[1]}-{field[2]}" if field else ""
    return RuleDocument(
        one.id, one.severity, one.code, sentence.format(**values), one.source, place, group_of(one.id)
    )
