"""How subscribers look in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ecluse.delivery.cli import output
from ecluse.delivery.cli.language import t

if TYPE_CHECKING:
    from ecluse.services.queries.subscribers import SubscriberDocument, WaitingDelivery


def state_of(one: SubscriberDocument) -> str:
    """In one or two words, what matters most."""
    if one.status == "paused":
        return t("en pause", "paused")
    if one.status == "gone":
        return t("ne veut plus rien", "gone")
    if one.circuit == "open":
        return t("ne répond pas", "does not answer")
    if one.circuit == "half-open":
        return t("à l’essai", "on trial")
    return t("actif", "active")


def encrypted(one: SubscriberDocument) -> bool:
    """Whether what leaves for a subscriber is encrypted on its way."""
    return bool(one.options["tls"]) if one.kind == "relay" else one.target.lower().startswith("https:")


def content_of(one: SubscriberDocument, lists: Mapping[str, str]) -> str:
    """What leaves for a subscriber, shortly: for which patients, of which types, how whole, and whether in clear.

    :param lists: names of the inclusion lists, by id.
    """
    given, found = one.options, []
    if given["inclusion"]:
        found.append(t("liste ", "list ") + lists.get(given["inclusion"], given["inclusion"]))
    if given["types"]:
        found.append(", ".join(given["types"]))
    if given["full"]:
        found.append(t("documents entiers", "whole documents"))
    if not encrypted(one):
        found.append(t("en clair", "in plain text"))
    return "\N{MIDDLE DOT}".join(f" {part} " for part in found).strip() or t("tout", "everything")


def show_list(found: Sequence[SubscriberDocument], lists: Mapping[str, str]) -> None:
    """The table of subscribers.

    :param lists: names of the inclusion lists, by id.
    """
    table = output.table(
        t("Nom", "Name"), t("Type", "Kind"), t("Adresse", "Address"), t("Contenu", "Content"),
        t("État", "State"), t("Retard", "Behind"),
        t("En attente", "Waiting"), t("À décider", "Parked"), t("Dernière réponse", "Last answer"),
    )  # fmt: skip
    for one in found:
        well = one.status == "active" and one.circuit == "closed"
        table.add_row(
            output.printable(one.name), one.kind, output.printable(one.target),
            output.printable(content_of(one, lists)),
            output.chip("ok" if well else "warning", state_of(one)), str(one.behind), str(one.waiting),
            output.chip("error", str(one.parked)) if one.parked else "0", one.answered or "",
        )  # fmt: skip
    output.console().print(table)


def _options(one: SubscriberDocument, lists: Mapping[str, str]) -> list[tuple[str, str]]:
    """How a subscriber is told, as it was declared."""
    given = one.options
    rows = [
        (t("Événements", "Events"), ", ".join(given["types"]) or t("tous", "all")),
        (
            t("Chiffrement", "Encryption"),
            "TLS" if encrypted(one) else t("aucun : tout part en clair", "none: all leaves in plain text"),
        ),
        (t("Envois simultanés", "At the same time"), str(given["parallel"])),
    ]
    if one.kind == "relay":
        sent = given["ins_in_deletion"] == "sent"
        ins = t("transmis", "sent") if sent else t("retiré", "withheld")
        return [*rows, (t("INS d’un A47", "INS of an A47"), ins)]
    list_ = given["inclusion"]
    return [
        (
            t("Liste d’inclusion", "Inclusion list"),
            f"{lists.get(list_, '?')} ({list_})" if list_ else t("aucune : tous les patients", "none: every patient"),
        ),
        (t("Documents", "Documents"), t("entiers", "whole") if given["full"] else t("identifiants", "ids only")),
        *rows,
    ]  # fmt: skip


def show_one(one: SubscriberDocument, waiting: Sequence[WaitingDelivery], lists: Mapping[str, str]) -> None:
    """One subscriber and its failures.

    :param lists: names of the inclusion lists, by id.
    """
    rows = [
        (t("Nom", "Name"), f"{one.name} ({one.id})"),
        (t("Type", "Kind"), one.kind),
        (t("Adresse", "Address"), one.target),
        (t("Domaine", "Domain"), one.domain or t("tous", "all")),
        *_options(one, lists),
        (t("État", "State"), state_of(one) + (f" : {one.reason}" if one.reason else "")),
        (
            t("Position", "Position"),
            t(f"{one.position} (retard {one.behind})", f"{one.position} ({one.behind} behind)"),
        ),
        (
            t("En attente", "Waiting"),
            t(f"{one.waiting}, dont {one.parked} à décider", f"{one.waiting}, {one.parked} parked"),
        ),
        (t("Dernière réponse", "Last answer"), one.answered or t("aucune", "none")),
        (t("Prochain essai", "Next try"), one.retry_at or ""),
    ]
    for title, value in rows:
        if value:
            output.say(f"{title:<18} {output.printable(value)}")
    if not waiting:
        return
    table = output.table(
        t("Position", "Position"), t("Essais", "Attempts"), t("Depuis", "Since"), t("Prochain essai", "Next try"),
        t("Raison", "Reason"),
    )  # fmt: skip
    for item in waiting:
        following = output.chip("error", t("à décider", "parked")) if item.parked else item.next_at or ""
        table.add_row(
            str(item.position), str(item.attempts), item.since or "", following, output.printable(item.reason)
        )
    output.say("")
    output.console().print(table)
    if one.parked:
        output.say(
            t(
                f"Corrigez la cause puis « ecluse subscriber release {one.name} », ou abandonnez un envoi par"
                f" « ecluse subscriber skip {one.name} --position N ».",
                f"Mend the cause, then “ecluse subscriber release {one.name}”, or give one up with"
                f" “ecluse subscriber skip {one.name} --position N”.",
            )
        )
