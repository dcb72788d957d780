"""`ecluse pki check` and `alerts`: what a supervision asks, and what people are told before an end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import language, t
from ecluse.delivery.cli.pki_shared import asking, document, opened
from ecluse.delivery.cli.pki_view import show_line
from ecluse.delivery.cli.tools import tools

if TYPE_CHECKING:
    from ecluse.services.certificates.settings import CertificateSettings

_LEVELS = {"ok": "ok", "warning": "warning", "critical": "error"}


@click.command(
    short_help=t("Sonder les certificats.", "Probe the certificates."),
    help=t(
        "Sonder les certificats, pour une supervision : une ligne par problème, avec ce qu’il faut faire. Rien n’est "
        "demandé au réseau, sauf avec --online (listes de révocation téléchargées, certificats réexaminés, points "
        "d’écoute interrogés). Code de sortie : 0 tout va bien, 1 un avertissement ou un problème critique, 2 "
        "impossible.",
        "Probe the certificates, for a supervision: one line per trouble, with what to do. No network is asked, unless "
        "--online (lists of revocation fetched, certificates examined again, listeners asked). Exit code: 0 all is "
        "well, 1 a warning or something critical, 2 could not run.",
    ),
    epilog=options.examples(
        "ecluse pki check",
        "ecluse pki check --warn 60 --critical 15",
        "ecluse pki check --online --format json",
    ),
)
@options.data
@options.output
@click.option(
    "--warn",
    type=click.IntRange(0, 1095),
    default=30,
    show_default=True,
    metavar="DAYS",
    help=t("Jours restants d’un avertissement.", "Days left of a warning."),
)
@click.option(
    "--critical",
    type=click.IntRange(0, 1095),
    default=7,
    show_default=True,
    metavar="DAYS",
    help=t("Jours restants d’un problème critique.", "Days left of something critical."),
)
@click.option("--online", is_flag=True, help=t("Demander d’abord au réseau.", "Ask the network first."))
def check(data: str | None, form: str, warn: int, critical: int, online: bool) -> None:
    """Probe the certificates."""
    if critical > warn:
        raise CannotRun("--critical dépasse --warn.", "--critical is larger than --warn.")
    settings = opened(data)

    from ecluse.services.queries.certificate_cli import probe

    if online:
        _look_again(data, settings)
    live = tools().served(data) if online else ()
    found = probe(settings, tools().clock(), warn, critical, live)
    troubles = [one for one in found.items if one.level != "ok"]
    if form == "json":
        document(level=found.level, troubles=len(troubles), items=found.items)
    else:
        for one in troubles:
            show_line(_LEVELS[one.level], one.text_fr, one.text_en, one.mend_fr, one.mend_en)
        if not troubles:
            count = len(found.items)
            show_line("ok", f"Rien à signaler ({count} contrôles).", f"Nothing to tell ({count} checks).")
    raise click.exceptions.Exit(1 if troubles else 0)


def _look_again(data: str | None, settings: CertificateSettings) -> None:
    """Fetch the lists, then examine the certificates: one that its authority revoked leaves its slots."""
    from ecluse.services.certificates.crls import refresh
    from ecluse.services.certificates.standing import examine

    refresh(settings, tools().clock(), force=True)
    with asking(data) as ask:
        examine(settings, ask, tools().clock(), force=True)


@click.command(
    short_help=t("Lister les alarmes.", "List the alarms."),
    help=t(
        "Lister les alarmes dont personne ne s’est occupé : échéances de certificats, de cartes, d’autorités, listes "
        "de révocation, boîtes qui refusent le courrier. --seen : dire que l’une est traitée. --ics : écrire le "
        "calendrier des échéances (RFC 5545 ; « - » : la sortie standard). Code de sortie : 1 s’il y en a.",
        "List the alarms that nobody dealt with: ends of certificates, cards, authorities, lists of revocation, "
        "mailboxes that refuse. --seen: say that one was dealt with. --ics: write the calendar of ends (RFC 5545; “-”: "
        "standard output). Exit code: 1 when there are some.",
    ),
    epilog=options.examples(
        "ecluse pki alerts", "ecluse pki alerts --seen 12", "ecluse pki alerts --ics echeances.ics"
    ),
)
@options.data
@options.output
@click.option(
    "--seen", type=click.IntRange(1), metavar="NUMBER", help=t("Alarme traitée.", "Alarm dealt with.")
)
@click.option("--ics", metavar="FILE", help=t("Calendrier à écrire.", "Calendar to write."))
def alerts(data: str | None, form: str, seen: int | None, ics: str | None) -> None:
    """List alarms."""
    settings = opened(data)
    if seen is not None:
        output.act(tools().act(data, "alarm.see", {"alarm": seen}), form)
    if ics:
        _calendar(settings, ics)
        return

    from ecluse.services.queries.certificates_watch import alarms

    found = alarms()
    if form == "json":
        document(alerts=found)
    else:
        for one in found:
            level = {"critical": "error", "warning": "warning"}.get(one.level, "info")
            show_line(
                level, f"{one.id}  {one.at[:10]}  {one.text_fr}", f"{one.id}  {one.at[:10]}  {one.text_en}"
            )
    if found:
        raise click.exceptions.Exit(1)


def _calendar(settings: CertificateSettings, place: str) -> None:
    from ecluse.services.certificates.ics import calendar_feed

    content = calendar_feed(settings, tools().clock(), language()).encode("utf-8")
    if place == "-":
        output.write(content)
    else:
        Path(place).write_bytes(content)
