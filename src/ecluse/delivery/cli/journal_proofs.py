"""Proofs on the journal: verify it, rebuild the states from it, sign where it stands."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import tools


@click.command(
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
    gateway = tools().read(data)

    from ecluse.services.verify_journal import summary
    from ecluse.services.verify_journal import verify as verify_journal
    from ecluse.services.works import at_work

    with (
        at_work(gateway.data, "verify", tools().clock) as work,
        output.progress(t("Vérification", "Verifying")) as tell,
    ):

        def progress(done: int, total: int) -> None:
            tell(done, total)
            work.tell(done, total)

        found = verify_journal(checkpoint, progress, states=states, secrets=tools().secrets(gateway))
        work.found(summary(found))
    problems = [
        {"seq": one.seq, "code": one.code, "text": one.sentence.fr if lang == "fr" else one.sentence.en}
        for one in found.problems
    ]
    for note in found.notes:
        output.note(note.fr if lang == "fr" else note.en)
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


@click.command(
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
            {
                "same": found.same,
                "patients": found.patients,
                "stays": found.stays,
                "replaced": found.replaced,
                "differences": texts,
            }
        )
    else:
        for text in texts:
            output.say(f"✗ {text}")
        output.say(
            t(
                f"{found.patients} patient(s), {found.stays} séjour(s), {found.count} "
                f"différence(s){', états remplacés' if found.replaced else ''}.",
                f"{found.patients} patient(s), {found.stays} stay(s), {found.count} "
                f"difference(s){', states replaced' if found.replaced else ''}.",
            )
        )
    raise click.exceptions.Exit(1 if check and not found.same else 0)


@click.command(
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
