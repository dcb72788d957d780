"""The rights of a person on the command line: everything kept on them, and notes of rectification."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun, because
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.patient_chosen import chosen_id
from ecluse.delivery.cli.tools import tools


@click.command(
    short_help=t("Tout ce qui est gardé sur une personne.", "Everything kept on a person."),
    help=t(
        "Tout ce qui est gardé sur une personne, en un document JSON (droit d’accès, RGPD, article 15) : identités "
        "fusionnées comprises, événements, messages avec leurs octets s’ils sont encore gardés, émetteurs, accès, "
        "partages. L’export est noté dans la trace des accès. ID : identifiant interne ou local. Rien n’y est "
        "masqué : un message de fusion ou de lien peut aussi nommer une autre personne, relisez avant de remettre.",
        "Everything kept on a person, as one JSON document (right of access, GDPR article 15): merged identities "
        "included, events, messages with their bytes when still kept, senders, accesses, sharing. The export is "
        "written to the access trail. ID: internal or local identifier. Nothing is masked in it: a message that "
        "merges or links may name somebody else too, read it again before you hand it over.",
    ),
    epilog=options.examples(
        "ecluse patients dossier 7712345 --output dossier.json", "ecluse patients dossier 7712345 | less"
    ),
)
@options.data
@click.option(
    "--authority",
    metavar="NAME|OID",
    help=t("Autorité d’affectation de l’identifiant.", "Assigning authority of the identifier."),
)
@click.option(
    "--output",
    "target",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help=t("Fichier à écrire, lisible de vous seul.", "File to write, readable by you alone."),
)
@click.argument("patient", metavar="ID")
def dossier(data: str | None, authority: str | None, target: Path | None, patient: str) -> None:
    """Export everything kept on a person."""
    chosen = chosen_id(data, patient, authority)
    # Before anything is shown: no trail, no dossier.
    noted = tools().act(data, "patient.dossier", {"patient": chosen})
    if not noted.done:
        output.note(t(noted.text_fr, noted.text_en))
        raise click.exceptions.Exit(1)

    from ecluse.services.person_export import person_export

    found = person_export(chosen, tools().clock())
    content = msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n"
    output.note(
        t(
            "Attention : ce document donne des données de santé et des matricules sans masque.",
            "Beware: this document holds health data and matricules, unmasked.",
        )
    )
    if target is None:
        output.write(content)
        return
    _write(target, content)
    output.note(t(f"Écrit dans {target}.", f"Written to {target}."))


@click.command(
    short_help=t("Noter une rectification.", "Note a rectification."),
    help=t(
        "Inscrire une note dans l’historique d’un patient : rectification demandée, faite ou refusée (RGPD, "
        "article 16). Le texte est lu sur l’entrée standard. L’identité n’est pas changée : c’est l’émetteur qui la "
        "corrige. La note est un acte du journal et ne s’efface pas.",
        "Write a note into the history of a patient: a rectification asked for, done or refused (GDPR, article 16). "
        "The text is read from standard input. The identity is not changed: its sender corrects it. The note is an act "
        "of the journal and cannot be erased.",
    ),
    epilog=options.examples(
        "ecluse patients note 7712345 < note.txt", "ecluse patients note 7712345 --date 2026-03-02 < note.txt"
    ),
)
@options.data
@options.output
@click.option(
    "--authority",
    metavar="NAME|OID",
    help=t("Autorité d’affectation de l’identifiant.", "Assigning authority of the identifier."),
)
@click.option(
    "--date",
    metavar="AAAA-MM-JJ",
    help=t(
        "Date de la demande ou de la rectification (à défaut : aujourd’hui, UTC).",
        "Date of the request or of the rectification (default: today, UTC).",
    ),
)
@click.argument("patient", metavar="ID")
def note(data: str | None, form: str, authority: str | None, date: str | None, patient: str) -> None:
    """Write a note."""
    chosen = chosen_id(data, patient, authority)
    today = datetime.fromtimestamp(tools().clock() / 1_000_000, UTC).date().isoformat()
    result = tools().act(data, "patient.note", {"patient": chosen, "text": _text(), "date": date or today})
    output.act(result, form)


def _text() -> str:
    """The note, from standard input: an argument would be readable by every user of the machine (`ps`)."""
    if sys.stdin.isatty():
        output.note(t("Écrivez la note, puis Ctrl-D :", "Write the note, then Ctrl-D:"))
    try:
        return sys.stdin.buffer.read(100_000).decode("utf-8").replace("\r\n", "\n").strip()
    except UnicodeDecodeError:
        raise CannotRun("la note n’est pas en UTF-8.", "the note is not UTF-8.") from None


def _write(target: Path, content: bytes) -> None:
    """Write the file, mode 0600; it takes its name once complete.

    :raises CannotRun: it cannot be written.
    """
    partial = target.with_name(f".{target.name}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content)
        partial.replace(target)
    except OSError as error:
        raise CannotRun(
            f"{target} ne peut pas être écrit : {because(error)}.",
            f"{target} cannot be written: {because(error)}.",
        ) from error
