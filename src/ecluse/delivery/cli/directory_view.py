"""How `ecluse directory` writes for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecluse.delivery.cli import output
from ecluse.delivery.cli.language import t

if TYPE_CHECKING:
    from ecluse.services.directory.check import RppsCheck
    from ecluse.services.queries.directory import (
        ActivityDocument,
        Coded,
        DirectoryStatus,
        ExtractDocument,
        PersonDocument,
    )

_CHIPS = {"active": "ok", "inactive": "error", "unknown": "warning", "unchecked": "unknown", "wrong": "error"}


def show_status(found: DirectoryStatus) -> None:
    """The extracts, in a table."""
    rows = [one for one in (found.current, found.former, found.loading) if one is not None]
    if not rows:
        output.note(
            t(
                "Aucun extrait : importez-en un par « ecluse directory import », --fictive pour un essai.",
                "No extract: import one with “ecluse directory import”, --fictive for a trial.",
            )
        )
        return
    table = output.table(
        t("Extrait", "Extract"), t("État", "State"), t("Publié", "Published"), t("Âge (jours)", "Age (days)"),
        t("Professionnels", "Professionals"), t("Activités", "Activities"), "Structures", t("Illisibles", "Unread"),
    )  # fmt: skip
    for one in rows:
        table.add_row(
            output.printable(one.name), _state(one), one.published or "–", str(one.age_days), str(one.people),
            str(one.activities), str(one.structures), str(one.odd),
        )  # fmt: skip
    output.console().print(table)


def _state(one: ExtractDocument) -> str:
    words = {
        "current": t("en service", "in use"),
        "former": t("précédent", "former"),
        "loading": t("import en cours", "being imported"),
    }
    return words.get(one.state, one.state) + (t(", fictif", ", fictive") if one.fictive else "")


def show_check(found: RppsCheck) -> None:
    """What is known of a number, then who holds it."""
    words = {
        "active": t("en exercice", "in exercise"),
        "inactive": t("n’exerce plus", "no longer in exercise"),
        "unknown": t("inconnu", "unknown"),
        "unchecked": t("non vérifié", "not checked"),
        "wrong": t("numéro faux", "wrong number"),
    }
    output.console().print(output.chip(_CHIPS[found.state], words[found.state]), found.rpps)
    output.say(t(found.text_fr, found.text_en))
    if found.person is not None:
        show_person(found.person)


def show_person(found: PersonDocument) -> None:
    """A professional: the name, then a line for each activity."""
    title = f"{found.title} " if found.title else ""
    number = f"RPPS {found.rpps}" if found.rpps else found.idnps
    output.say(f"{title}{found.family} {found.given} · {number}")
    table = output.table(
        "Profession", t("Savoir-faire", "Speciality"), "Mode", t("Fonction", "Role"), "Structure", "FINESS",
        t("FINESS juridique", "Legal FINESS"),
    )  # fmt: skip
    for one in found.activities:
        table.add_row(*map(output.printable, _cells(one)))
    output.console().print(table)
    if found.more:
        output.note(t("D’autres activités ne sont pas montrées.", "More activities are not shown."))


def _cells(one: ActivityDocument) -> tuple[str, ...]:
    place = one.structure
    return (
        _coded(one.profession),
        _coded(one.know_how),
        one.mode or "–",
        _coded(one.role),
        "–" if place is None else place.name,
        (place.finess if place is not None else None) or "–",
        (place.finess_ej if place is not None else None) or "–",
    )


def _coded(one: Coded | None) -> str:
    if one is None or not one.code:
        return "–"
    return f"{one.label} ({one.code})" if one.label else one.code
