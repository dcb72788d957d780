"""`ecluse journal`: what was received, answered and done; proofs that it was kept as written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import tools

if TYPE_CHECKING:
    from ecluse.services.queries.journal import Filter

Command = TypeVar("Command", bound=Callable[..., Any])


@click.group(
    short_help=t("Consulter et prouver le journal.", "Read and prove the journal."),
    help=t(
        "Consulter et prouver le journal : list, show, verify, export, rebuild, checkpoint.",
        "Read and prove the journal: list, show, verify, export, rebuild, checkpoint.",
    ),
    epilog=options.examples(
        "ecluse journal list --answer AE",
        "ecluse journal show 42",
        "ecluse journal verify --checkpoint /mnt/usb/checkpoint.json",
    ),
)
def journal() -> None:
    """Group of the commands on the journal."""


def selection(command: Command) -> Command:
    """Options that choose lines."""
    for name, metavar, fr, en in (
        (
            "--until",
            "TIME",
            "Avant cet instant (ISO 8601, UTC à défaut de zone).",
            "Before that time (ISO 8601, UTC without zone).",
        ),
        ("--since", "TIME", "À partir de cet instant.", "From that time on."),
        ("--patient", "ID", "Lignes qui ont changé ce patient.", "Lines that changed that patient."),
        ("--event", "A28", "Événement HL7.", "HL7 event."),
        (
            "--kind",
            "KIND",
            "message, duplicate, unreadable, ack ou act.",
            "message, duplicate, unreadable, ack or act.",
        ),
        ("--answer", "AA|AE|AR", "Réponse envoyée.", "Answer sent."),
        ("--sender", "MSH-3[/MSH-4]", "Émetteur.", "Sender."),
    ):
        command = click.option(name, metavar=metavar, help=t(fr, en))(command)
    return command


def wanted(given: dict[str, str | None]) -> Filter:
    """The filter of the options of `selection`."""
    from ecluse.services.queries.journal import Filter

    return Filter(
        sender=given["sender"],
        answer=given["answer"],
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
def list_(data: str | None, form: str, after: str | None, limit: int, **given: str | None) -> None:
    """List lines."""
    if after is not None and not after.isdigit():
        raise CannotRun("--after : un curseur est un nombre.", "--after: a cursor is a number.")
    tools().read(data)

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

    from ecluse.services.queries import journal as query

    if raw:
        received = query.received(line)
        if received is None:
            raise _no_line(line, None)
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
            f"Le journal n’a pas de ligne {line}, ou ses octets ont été purgés.",
            f"The journal has no line {line}, or its bytes were purged.",
        )
    )
    return click.exceptions.Exit(1)


@journal.command(
    short_help=t("Vérifier la chaîne et les empreintes.", "Verify the chain and the digests."),
    help=t(
        "Relire tout le journal et vérifier sa chaîne, ses empreintes et, si on le donne, un point de "
        "contrôle gardé "
        "ailleurs. La passerelle peut rester en marche. Code de sortie 1 : un problème a été trouvé.",
        "Read the whole journal again and verify its chain, its digests and, if given, a checkpoint kept "
        "elsewhere. The "
        "gateway may stay up. Exit code 1: a problem was found.",
    ),
    epilog=options.examples(
        "ecluse journal verify",
        "ecluse journal verify --checkpoint /mnt/usb/checkpoint.json --states --format json",
    ),
)
@options.data
@options.output
@options.lang
@click.option(
    "--checkpoint",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=t("Point de contrôle à comparer.", "Checkpoint to compare with."),
)
@click.option(
    "--states",
    is_flag=True,
    help=t(
        "Comparer aussi les patients avec leurs événements.", "Also compare the patients with their events."
    ),
)
def verify(data: str | None, form: str, lang: str, checkpoint: Path | None, states: bool) -> None:
    """Verify the journal."""
    if checkpoint is not None and not checkpoint.is_file():
        raise CannotRun(
            f"le point de contrôle {checkpoint} n’existe pas.", f"the checkpoint {checkpoint} does not exist."
        )
    tools().read(data)

    from ecluse.services.verify_journal import verify as verify_journal

    with output.progress(t("Vérification", "Verifying")) as tell:
        found = verify_journal(checkpoint, tell, states=states)
    problems = [
        {"seq": one.seq, "code": one.code, "text": one.sentence.fr if lang == "fr" else one.sentence.en}
        for one in found.problems
    ]
    if form == "json":
        output.document({"ok": found.ok, "messages": found.messages, "problems": problems})
    else:
        for one in problems:
            output.say(f"✗ {one['text']}")
        output.say(_verdict(found.ok, found.messages, found.count, found.digest))
    raise click.exceptions.Exit(0 if found.ok else 1)


def _verdict(ok: bool, lines: int, count: int, digest: str) -> str:
    if ok:
        return t(
            f"✓ {lines} ligne(s) vérifiée(s), aucune anomalie. Dernière empreinte : {digest}",
            f"✓ {lines} line(s) verified, no problem. Last digest: {digest}",
        )
    return t(f"{count} anomalie(s) sur {lines} ligne(s).", f"{count} problem(s) in {lines} line(s).")


@journal.command(
    short_help=t("Reconstruire l’état des patients.", "Rebuild the states of the patients."),
    help=t(
        "Reconstruire l’état des patients à partir des événements (passerelle arrêtée) ; rien n’est décidé "
        "de nouveau. "
        "--check : comparer seulement, passerelle en marche ou non ; code de sortie 1 s’il y a des "
        "différences.",
        "Rebuild the states of the patients from the events (gateway stopped); nothing is decided again. "
        "--check: only "
        "compare, gateway up or not; exit code 1 when there are differences.",
    ),
    epilog=options.examples("ecluse journal rebuild --check", "ecluse journal rebuild"),
)
@options.data
@options.output
@options.lang
@click.option("--check", is_flag=True, help=t("Comparer sans rien changer.", "Compare, change nothing."))
def rebuild(data: str | None, form: str, lang: str, check: bool) -> None:
    """Rebuild or compare the states."""
    with ExitStack() as stack:
        if check:
            tools().read(data)
        else:
            stack.enter_context(tools().alone(data, True))
        tell = stack.enter_context(output.progress(t("Patients", "Patients")))

        from ecluse.services import rebuild_states

        work = rebuild_states.compare_states if check else rebuild_states.rebuild_states
        found = work(lambda done: tell(done, None))
    sentences = [rebuild_states.sentence(one) for one in found.differences]
    texts = [one.fr if lang == "fr" else one.en for one in sentences]
    if form == "json":
        output.document(
            {"same": found.same, "patients": found.patients, "replaced": found.replaced, "differences": texts}
        )
    else:
        for text in texts:
            output.say(f"✗ {text}")
        output.say(
            t(
                f"{found.patients} patient(s), {found.count} "
                f"différence(s){', états remplacés' if found.replaced else ''}.",
                f"{found.patients} patient(s), {found.count} "
                f"difference(s){', states replaced' if found.replaced else ''}.",
            )
        )
    raise click.exceptions.Exit(1 if check and not found.same else 0)


@journal.command(
    short_help=t("Signer où en est le journal.", "Sign where the journal stands."),
    help=t(
        "Signer où en est le journal, dans un fichier à garder hors de la machine : « journal verify "
        "--checkpoint » "
        "détecte ensuite toute coupure ou réécriture.",
        "Sign where the journal stands, in a file to keep off this host: “journal verify --checkpoint” then "
        "detects any "
        "truncation or rewriting.",
    ),
    epilog=options.examples(
        "ecluse journal checkpoint", "ecluse journal checkpoint --to /mnt/usb/checkpoint.json"
    ),
)
@options.data
@options.output
@click.option(
    "--to",
    "target",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=t("Fichier à écrire.", "File to write."),
)
def checkpoint(data: str | None, form: str, target: Path | None) -> None:
    """Write a checkpoint."""
    gateway = tools().read(data)

    from ecluse.services.write_checkpoint import read_checkpoint, write_checkpoint

    file = write_checkpoint(gateway.data, tools().secrets(gateway), tools().clock(), target)
    signed = read_checkpoint(file)
    if form == "json":
        output.document(
            {
                "file": str(file),
                "seq": signed.seq,
                "digest": signed.digest,
                "at": signed.at,
                "fingerprint": signed.fingerprint,
            }
        )
    else:
        output.say(
            t(
                f"{file} : ligne {signed.seq}, clé {signed.fingerprint}",
                f"{file}: line {signed.seq}, key {signed.fingerprint}",
            )
        )


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
def export(data: str | None, form: str, target: str, **given: str | None) -> None:
    """Export lines."""
    tools().read(data)

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
