"""`ecluse events`: the event feed, as its readers outside receive it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.simulation import label
from ecluse.delivery.cli.tools import tools
from ecluse.protocols import cloudevents

if TYPE_CHECKING:
    from ecluse.services.queries.events import EventFeed, EventPage

TYPES = tuple(dict.fromkeys(name.rpartition(".v")[0] for name in cloudevents.schemas()))
_PATIENCE = 60.0
"""Seconds of one wait of `--follow`; it waits again and again."""


@click.group(
    short_help=t("Lire le flux d’événements.", "Read the event feed."),
    help=t(
        "Lire le flux d’événements (patients, séjours, consentements) : list.",
        "Read the event feed (patients, stays, consents): list.",
    ),
    epilog=options.examples("ecluse events list", "ecluse events list --follow"),
)
def events() -> None:
    """Group of the commands on events."""


@events.command(
    "list",
    help=t(
        "Lister les événements qui suivent un curseur, les plus anciens d’abord. Avec --follow, attendre ensuite ceux "
        "qui viennent ; en JSON, il y en a alors un par ligne.",
        "List the events after a cursor, oldest first. With --follow, then wait for those to come; in JSON, one per "
        "line.",
    ),
    epilog=options.examples(
        "ecluse events list --limit 20",
        "ecluse events list --type patient.merged --type patient.unmerged --format json",
        "ecluse events list --after 5f0c2a9b71de-42 --follow",
    ),
)
@options.data
@options.output
@click.option(
    "--after",
    metavar="CURSOR",
    default="",
    help=t("Curseur (à défaut : le plus ancien conservé).", "Cursor (default: the oldest kept)."),
)
@click.option(
    "--type",
    "types",
    metavar="TYPE",
    type=click.Choice(TYPES),
    multiple=True,
    help=t(
        "Seulement ce type, par exemple patient.merged ; l’option peut être répétée.",
        "Only that type, for example patient.merged; the option may be repeated.",
    ),
)
@click.option(
    "--limit",
    type=click.IntRange(1, 1000),
    default=100,
    show_default=True,
    help=t("Nombre d’événements au plus (sans --follow).", "Events at most (without --follow)."),
)
@click.option("--follow", is_flag=True, help=t("Attendre les suivants.", "Wait for the next ones."))
def list_(data: str | None, form: str, after: str, types: tuple[str, ...], limit: int, follow: bool) -> None:
    """List events."""
    tools().read(data)
    label()

    from ecluse.services.queries.event_cursors import CursorRefused
    from ecluse.services.queries.events import EventFeed

    feed = EventFeed()
    try:
        if follow:
            _follow(feed, form, after, types, limit)
        else:
            _list(feed, form, after, types, limit)
    except CursorRefused as refused:
        resume_fr = f" Curseur : {refused.resume}" if refused.resume else ""
        resume_en = f" Cursor: {refused.resume}" if refused.resume else ""
        raise CannotRun(refused.text_fr + resume_fr, refused.text_en + resume_en) from None


def _pages(feed: EventFeed, after: str, types: tuple[str, ...], limit: int) -> Iterator[EventPage]:
    """Pages until the end of what there is, or until `limit` events were seen."""
    left = limit
    while True:
        page = feed.after(after, left, types=frozenset(types) or None)
        yield page
        after, left = page.next, left - len(page.events)
        if not page.more or not left:
            return


def _list(feed: EventFeed, form: str, after: str, types: tuple[str, ...], limit: int) -> None:
    pages = list(_pages(feed, after, types, limit))
    found = [one for page in pages for one in page.events]
    if form == "json":
        told = [cloudevents.attributes(feed.cloud_event(one)) for one in found]
        output.document({"events": told, "next": pages[-1].next})
        return
    table = output.table(
        t("Curseur", "Cursor"), t("Heure", "Time"), "Type", "Patient", t("N°", "No."), t("Autre", "Other"),
        t("Contenu", "Content"),
    )  # fmt: skip
    for one in found:
        table.add_row(
            one.cursor, one.at, one.type, one.patient, str(one.version), one.other, _content(one.data)
        )
    output.console().print(table)
    if pages[-1].more:
        output.note(t(f"Suite : --after {pages[-1].next}", f"More: --after {pages[-1].next}"))


def _follow(feed: EventFeed, form: str, after: str, types: tuple[str, ...], limit: int) -> None:
    after = after or feed.start()
    while True:
        page = feed.after(after, limit, types=frozenset(types) or None)
        for one in page.events:
            if form == "json":
                click.echo(cloudevents.structured(feed.cloud_event(one)))
            else:
                output.say(
                    f"{one.at}  {one.type}  {one.patient}  {one.version}  {_content(one.data)}".rstrip()
                )
        after = page.next
        if not page.more:
            feed.wait(after, _PATIENCE)


def _content(data: dict[str, object]) -> str:
    """Minimal content on one line."""
    shown = (", ".join(map(str, value)) if isinstance(value, list) else value for value in data.values())
    return output.printable(
        "  ".join(f"{name}={value}" for name, value in zip(data, shown, strict=True) if value is not None)
    )
