"""What to write to the maker of a sending application: ready to paste, and nothing of a patient in it.

Values are shown as `protocols.pam.masking` allows: codes, versions and authorities as they are, anything else by its
form (`99/99/9999`), because a letter leaves the hospital by mail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import quote

import msgspec

from ecluse.protocols.findings import Finding
from ecluse.protocols.hl7 import Hl7Error, Message
from ecluse.protocols.pam.masking import safe
from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.hl7_names import event_name, field_name, part_name, segment_name
from ecluse.services.queries.journal import JournalDocument
from ecluse.services.queries.message_tree import place, visible
from ecluse.services.queries.refusals import cause
from ecluse.services.queries.simulation import simulated
from ecluse.services.rulebook import rules
from ecluse.store.models import RawMessage

Language = Literal["fr", "en"]

MOST_POINTS = 20
"""Findings of one letter: the errors first."""
LONGEST_MAIL = 1_800
"""Characters of the body of a mailto: address; mail programs cut longer ones."""
_DECIDED = ("IDN-", "INS-", "STY-")
"""Rules of decisions, whose values may be those of a patient."""
_findings = msgspec.json.Decoder(list[Finding])


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter. mailto: address that opens it in a mail program, without the last points when it would be too long;
    null when even one is too many.
    """

    subject: str
    body: str
    mailto: str | None


class _Point(NamedTuple):
    """Something to mend, as it may be told outside."""

    finding: Finding
    received: str
    expected: str


class _Words(NamedTuple):
    """A letter in one language. The texts hold the values between braces."""

    subject: str
    refused: str
    accepted: str
    header: str
    points: str
    point: str
    nothing: str
    explained: str
    more: str
    end: str
    simulation: str


_FRENCH = _Words(
    subject="[{name}] Message HL7 {what} : {rule}",
    refused="refusé",
    accepted="accepté avec des défauts",
    header=(
        "Bonjour,\n\nNotre passerelle Écluse a {what} un message de votre application. Voici ce qui est à corriger ;"
        " aucune donnée de patient ne figure dans ce courriel.\n\n"
        "MESSAGE\n"
        "  Émetteur (MSH-3 / MSH-4) : {name}\n"
        "  Identifiant (MSH-10) : {control}\n"
        "  Événement : {event}\n"
        "  Reçu le : {at} (UTC)\n"
        "  Réponse (MSA-1) : {answer}\n"
        "  Référence chez nous : ligne {seq} du journal"
    ),
    points="À CORRIGER",
    point=(
        "{n}. Règle {rule} ({severity})\n"
        "   Emplacement : {place}\n"
        "   Valeur reçue : {received}\n"
        "   Valeur attendue : {expected}\n"
        "   Explication : {text}\n"
        "   Source : {source}"
    ),
    nothing="(aucune)",
    explained="(voir l’explication)",
    more="Et {n} autres points de moindre gravité.",
    end=(
        "Pouvez-vous nous dire quand la correction sera disponible, et dans quelle version ?\n\n"
        "Merci d’avance,"
    ),
    simulation="SIMULATION : un simulateur a rempli cette passerelle, personnes et messages y sont inventés.",
)  # fmt: skip
_ENGLISH = _Words(
    subject="[{name}] HL7 message {what}: {rule}",
    refused="refused",
    accepted="accepted with defects",
    header=(
        "Hello,\n\nOur gateway Écluse {what} a message of your application. Here is what is to be corrected; this mail"
        " holds no data of any patient.\n\n"
        "MESSAGE\n"
        "  Sender (MSH-3 / MSH-4): {name}\n"
        "  Message id (MSH-10): {control}\n"
        "  Event: {event}\n"
        "  Received: {at} (UTC)\n"
        "  Answer (MSA-1): {answer}\n"
        "  Our reference: journal line {seq}"
    ),
    points="TO BE CORRECTED",
    point=(
        "{n}. Rule {rule} ({severity})\n"
        "   Location: {place}\n"
        "   Value received: {received}\n"
        "   Value expected: {expected}\n"
        "   Explanation: {text}\n"
        "   Source: {source}"
    ),
    nothing="(none)",
    explained="(see the explanation)",
    more="And {n} other points of less weight.",
    end="Could you tell us when the correction will be available, and in which version?\n\nThank you in advance,",
    simulation="SIMULATION: a simulator filled this gateway, people and messages in it are invented.",
)
_SEVERITIES = {
    "error": Sentence("erreur", "error"),
    "warning": Sentence("avertissement", "warning"),
    "info": Sentence("information", "information"),
}


