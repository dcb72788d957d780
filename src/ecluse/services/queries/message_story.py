"""The story of one journal line in plain sentences: who sent what, how it was read, what was decided and changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from ecluse.services.queries.documents import Sentence
from ecluse.services.queries.hl7_names import event_name
from ecluse.services.queries.journal import FindingDocument, JournalDocument
from ecluse.services.queries.message_effect import Effects, PatientEffect
from ecluse.services.queries.message_tree import visible
from ecluse.services.queries.purges import PurgeDocument

Tone = Literal["ok", "warn", "bad", "info", "none"]
_NBSP = "\N{NO-BREAK SPACE}"
_LONGEST = 80
"""Characters of a name given by a sender that a sentence holds."""


@dataclass(frozen=True, slots=True)
class Step:
    """A moment of the story. sign: `received`, `read`, `decided`, `changed`, `answered` or `purged`; title: one word;
    more: what else is to be known, sentence by sentence.
    """

    sign: str
    tone: Tone
    title: Sentence
    said: Sentence
    more: tuple[Sentence, ...] = ()


def story(document: JournalDocument, effects: Effects) -> tuple[Step, ...]:
    """What happened, in the order it happened."""
    if document.line.kind == "act":
        return tuple(_act(document, effects))
    return tuple(_message(document, effects))


def cause(document: JournalDocument) -> FindingDocument | None:
    """The finding that decided of a refused line: the decision comes after the report, so its last error."""
    if document.line.answer in ("AE", "AR"):
        errors = [one for one in document.findings if one.severity == "error"]
        return errors[-1] if errors else None
    return document.findings[-1] if document.findings and document.line.kind == "unreadable" else None


def _message(document: JournalDocument, effects: Effects) -> Iterator[Step]:
    yield _received(document)
    if document.purged is not None:
        yield _purged(document.purged)
    elif document.line.kind in ("message", "duplicate"):
        yield _read(document)
    yield _decided(document)
    if document.line.answer == "AA" and document.line.kind == "message":
        yield _changed(effects)
    yield _answered(document)


def _received(document: JournalDocument) -> Step:
    line, details = document.line, document.details
    who = "un émetteur inconnu", "an unknown sender"
    if line.sender is not None:
        name = f"{_shown(line.sender.application)} / {_shown(line.sender.facility)}"
        who = name, name
    what = _what(document)
    more = []
    if details.get("listener"):
        peer = _shown(str(details.get("peer") or ""))
        where = _shown(str(details["listener"]))
        more.append(
            Sentence(
                f"Par l’écouteur «{_NBSP}{where}{_NBSP}»" + (f", depuis {peer}." if peer else "."),
                f"On listener “{where}”" + (f", from {peer}." if peer else "."),
            )
        )
    if details.get("certificate"):
        subject = _shown(str(details.get("subject") or details["certificate"]))
        more.append(Sentence(f"Certificat client{_NBSP}: {subject}.", f"Client certificate: {subject}."))
    if line.control_id:
        control = _shown(line.control_id)
        more.append(
            Sentence(
                f"Identifiant du message (MSH-10){_NBSP}: {control}.", f"Message id (MSH-10): {control}."
            )
        )
    return Step(
        "received",
        "info",
        Sentence("Reçu", "Received"),
        Sentence(
            f"{what.fr[:1].upper()}{what.fr[1:]} de {who[0]}.",
            f"{what.en[:1].upper()}{what.en[1:]} from {who[1]}.",
        ),
        tuple(more),
    )


def _what(document: JournalDocument) -> Sentence:
    line = document.line
    if line.kind == "ack":
        return Sentence("un acquittement", "an acknowledgement")
    if line.kind == "unreadable":
        return Sentence("des octets qui ne sont pas un message", "bytes that are no message")
    name = event_name(line.event)
    event = _shown(line.event)
    if not event:
        return Sentence("un message", "a message")
    if not name.fr:
        return Sentence(f"un message {event}", f"a message {event}")
    return Sentence(f"un {event} ({name.fr})", f"an {event} ({name.en})")


def _read(document: JournalDocument) -> Step:
    charset = _shown(str(document.details.get("charset") or ""))
    profile = _shown(str(document.details.get("profile") or ""))
    more = []
    if charset:
        more.append(Sentence(f"Caractères lus en {charset}.", f"Characters read as {charset}."))
    if profile:
        more.append(Sentence(f"Comparé à PAM France {profile}.", f"Checked against PAM France {profile}."))
    errors = sum(one.severity == "error" for one in document.findings)
    warnings = sum(one.severity == "warning" for one in document.findings)
    if not errors and not warnings:
        return Step(
            "read", "ok", Sentence("Lu", "Read"),
            Sentence("Il est conforme.", "It is conforming."), tuple(more),
        )  # fmt: skip
    said = _counted(errors, warnings)
    return Step("read", "bad" if errors else "warn", Sentence("Lu", "Read"), said, tuple(more))


def _counted(errors: int, warnings: int) -> Sentence:
    fr = [f"{n} {word}{'s' * (n > 1)}" for n, word in ((errors, "erreur"), (warnings, "avertissement")) if n]
    en = [f"{n} {word}{'s' * (n > 1)}" for n, word in ((errors, "error"), (warnings, "warning")) if n]
    return Sentence(f"{' et '.join(fr)}.", f"{' and '.join(en)}.")


def _decided(document: JournalDocument) -> Step:
    line, why = document.line, cause(document)
    decision = line.kind if line.kind in _DECISIONS else line.answer or ""
    tone, said = _DECISIONS.get(decision, _DECISIONS["unreadable"])
    reason = (Sentence(why.fr, why.en),) if why is not None else ()
    return Step("decided", tone, Sentence("Décidé", "Decided"), said, reason)


_DECISIONS: dict[str, tuple[Tone, Sentence]] = {
    "ack": (
        "none",
        Sentence(
            "Un acquittement reçu est gardé, et n’est jamais suivi d’une réponse.",
            "An acknowledgement received is kept, and never answered.",
        ),
    ),
    "duplicate": (
        "info",
        Sentence(
            "Ce message avait déjà été accepté, octet pour octet : la même réponse est donnée, sans nouvel effet.",
            "This very message was accepted before, byte for byte: it gets the same answer, without a new effect.",
        ),
    ),
    "unreadable": (
        "bad",
        Sentence(
            "Rien n’est intégré ; les octets sont conservés.", "Nothing is integrated; the bytes are kept."
        ),
    ),
    "AA": ("ok", Sentence("Accepté et intégré.", "Accepted and integrated.")),
    "AE": (
        "bad",
        Sentence(
            "Refusé : rien n’est intégré, l’émetteur doit corriger son message.",
            "Refused: nothing is integrated, the sender must correct its message.",
        ),
    ),
    "AR": (
        "bad",
        Sentence(
            "Rejeté : rien n’est intégré, le message tel quel ne pouvait pas être traité.",
            "Rejected: nothing is integrated, the message could not be processed as it is.",
        ),
    ),
}
"""What became of a line, by its kind, else by its answer."""


def _changed(effects: Effects) -> Step:
    title = Sentence("Effet", "Effect")
    if effects.nothing:
        return Step(
            "changed", "none", title,
            Sentence("Il n’a rien changé : tout était déjà ainsi.", "It changed nothing: all of it was so already."),
        )  # fmt: skip
    patients, stays = len(effects.patients) + effects.hidden, len(effects.stays)
    new = sum(one.former is None for one in effects.patients)
    fr, en = [], []
    if new:
        fr.append("une identité créée" if new == 1 else f"{new} identités créées")
        en.append("one identity created" if new == 1 else f"{new} identities created")
    if patients > new:
        changed = patients - new
        fr.append("une identité touchée" if changed == 1 else f"{changed} identités touchées")
        en.append("one identity concerned" if changed == 1 else f"{changed} identities concerned")
    if stays:
        fr.append("un séjour" if stays == 1 else f"{stays} séjours")
        en.append("one stay" if stays == 1 else f"{stays} stays")
    more = tuple(dict.fromkeys(map(_effect, effects.patients)))
    said = Sentence(f"{_upper(', '.join(fr))}.", f"{_upper(', '.join(en))}.")
    return Step(
        "changed", "info", title, said, tuple(Sentence(_upper(one.fr), _upper(one.en)) for one in more)
    )


def _effect(one: PatientEffect) -> Sentence:
    """What happened to a patient, as one sentence."""
    fr, en = (" ; ".join(told.fr for told in one.said), "; ".join(told.en for told in one.said))
    return Sentence(one.title.fr + (f" : {fr}" if fr else ""), one.title.en + (f": {en}" if en else ""))


def _answered(document: JournalDocument) -> Step:
    line, title = document.line, Sentence("Répondu", "Answered")
    if not line.answer:
        return Step(
            "answered", "none", title,
            Sentence("Aucune réponse : personne n’en attend une.", "No answer: nobody waits for one."),
        )  # fmt: skip
    code = f" ({line.code})" if line.code else ""
    tone: Tone = "ok" if line.answer == "AA" else "bad"
    return Step(
        "answered", tone, title,
        Sentence(f"Acquittement {line.answer}{code}, envoyé une fois la ligne {line.seq} du journal sur le disque.",
                 f"Acknowledgement {line.answer}{code}, sent once journal line {line.seq} was on disk."),
    )  # fmt: skip


def _purged(purge: PurgeDocument) -> Step:
    day = purge.at[:10]
    return Step(
        "purged", "none", Sentence("Purgé", "Purged"),
        Sentence(f"Ses octets ont été purgés le {day} (ligne {purge.line}) ; la ligne et ses effets restent.",
                 f"Its bytes were purged on {day} (line {purge.line}); the line and its effects stay."),
    )  # fmt: skip


def _act(document: JournalDocument, effects: Effects) -> Iterator[Step]:
    name = _shown(str(document.details.get("act") or ""))
    operator = _shown(str(document.details.get("operator") or ""))
    yield Step(
        "received", "info", Sentence("Acte", "Act"),
        Sentence(f"Acte «{_NBSP}{name}{_NBSP}», demandé par {operator}.", f"Act “{name}”, asked by {operator}."),
    )  # fmt: skip
    if not effects.nothing:
        yield _changed(effects)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _shown(text: str) -> str:
    return visible(text, _LONGEST)
