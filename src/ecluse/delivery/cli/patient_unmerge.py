"""`ecluse patients unmerge`: an operator undoes a wrong merge."""

from __future__ import annotations

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import tools


@click.command(
    short_help=t("Défaire une fusion erronée.", "Undo a wrong merge."),
    help=t(
        "Défaire une fusion erronée : l’identité absorbée revit telle que ses messages l’ont laissée, l’autre reste"
        " telle qu’elle est. ID : identifiant interne de celle qui a été absorbée (merged_into le montre). La raison"
        " reste dans l’historique, les abonnés sont prévenus.",
        "Undo a wrong merge: the absorbed identity lives again as its messages left it, the other one stays as it is."
        " ID: internal id of the one that was absorbed (“patients show” names its survivor in merged_into). The"
        " reason stays in the history, subscribers are told.",
    ),
    epilog=options.examples(
        "ecluse patients list --identifier 7712345",
        "ecluse patients unmerge 00065c1e9a4f30b7d2c81e0001 --reason 'deux jumeaux confondus, dossier IDV 2026-118'",
    ),
)
@options.data
@options.output
@click.option(
    "--reason", required=True, metavar="TEXT", help=t("Pourquoi, pour l’historique.", "Why, for the history.")
)
@click.argument("patient", metavar="ID")
def unmerge(data: str | None, form: str, reason: str, patient: str) -> None:
    """Undo a merge."""
    tools().read(data)
    result = tools().act(data, "patient.unmerge", {"patient": patient, "reason": reason})
    if form == "json":
        output.document({"done": result.done, "seq": result.seq or None, **result.data})
    output.note(t(result.text_fr, result.text_en))
    if not result.done:
        raise click.exceptions.Exit(1)
