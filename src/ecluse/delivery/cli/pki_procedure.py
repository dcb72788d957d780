"""`ecluse pki procedure`: the way of each establishment to its two certificates, step after step."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun, because
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.pki_procedure_view import show_next, show_people, show_steps, show_ways
from ecluse.delivery.cli.pki_shared import document, establishment, establishment_option, opened
from ecluse.delivery.cli.pki_steps import FORMS, do, keep, today, view
from ecluse.delivery.cli.tools import tools

if TYPE_CHECKING:
    pass


@click.group(
    short_help=t("Suivre les démarches.", "Follow the procedures."),
    help=t(
        "Les démarches d’un établissement vers ses certificats (contrat, cartes, mandataires, administrateurs "
        "techniques, commandes) : open, list, show, do, undo, people, document, close. Les autres commandes désignent "
        "une démarche par son identifiant (« list »).",
        "The procedures of an establishment towards its certificates (contract, cards, mandataires, technical "
        "administrators, orders): open, list, show, do, undo, people, document, close. The other commands name a "
        "procedure by its id (“list”).",
    ),
    epilog=options.examples(
        "ecluse pki procedure open --establishment 990000028",
        "ecluse pki procedure show proc_k3xample",
        "ecluse pki procedure do proc_k3xample contract_none",
    ),
)
def procedure() -> None:
    """Group of the commands on procedures."""


procedure.add_command(do)


@procedure.command(
    "open",
    short_help=t("Ouvrir une démarche.", "Open a procedure."),
    help=t(
        "Ouvrir la démarche d’un établissement ; une seule à la fois.",
        "Open the procedure of an establishment; one at a time.",
    ),
    epilog=options.examples("ecluse pki procedure open --establishment 990000028"),
)
@options.data
@options.output
@establishment_option
def open_(data: str | None, form: str, establishment: str | None) -> None:
    """Open a procedure."""
    opened(data)
    result = tools().act(data, "procedure.open", {"establishment": _place(establishment)})
    if form == "text" and result.done:
        output.say(result.data["id"])
    output.act(result, form, id=result.data.get("id"))


def _place(given: str | None) -> int:
    return establishment(given)


@procedure.command(
    "list",
    short_help=t("Lister les démarches.", "List the procedures."),
    help=t(
        "Lister les démarches : état, certificats, prochaine action de chacune.",
        "List the procedures: state, certificates, next action of each.",
    ),
    epilog=options.examples("ecluse pki procedure list", "ecluse pki procedure list --closed --format json"),
)
@options.data
@options.output
@click.option(
    "--closed", is_flag=True, help=t("Aussi celles qui sont fermées.", "Also those that are closed.")
)
def list_(data: str | None, form: str, closed: bool) -> None:
    """List procedures."""
    opened(data)

    from ecluse.services.queries.certificates_ways import procedures

    found = procedures(today(), closed=closed)
    if form == "json":
        document(procedures=found)
    else:
        show_ways(found)


@procedure.command(
    short_help=t("Montrer une démarche.", "Show a procedure."),
    help=t(
        "Montrer une démarche : ce qui est fait, ce qui peut l’être maintenant, qui agit, par quel formulaire, les "
        "textes à recopier, à qui écrire.",
        "Show a procedure: what is done, what may be done now, who acts, by which form, the wordings to copy, whom to "
        "write to.",
    ),
    epilog=options.examples("ecluse pki procedure show proc_k3xample"),
)
@options.data
@options.output
@click.argument("id_", metavar="ID")
def show(data: str | None, form: str, id_: str) -> None:
    """Show a procedure."""
    opened(data)
    found = view(id_)
    if form == "json":
        document(procedure=found.document, steps=found.steps, documents=found.documents)
        return
    show_ways((found.document,))
    show_steps(found)
    show_next(found.document.next)


@procedure.command(
    short_help=t("Retirer la dernière étape.", "Take the last step back."),
    help=t(
        "Retirer la dernière étape, notée par erreur ; le journal garde les deux.",
        "Take back the last step, recorded by mistake; the journal keeps both.",
    ),
    epilog=options.examples("ecluse pki procedure undo proc_k3xample"),
)
@options.data
@options.output
@click.argument("id_", metavar="ID")
def undo(data: str | None, form: str, id_: str) -> None:
    """Take the last step back."""
    opened(data)
    revision = view(id_).document.revision
    output.act(tools().act(data, "procedure.undo", {"procedure": id_, "revision": revision}), form)


@procedure.command(
    short_help=t("Fermer une démarche.", "Close a procedure."),
    help=t(
        "Ne plus suivre une démarche ; elle est gardée comme elle est.",
        "Stop following a procedure; it is kept as it is.",
    ),
    epilog=options.examples("ecluse pki procedure close proc_k3xample"),
)
@options.data
@options.output
@click.argument("id_", metavar="ID")
def close(data: str | None, form: str, id_: str) -> None:
    """Close a procedure."""
    opened(data)
    output.act(tools().act(data, "procedure.close", {"procedure": id_}), form)


@procedure.command(
    short_help=t("Montrer les personnes.", "Show the people."),
    help=t(
        "Montrer les personnes d’une démarche : représentant légal, mandataires, administrateurs techniques, et leurs "
        "cartes.",
        "Show the people of a procedure: legal representative, mandataires, technical administrators, and their cards.",
    ),
    epilog=options.examples("ecluse pki procedure people proc_k3xample"),
)
@options.data
@options.output
@click.argument("id_", metavar="ID")
def people(data: str | None, form: str, id_: str) -> None:
    """Show the people."""
    opened(data)
    found = view(id_).document.people
    if form == "json":
        document(people=found)
    else:
        show_people(found, today())


@procedure.command(
    "document",
    short_help=t("Joindre ou relire un document.", "Attach or read a document."),
    help=t(
        "Joindre un document (PDF signé, courrier) à une démarche ; --get SHA256 --out FICHIER l’écrit de nouveau ; "
        "sans fichier, lister ceux qui y sont.",
        "Attach a document (signed PDF, letter) to a procedure; --get SHA256 --out FILE writes it again; without a "
        "file, list those that are there.",
    ),
    epilog=options.examples(
        "ecluse pki procedure document proc_k3xample 413-signe.pdf --form 413",
        "ecluse pki procedure document proc_k3xample",
        "ecluse pki procedure document proc_k3xample --get 3f9a51c2… --out 413.pdf",
    ),
)
@options.data
@options.output
@click.option("--form", "kind", type=click.Choice(FORMS), help=t("Quel formulaire.", "Which form."))
@click.option("--get", metavar="SHA256", help=t("Document à relire.", "Document to read."))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help=t("Fichier à écrire.", "File to write.")
)
@click.argument("id_", metavar="ID")
@click.argument("file", required=False)
def document_(
    data: str | None, form: str, kind: str | None, get: str | None, out: Path | None, id_: str, file: str | None
) -> None:  # fmt: skip
    """Attach, list or read documents."""
    opened(data)
    if file:
        digest = keep(data, id_, kind or "", file, None)
        if form == "json":
            output.document({"sha256": digest})
        else:
            output.note(t(f"Document joint : {digest}", f"Document attached: {digest}"))
        return
    found = view(id_).documents
    if get:
        _write(data, [one.sha256 for one in found if one.sha256.startswith(get)], out)
    elif form == "json":
        document(documents=found)
    else:
        for one in found:
            output.say(
                f"{one.sha256}  {one.on or one.added[:10]}  {one.form or '—'}  {one.name}  ({one.size})"
            )


def _write(data: str | None, found: list[str], out: Path | None) -> None:
    """Write a document to a file that does not exist yet."""
    from ecluse.services.certificates.documents import read_document

    content = read_document(tools().read(data).data, found[0]) if len(set(found)) == 1 else None
    if content is None or out is None:
        raise CannotRun(
            "ce document n’est pas là, ou --out manque.", "this document is not there, or --out is missing."
        )
    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(content)
    except OSError as error:
        raise CannotRun(
            f"{out} ne peut pas être écrit ({because(error)}).",
            f"{out} cannot be written ({because(error)}).",
        ) from None
