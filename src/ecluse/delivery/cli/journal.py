"""`ecluse journal`: what was received, answered and done; proofs that it was kept as written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.journal_proofs import checkpoint, rebuild, verify
from ecluse.delivery.cli.journal_purge import purge
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.simulation import label
from ecluse.delivery.cli.tools import tools

if TYPE_CHECKING:
    from ecluse.services.queries.journal import Filter

Command = TypeVar("Command", bound=Callable[..., Any])

ANSWERS = ("AA", "AE", "AR", "none")
KINDS = ("message", "duplicate", "unreadable", "ack", "act")
"""Kinds of `store.models.JournalEntry`, written again: help does not open the store."""


@click.group(
    short_help=t("Consulter et prouver le journal.", "Read and prove the journal."),
    help=t(
        "Consulter et prouver le journal : list, show, verify, export, rebuild, checkpoint, purge.",
        "Read and prove the journal: list, show, verify, export, rebuild, checkpoint, purge.",
    ),
    epilog=options.examples(
        "ecluse journal list --answer AE",
        "ecluse journal show 42",
        "ecluse journal verify --checkpoint /mnt/usb/checkpoint.json",
    ),
)
def journal() -> None:
    """Group of the commands on the journal."""


for _proof in (verify, rebuild, checkpoint, purge):
    journal.add_command(_proof)


def selection(command: Command) -> Command:
    """Options that choose lines."""
    for name, kind, metavar, fr, en in (
        (
            "--until",
            None,
            "TIME",
            "Avant cet instant (ISO 8601, UTC à défaut de zone).",
            "Before that time (ISO 8601, UTC without zone).",
        ),
        ("--since", None, "TIME", "À partir de cet instant.", "From that time on."),
        ("--patient", None, "ID", "Lignes qui ont changé ce patient.", "Lines that changed that patient."),
        ("--event", None, "A28", "Événement HL7.", "HL7 event."),
        ("--kind", click.Choice(KINDS), None, "Nature de la ligne.", "Kind of line."),
        ("--sender", None, "MSH-3[/MSH-4]", "Émetteur.", "Sender."),
    ):
        command = click.option(name, type=kind, metavar=metavar, help=t(fr, en))(command)
    return click.option(
        "--answer",
        type=click.Choice(ANSWERS, case_sensitive=False),
        multiple=True,
        help=t(
            "Réponse envoyée (none : aucune) ; l’option peut être répétée.",
            "Answer sent (none: no answer); the option may be repeated.",
        ),
    )(command)


def wanted(given: dict[str, Any]) -> Filter:
    """The filter of the options of `selection`."""
    from ecluse.services.queries.journal import Filter

    answers = tuple("" if one == "none" else one for one in given["answer"])
    return Filter(
        sender=given["sender"],
        answer=answers or None,
        kind=given["kind"],
        event=given["event"],
        patient=given["patient"],
        since=_time("--since", given["since"]),
        until=_time("--until", given["until"]),
    )


def _time(option: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise CannotRun(
            f"{option} : « {text} » n’est pas un instant ISO 8601, par exemple 2026-03-02T08:30:00Z.",
            f"{option}: “{text}” is not an ISO 8601 time, for example 2026-03-02T08:30:00Z.",
        ) from None


@journal.command(
    "list",
    help=t("Lister les lignes, les plus récentes d’abord.", "List the lines, newest first."),
    epilog=options.examples(
        "ecluse journal list",
        "ecluse journal list --answer AE --since 2026-03-02",
        "ecluse journal list --sender GAM --format json",
    ),
)
@options.data
@options.output
@selection
@click.option(
    "--after", metavar="CURSOR", help=t("« next » de la page précédente.", "“next” of the page before.")
)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=50,
    show_default=True,
    help=t("Lignes par page.", "Lines per page."),
)
def list_(data: str | None, form: str, after: str | None, limit: int, **given: Any) -> None:
    """List lines."""
    if after is not None and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise CannotRun("--after : un curseur est un nombre.", "--after: a cursor is a number.")
    tools().read(data)
    label()

    from ecluse.services.queries.journal import page

    found = page(wanted(given), after, limit)
    if form == "json":
        output.document(found)
        return
    table = output.table(
        t("Ligne", "Line"), t("Heure (UTC)", "Time (UTC)"), t("Nature", "Kind"), t("Émetteur", "Sender"), "MSH-10",
        t("Événement", "Event"), t("Réponse", "Answer"),
    )  # fmt: skip
    for one in found.lines:
        sender = f"{one.sender.application} / {one.sender.facility}" if one.sender else ""
        answer = output.chip(one.answer or "", " ".join(filter(None, (one.answer, one.code))) or " ")
        table.add_row(
            str(one.seq), one.at, one.kind, output.printable(sender), output.printable(one.control_id),
            output.printable(one.event), answer,
        )  # fmt: skip
    output.console().print(table)
    if found.next is not None:
        output.note(t(f"Suite : --after {found.next}", f"More: --after {found.next}"))


@journal.command(
    help=t(
        "Montrer une ligne : message, constats, réponse, effets.",
        "Show one line: message, findings, answer, effects.",
    ),
    epilog=options.examples(
        "ecluse journal show 42",
        "ecluse journal show 42 --format json",
        "ecluse journal show 42 --raw > message.hl7",
    ),
)
@options.data
@options.output
@options.lang
@click.option(
    "--raw",
    is_flag=True,
    help=t("Seulement les octets reçus, tels quels.", "Only the bytes received, as they came."),
)
@click.argument("line", metavar="LINE", type=click.IntRange(min=1))
def show(data: str | None, form: str, lang: str, raw: bool, line: int) -> None:
    """Show one line."""
    tools().read(data)
    label()

    from ecluse.services.queries import journal as query

    if raw:
        received = query.received(line)
        if received is None:
            raise _no_bytes(line)
        output.write(received)
        return
    found = query.show(line)
    if found is None:
        raise _no_line(line, form)
    if form == "json":
        output.document(found)
        return
    from ecluse.delivery.cli.journal_view import print_line

    print_line(found, lang)


def _no_line(line: int, form: str | None) -> click.exceptions.Exit:
    if form == "json":
        output.document(None)
    output.note(
        t(
            f"Le journal n’a pas de ligne {line}.",
            f"The journal has no line {line}.",
        )
    )
    return click.exceptions.Exit(1)


def _no_bytes(line: int) -> click.exceptions.Exit:
    """Why there are no bytes to give: no such line, or they were purged."""
    from ecluse.services.queries.journal import show as shown

    found = shown(line)
    if found is None:
        return _no_line(line, None)
    from ecluse.delivery.cli.journal_view import purged_text

    output.note(
        t(f"Ligne {line} : {purged_text(found.purged)}.", f"Line {line}: {purged_text(found.purged)}.")
    )
    return click.exceptions.Exit(1)


@journal.command(
    short_help=t("Exporter des lignes complètes.", "Export complete lines."),
    help=t(
        "Exporter des lignes complètes. FILE.zip : journal.ndjson, messages/ et answers/ (octets exacts) ; "
        "« - » : une "
        "ligne JSON par ligne du journal sur la sortie standard. Ces fichiers contiennent des données de "
        "santé.",
        "Export complete lines. FILE.zip: journal.ndjson, messages/ and answers/ (exact bytes); “-”: one "
        "JSON line per "
        "journal line on stdout. These files hold health data.",
    ),
    epilog=options.examples(
        "ecluse journal export journal.zip", "ecluse journal export --answer AE - | head"
    ),
)
@options.data
@options.output
@selection
@click.argument("target", metavar="FILE.zip|-")
def export(data: str | None, form: str, target: str, **given: Any) -> None:
    """Export lines."""
    tools().read(data)
    label()

    from ecluse.delivery.cli.journal_export import export_zip, lines

    chosen = wanted(given)
    if target == "-":
        if form == "json":
            output.documents("lines", lines(chosen))
            return
        import msgspec

        for one in lines(chosen):
            output.write(msgspec.json.encode(one) + b"\n")
        return
    with output.progress(t("Export", "Exporting")) as tell:
        count = export_zip(Path(target), chosen, tell)
    if form == "json":
        output.document({"file": target, "lines": count})
    else:
        output.note(t(f"{count} ligne(s) dans {target}.", f"{count} line(s) in {target}."))
