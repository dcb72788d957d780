"""`ecluse access`: the access trail, who was shown which patient."""

from __future__ import annotations

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import tools


@click.group(
    short_help=t("Lire la trace des accès.", "Read the access trail."),
    help=t(
        "Lire la trace des accès aux données des patients : list.",
        "Read the trail of accesses to patients’ data: list.",
    ),
    epilog=options.examples("ecluse access list --patient ID", "ecluse access list --token 7op3kpdcpb"),
)
def access() -> None:
    """Group of the commands on the access trail."""


@access.command(
    "list",
    help=t(
        "Lister qui a trouvé ou lu quel patient, pour qui et quand, le plus récent d’abord.",
        "List who found or read which patient, for whom and when, the newest first.",
    ),
    epilog=options.examples(
        "ecluse access list --limit 20",
        "ecluse access list --patient ID --format json",
        "ecluse access list --token 7op3kpdcpb --after CURSOR",
    ),
)
@options.data
@options.output
@click.option(
    "--patient", metavar="ID", help=t("Identifiant interne du patient.", "Internal id of the patient.")
)
@click.option("--token", metavar="ID", help=t("Identifiant du jeton.", "Id of the token."))
@click.option(
    "--after", metavar="CURSOR", help=t("« next » de la page précédente.", "“next” of the page before.")
)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help=t("Lignes par page.", "Lines per page."),
)
def list_(
    data: str | None, form: str, patient: str | None, token: str | None, after: str | None, limit: int
) -> None:
    """List the access trail."""
    if after is not None and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise click.BadParameter(
            t("--after : ce n’est pas un curseur de cette liste.", "--after: not a cursor of this list.")
        )
    tools().read(data)

    from ecluse.services.queries.access import trail

    caller = None if token is None else f"token:{token.removeprefix('token:')}"
    page = trail(patient=patient, caller=caller, after=after, limit=limit)
    if form == "json":
        output.document(page)
        return
    table = output.table(
        t("Quand", "When"), t("Qui", "Who"), t("Nom", "Name"), t("Pour", "For"), t("Acte", "Action"),
        "Patient", t("Précision", "Detail"),
    )  # fmt: skip
    for one in page.lines:
        table.add_row(
            one.at, one.caller, output.printable(one.name), output.printable(one.on_behalf_of or ""),
            one.action, one.patient or t("(personne)", "(nobody)"), output.printable(one.detail),
        )  # fmt: skip
    output.console().print(table)
    if page.next is not None:
        output.note(t(f"Suite : --after {page.next}", f"More: --after {page.next}"))
