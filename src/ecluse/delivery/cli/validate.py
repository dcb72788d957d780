"""`ecluse validate`: check one message against PAM France, without a gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

import click

from ecluse.delivery.cli import files, options, output
from ecluse.delivery.cli.errors import CannotRun, unreadable
from ecluse.delivery.cli.language import Language, t
from ecluse.delivery.cli.tools import tools

if TYPE_CHECKING:
    from ecluse.protocols.pam.report import Report


@click.command(
    help=t(
        "Vérifier un message HL7 selon IHE PAM France. FILE : un message, encadré par MLLP ou non ; « - » : "
        "l’entrée "
        "standard. Code de sortie : 0 conforme, 1 au moins un constat d’erreur, 2 illisible.",
        "Check an HL7 message against IHE PAM France. FILE: one message, framed by MLLP or not; “-”: "
        "standard input. "
        "Exit code: 0 conforming, 1 findings of severity error, 2 unreadable.",
    ),
    epilog=options.examples(
        "ecluse validate message.hl7",
        "ecluse validate --profile 2.10 --format json message.hl7",
        "cat message.hl7 | ecluse validate --lang fr -",
    ),
)
@options.data
@options.output
@options.lang
@click.option(
    "--profile",
    metavar="R",
    help=t(
        "Version du profil, par exemple 2.10 (à défaut : celle qu’annonce MSH-12).",
        "Release of the profile, for example 2.10 (default: the one that MSH-12 declares).",
    ),
)
@click.option(
    "--env",
    type=click.Choice(["test", "production"]),
    help=t(
        "Environnement national (à défaut : celui des réglages du dossier de données, sinon test).",
        "National environment (default: that of the settings of the data folder, else test).",
    ),
)
@click.argument("file", metavar="FILE|-")
def validate(data: str | None, form: str, lang: str, profile: str | None, env: str | None, file: str) -> None:
    """Check one message."""
    from ecluse.protocols import pam
    from ecluse.protocols.hl7 import Hl7Error, Message

    found = files.messages(files.read(file))
    if len(found) > 1:
        raise CannotRun(
            f"{files.shown(file)} contient {len(found)} messages : vérifiez-les un par fichier.",
            f"{files.shown(file)} holds {len(found)} messages: check them one per file.",
        )
    try:
        message = Message.parse(found[0])
    except Hl7Error as error:
        raise CannotRun(
            f"{files.shown(file)} n’est pas un message HL7 v2 lisible : {unreadable(error)}.",
            f"{files.shown(file)} is not a readable HL7 v2 message: {error}.",
        ) from error
    environment = cast(Literal["test", "production"], env or tools().settings(data).environment)
    report = pam.validate(message, _release(profile), environment=environment)
    language: Language = "fr" if lang == "fr" else "en"
    if form == "json":
        output.document(_document(report, language))
    else:
        _print(report, language, files.shown(file))
    raise click.exceptions.Exit(0 if report.conforming else 1)


def _release(profile: str | None) -> str | None:
    from ecluse.protocols.pam.profile import release_key, releases

    if profile is not None and not release_key(profile):
        known = ", ".join(releases())
        raise CannotRun(
            f"--profile : « {profile} » n’est pas une version du profil ; connues : {known}.",
            f"--profile: “{profile}” is not a release of the profile; known: {known}.",
        )
    return profile


def _document(report: Report, language: Language) -> dict[str, object]:
    from ecluse.services.rulebook import describe, rules

    return {
        "conforming": report.conforming,
        "event": report.event,
        "profile": report.profile,
        "findings": [
            {
                "rule": one.rule,
                "severity": one.severity,
                "location": one.location,
                "text": describe(one, language),
                "source": rules()[one.rule].source,
            }
            for one in report.findings
        ],
    }


def _print(report: Report, language: Language, file: str) -> None:
    from rich.text import Text

    from ecluse.services.rulebook import describe, rules

    errors = sum(one.severity == "error" for one in report.findings)
    console = output.console()
    if report.findings:
        table = output.table(
            t("Gravité", "Severity"),
            t("Emplacement", "Location"),
            t("Constat", "Finding"),
            t("Règle", "Rule"),
            "Source",
        )
        for column, width in ((0, 8), (1, 12), (3, 17)):
            table.columns[column].min_width = width
        for one in report.findings:
            table.add_row(
                output.severity(one.severity),
                output.printable(one.location),
                output.printable(describe(one, language)),
                one.rule,
                Text(rules()[one.rule].source, "dim"),
            )
        console.print(table)
    what = f"{report.event or '?'} · PAM France {report.profile}"
    others = len(report.findings) - errors
    if report.conforming:
        verdict = t(
            f"Conforme : {file} ({what}), {others} remarque(s).",
            f"Conforming: {file} ({what}), {others} remark(s).",
        )
    else:
        verdict = t(
            f"Non conforme : {file} ({what}), {errors} erreur(s), {others} remarque(s).",
            f"Not conforming: {file} ({what}), {errors} error(s), {others} remark(s).",
        )
    console.print(Text(output.printable(verdict), "bold green" if report.conforming else "bold red"))
    if report.unchecked:
        output.note(
            t(
                "Les différences propres à la version annoncée ne sont pas connues : vérifié selon "
                f"{report.profile}.",
                f"The differences of the declared release are not known: checked against {report.profile}.",
            )
        )
