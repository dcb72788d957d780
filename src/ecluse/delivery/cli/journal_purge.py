"""`ecluse journal purge`: remove the bytes that are kept no longer; what they were stays proved."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.asking import confirm
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import Gateway, tools

if TYPE_CHECKING:
    from ecluse.services.purge_journal import Purgeable, Purged, Wish

CATEGORIES = ("messages", "unreadable")


@click.command(
    short_help=t("Purger les octets trop anciens.", "Purge the bytes that are too old."),
    help=t(
        "Purger les octets trop anciens : messages reçus, acquittements et constats (messages), ou ce qui n’est pas un "
        "message (unreadable). Les lignes du journal, leurs empreintes et les identités restent. Un point de contrôle "
        "signé est d’abord écrit ; chaque lot est un acte du journal. La passerelle peut rester en marche. Sans date "
        "ni durée : ce que demandent les réglages [retention]. Les sauvegardes déjà faites gardent ces octets.",
        "Purge the bytes that are too old: messages received, acknowledgements and findings (messages), or what is not "
        "a message (unreadable). Journal lines, their digests and the identities stay. A signed checkpoint is written "
        "first; each batch is an act of the journal. The gateway may stay up. Without date or duration: what the "
        "settings [retention] ask. Backups already made keep these bytes.",
    ),
    epilog=options.examples(
        "ecluse journal purge --older-than 365 --dry-run",
        "ecluse journal purge --older-than 365 --category messages --yes",
        "ecluse journal purge --before 2026-01-01 --yes --format json",
    ),
)
@options.data
@options.output
@click.option(
    "--before",
    metavar="DATE",
    help=t(
        "Purger ce qui est venu avant cet instant (ISO 8601, UTC à défaut de zone).",
        "Purge what came before that time (ISO 8601, UTC without zone).",
    ),
)
@click.option(
    "--older-than",
    metavar="DAYS",
    type=click.IntRange(0, 36_500),
    help=t(
        "Purger ce qui a plus de tant de jours entiers (UTC).",
        "Purge what is older than that many whole days (UTC).",
    ),
)
@click.option(
    "--category",
    type=click.Choice(CATEGORIES),
    help=t("Seulement cette catégorie (à défaut : les deux).", "Only that category (default: both)."),
)
@click.option("--dry-run", is_flag=True, help=t("Compter sans rien purger.", "Count, purge nothing."))
@click.option("--yes", is_flag=True, help=t("Ne pas demander de confirmation.", "Ask for no confirmation."))
def purge(
    data: str | None,
    form: str,
    before: str | None,
    older_than: int | None,
    category: str | None,
    dry_run: bool,
    yes: bool,
) -> None:
    """Purge bytes."""
    if before is not None and older_than is not None:
        raise click.UsageError(
            t(
                "--before et --older-than ne vont pas ensemble.",
                "--before and --older-than do not go together.",
            )
        )
    gateway = tools().read(data)
    wishes = [
        one for one in _wishes(gateway, before, older_than) if category is None or one.category == category
    ]

    from ecluse.services.purge_journal import purgeable

    found = [purgeable(one) for one in wishes]
    if form == "text":
        _print_purgeable(found)
    if dry_run:
        if form == "json":
            output.document({"dry_run": True, "categories": found})
        return
    if not any(one.lines for one in found):
        if form == "json":
            output.document({"dry_run": False, "checkpoint": None, "categories": []})
        return
    if not yes:
        confirm("Une purge ne se défait pas. Purger ?", "A purge cannot be undone. Purge?")
    _purge(data, form, gateway, wishes, sum(one.lines for one in found))


def _wishes(gateway: Gateway, before: str | None, older_than: int | None) -> tuple[Wish, ...]:
    from ecluse.services.purge_journal import Wish
    from ecluse.services.purge_journal import older_than as days_ago
    from ecluse.services.queries.presentation import microseconds

    now = tools().clock()
    if before is not None:
        try:
            moment = microseconds(datetime.fromisoformat(before))
        except ValueError:
            raise CannotRun(
                f"--before : « {before} » n’est pas un instant ISO 8601, par exemple 2026-01-31.",
                f"--before: “{before}” is not an ISO 8601 time, for example 2026-01-31.",
            ) from None
    elif older_than is not None:
        moment = days_ago(older_than, now)
    else:
        wishes = tools().retention(gateway).wishes(now)
        if not wishes:
            raise CannotRun(
                "aucune durée de conservation n’est réglée : donnez --before DATE ou --older-than JOURS, ou écrivez "
                "une durée dans [retention] d’ecluse.toml.",
                "no retention is set: give --before DATE or --older-than DAYS, or write a duration in [retention] of "
                "ecluse.toml.",
            )
        return wishes
    if moment > now:
        raise CannotRun("--before : cette date est à venir.", "--before: that date is to come.")
    return tuple(Wish(one, moment) for one in CATEGORIES)


def _print_purgeable(found: list[Purgeable]) -> None:
    table = output.table(
        t("Catégorie", "Category"), t("Avant (UTC)", "Before (UTC)"), t("Lignes", "Lines"), t("Octets", "Bytes"),
        t("De la ligne", "From line"), t("À la ligne", "To line"),
    )  # fmt: skip
    for one in found:
        table.add_row(
            one.category,
            one.before,
            str(one.lines),
            str(one.bytes),
            str(one.first or "–"),
            str(one.last or "–"),
        )
    output.console().print(table)


def _purge(data: str | None, form: str, gateway: Gateway, wishes: list[Wish], total: int) -> None:
    from ecluse.services.purge_journal import purge_all

    with tools().acting(data) as perform, output.progress(t("Purge", "Purging")) as tell:
        file, done = purge_all(
            wishes,
            (gateway.data, tools().secrets(gateway)),
            perform,
            tools().clock(),
            progress=lambda lines: tell(lines, total),
        )
    if form == "json":
        output.document(
            {"dry_run": False, "checkpoint": str(file), "categories": [_document(one) for one in done]}
        )
    else:
        output.note(t(f"Point de contrôle : {file}", f"Checkpoint: {file}"))
        for one in done:
            _print_purged(one)
    raise click.exceptions.Exit(1 if any(one.refused or one.damaged for one in done) else 0)


def _document(one: Purged) -> dict[str, object]:
    return {
        "category": one.category,
        "before": one.before,
        "lines": one.lines,
        "bytes": one.bytes,
        "acts": one.acts,
        "damaged": one.damaged,
        "refused": one.refused and t(*one.refused),
    }


def _print_purged(one: Purged) -> None:
    output.note(
        t(
            f"{one.category} : {one.lines} ligne(s) purgée(s), {one.bytes} octet(s), {len(one.acts)} acte(s).",
            f"{one.category}: {one.lines} line(s) purged, {one.bytes} byte(s), {len(one.acts)} act(s).",
        )
    )
    if one.damaged:
        lines = ", ".join(map(str, one.damaged[:20]))
        output.note(
            t(
                f"Laissées, car elles ne sont plus ce qui a été enregistré : {lines}. Voyez « ecluse journal verify ».",
                f"Left, because they are no longer what was kept: {lines}. See “ecluse journal verify”.",
            )
        )
    if one.refused is not None:
        output.note(t(*one.refused))
