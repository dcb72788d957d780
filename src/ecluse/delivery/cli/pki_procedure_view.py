"""How `ecluse pki procedure` writes for people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ecluse.delivery.cli import output
from ecluse.delivery.cli.language import t

if TYPE_CHECKING:
    from datetime import date

    from ecluse.services.queries.certificate_cli import Person, Step
    from ecluse.services.queries.certificates_ways import WayDocument, WayView

_WHO = {
    "representative": ("représentant légal", "legal representative"),
    "mandataire": ("mandataire", "mandataire"),
    "representative or mandataire": (
        "représentant légal ou mandataire",
        "legal representative or mandataire",
    ),
    "administrator": ("administrateur technique", "technical administrator"),
    "ans": ("ANS", "ANS"),
    "gateway": ("passerelle", "gateway"),
}


def show_ways(found: Iterable[WayDocument]) -> None:
    """Procedures, one per line, with their next action."""
    table = output.table(
        "ID", t("Établissement", "Establishment"), t("État", "State"), "AUTH_CLI", "SIGN", t("Ensuite", "Next"),
    )  # fmt: skip
    for one in found:
        states = {track.product: track.state for track in one.tracks}
        following = output.printable(t(one.next[0].text_fr, one.next[0].text_en)) if one.next else ""
        table.add_row(
            one.id, output.printable(one.establishment_name), one.state, states.get("ORG AUTH_CLI", ""),
            states.get("ORG SIGN", ""), following,
        )  # fmt: skip
    output.console().print(table)


def show_steps(found: WayView) -> None:
    """What was done, in its order, and the documents."""
    for one in found.steps:
        event = one.event
        said = " · ".join(filter(None, (event.person, event.product, event.way, event.by)))
        forms = ", ".join(each.form for each in event.documents)
        parts = (f"{one.number}. {event.on}", event.name, said, f"[{forms}]" if forms else "")
        output.say("  " + "  ".join(filter(None, parts)))


def show_next(steps: Iterable[Step]) -> None:
    """What may be done now: who acts, how it is recorded, the forms, the wordings to copy, whom to ask."""
    output.say(t("À faire maintenant :", "To do now:"))
    for one in steps:
        who = t(*_WHO.get(one.who, (one.who, one.who)))
        optional = t(" (facultatif)", " (optional)") if one.optional else ""
        output.say(f"  • {t(one.text_fr, one.text_en)}{optional}")
        forms = t(" ; formulaires : ", "; forms: ") + ", ".join(one.forms) if one.forms else ""
        output.say(f"    {who} · {one.event}{forms} · {one.contact.address}")
        for copy in one.copy:
            output.say(f"    [{copy.where}] {copy.text}")


def show_people(people: Iterable[Person], today: date) -> None:
    """The people of a procedure, with their cards."""
    table = output.table(
        t("Nom", "Name"), t("Rôles", "Roles"), t("Carte", "Card"), t("Habilitation", "Habilitation")
    )
    for one in people:
        roles = [
            t(*words)
            for held, words in (
                (one.representative, _WHO["representative"]),
                (one.mandataire, _WHO["mandataire"]),
                (one.administrator, _WHO["administrator"]),
                (one.editor, ("éditeur", "editor")),
            )
            if held
        ]
        card = t(f"commandée ({one.ordered})", f"ordered ({one.ordered})") if one.ordered else ""
        if one.card is not None:
            over = t(" expirée", " expired") if one.card.until < today else ""
            card = f"{one.card.kind} {one.card.number}, {one.card.until}{over}"
        table.add_row(output.printable(one.name), ", ".join(roles), output.printable(card), one.habilitation)
    output.console().print(table)