def letter(document: JournalDocument, language: Language) -> Letter | None:
    """The letter about one message; None when nothing is to be mended, or its bytes were purged."""
    row = RawMessage.objects.filter(seq=document.line.seq).values_list("findings", "received").first()
    if row is None or document.line.kind != "message":
        return None
    found = [one for one in _findings.decode(bytes(row[0])) if one.severity != "info" and one.rule in rules()]
    if not found:
        return None
    message = _read(bytes(row[1]))
    why = cause(bytes(row[0])) if document.line.answer in ("AE", "AR") else None
    found.sort(key=lambda one: (one != why, one.severity != "error"))
    points = [_point(one, message) for one in found[:MOST_POINTS]]
    words = _words(language)
    what = words.refused if document.line.answer in ("AE", "AR") else words.accepted
    subject = words.subject.format(name=_name(document), what=what, rule=points[0].finding.rule)
    body = "\n\n".join(_paragraphs(document, points, len(found) - len(points), words, what, language))
    for count in range(len(points), 0, -1):
        # Mail programs cut a long address: the last points are left out until it fits.
        shorter = _paragraphs(document, points[:count], len(found) - count, words, what, language)
        address = _mailto(subject, "\n\n".join(shorter))
        if address is not None:
            return Letter(subject, body, address)
    return Letter(subject, body, None)


def _words(language: Language) -> _Words:
    """The words of a letter, which say first that a simulator filled this store, when one did."""
    words = _FRENCH if language == "fr" else _ENGLISH
    if not simulated():
        return words
    header = f"{words.simulation}\n\n{words.header}"
    return words._replace(subject=f"[SIMULATION] {words.subject}", header=header)


def _mailto(subject: str, body: str) -> str | None:
    """The address of a letter that is not written yet; None when it would be too long."""
    if len(body) > LONGEST_MAIL:
        return None
    return f"mailto:?subject={quote(subject)}&body={quote(body.replace(chr(10), chr(13) + chr(10)))}"


def _read(raw: bytes) -> Message | None:
    try:
        return Message.parse(raw)
    except Hl7Error:
        return None


def _point(finding: Finding, message: Message | None) -> _Point:
    received, expected = finding.received, finding.expected
    if finding.rule.startswith(_DECIDED) and not finding.location.startswith("MSH"):
        received, expected = safe(received), safe(expected)
    if not received and message is not None and place(finding.location) is not None:
        received = safe(message.get(finding.location) or "")
    return _Point(finding, visible(received, 120), visible(expected, 200))


def _paragraphs(
    document: JournalDocument,
    points: Sequence[_Point],
    more: int,
    words: _Words,
    what: str,
    language: Language,
) -> Iterator[str]:
    line = document.line
    name = event_name(line.event)
    label = name.fr if language == "fr" else name.en
    yield words.header.format(
        what=what,
        name=_name(document),
        control=visible(line.control_id, 60) or words.nothing,
        event=f"{visible(line.event, 20)} ({label})" if label else visible(line.event, 20),
        at=line.at[:19].replace("T", " "),
        answer=" ".join(filter(None, (line.answer, line.code))) or words.nothing,
        seq=line.seq,
    )
    yield words.points
    for number, one in enumerate(points, 1):
        yield _told(number, one, words, language)
    if more:
        yield words.more.format(n=more)
    yield words.end


def _told(number: int, one: _Point, words: _Words, language: Language) -> str:
    rule = rules()[one.finding.rule]
    text = rule.text_fr if language == "fr" else rule.text_en
    severity = _SEVERITIES[one.finding.severity]
    return words.point.format(
        n=number,
        rule=rule.id,
        severity=severity.fr if language == "fr" else severity.en,
        place=_place(one.finding.location, language) or words.nothing,
        received=one.received or words.nothing,
        expected=one.expected or words.explained,
        text=text.format(location=one.finding.location, received=one.received, expected=one.expected),
        source=rule.source,
    )


def _place(location: str, language: Language) -> str:
    """A location with the name of what stands there: `PID-5.1 (Noms du patient, Nom)`."""
    where = place(location)
    if where is None:
        return location
    names = [segment_name(where.segment)] if where.field is None else [field_name(where.segment, where.field)]
    if where.field is not None and len(where.parts) > 1:
        names.append(part_name(where.segment, where.field, *where.parts[1:3]))
    told = ", ".join(filter(None, ((one.fr if language == "fr" else one.en) for one in names)))
    return f"{location} ({told})" if told else location


def _name(document: JournalDocument) -> str:
    sender = document.line.sender
    return "?" if sender is None else visible(f"{sender.application} / {sender.facility}", 80)
