"""`ecluse subscriber shared`: with whom a patient was shared, and who received an INS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import tools

if TYPE_CHECKING:
    from ecluse.services.queries.subscribers import SharedWith


@click.command(
    short_help=t("Avec qui un patient a été partagé.", "With whom a patient was shared."),
    help=t(
        "Dire à quels abonnés un patient a été transmis, et à qui avec son INS : ceux à prévenir quand un INS se révèle"
        " faux. PATIENT_ID : identifiant interne. Code de sortie 1 : rien n’a été transmis.",
        "Tell which subscribers were told of a patient, and who got the INS: those to warn when an INS proves wrong."
        " PATIENT_ID: internal identifier. Exit code 1: nothing was delivered.",
    ),
    epilog=options.examples(
        "ecluse subscriber shared 00065c1e9a4f30b7d2c81e0001",
        "ecluse subscriber shared 00065c1e9a4f30b7d2c81e0001 --format json",
    ),
)
@options.data
@options.output
@click.argument("patient_id")
def shared(data: str | None, form: str, patient_id: str) -> None:
    """Show with whom a patient was shared."""
    tools().read(data)

    from ecluse.services.queries.subscribers import shared_with

    everybody = shared_with(patient_id)
    if form == "json":
        output.document({"patient": patient_id, "with": everybody})
    elif everybody:
        _print_everybody(everybody)
    else:
        output.note(
            t("Rien n’a été transmis au sujet de ce patient.", "Nothing was delivered about this patient.")
        )
    if not everybody:
        raise click.exceptions.Exit(1)


def _print_everybody(found: Sequence[SharedWith]) -> None:
    table = output.table(
        t("Abonné", "Subscriber"), t("Envois", "Deliveries"), t("Avec l’INS", "With the INS"),
        t("Dernier avec l’INS", "Last with the INS"), t("INS retenu", "INS withheld"),
        t("Abandonnés", "Given up"), t("Premier", "First"),
        t("Dernier", "Last"),
    )  # fmt: skip
    for one in found:
        table.add_row(
            output.printable(one.subscriber), str(one.deliveries), str(one.ins_sent), one.last_ins or "",
            str(one.withheld), str(one.given_up), one.first, one.last,
        )  # fmt: skip
    output.console().print(table)
