"""What happened during the demonstration, told from what the gateway kept."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ecluse.main.demo_view import STYLES
from ecluse.simulators.hospital import NONE, Summary

TRUST = {"qualifiee": "▣ Qualifiée", "validee": "▢ Validée", "provisoire": "▢ Provisoire"}


def tell(folder: Path, summary: Summary, console: Console) -> bool:
    """Tell the story on the console; False when an answer was not the one the sender expected."""
    from ecluse.main.configuration import load
    from ecluse.main.django_setup import set_up

    set_up(load(folder, serving=False))
    _numbers(summary, console)
    _refusals(console)
    _identities(console)
    _life_of_an_ins(console)
    return _surprises(summary, console)


def _numbers(summary: Summary, console: Console) -> None:
    console.rule("Ce qui est arrivé")
    console.print(
        f"{summary.sent} messages de trois émetteurs en {summary.seconds:.1f} s"
        f" ({summary.rate:.0f} par seconde, médiane {summary.latency.p50:.1f} ms) : "
        + ", ".join(f"{code} {count}" for code, count in sorted(summary.codes.items()) if code != NONE)
        + (f", sans réponse due {summary.codes[NONE]}" if summary.codes[NONE] else "")
    )


def _refusals(console: Console) -> None:
    from ecluse.services.queries import journal

    console.rule("Ce qui a été refusé, et pourquoi")
    table = Table(box=None, padding=(0, 2), show_edge=False)
    for title in ("Ligne", "Réponse", "Événement", "Règle", "Explication"):
        table.add_column(title, no_wrap=title != "Explication")
    seen: Counter[str] = Counter()
    for answer in ("AE", "AR"):
        for line in journal.page(journal.Filter(answer=answer), limit=200).lines:
            document = journal.show(line.seq)
            errors = [one for one in document.findings if one.severity == "error"] if document else []
            # The rule that decided comes last of the errors: those of the validation report come first.
            cause = errors[-1] if errors else None
            if cause is None or seen[cause.rule]:
                continue
            seen[cause.rule] += 1
            table.add_row(str(line.seq), Text(answer, STYLES[answer]), line.event, cause.rule, cause.fr)
    console.print(table)
    console.print(
        "Les octets reçus, la raison et la réponse sont conservés : [cyan]ecluse journal show LIGNE[/]."
    )


def _identities(console: Console) -> None:
    from ecluse.services.queries.patients import PatientReader

    console.rule("Les identités")
    counts: Counter[str] = Counter()
    merged = 0
    after = None
    reader = PatientReader("test")
    while True:
        page = reader.page(after, 500)
        for one in page.patients:
            if one.merged_into:
                merged += 1
            else:
                counts[one.trust] += 1
        if page.next is None:
            break
        after = page.next
    words = ", ".join(f"{TRUST[level]} {counts[level]}" for level in TRUST)
    console.print(f"{sum(counts.values())} patients : {words} ; {merged} dossiers fusionnés dans un autre.")


def _life_of_an_ins(console: Console) -> None:
    """The patient whose INS was qualified, changed and deleted, with its history."""
    from ecluse.services.queries import journal
    from ecluse.services.queries.patients import PatientReader

    reader = PatientReader("test")
    wanted = ("ins.adopted", "ins.superseded", "ins.withdrawn")
    best = max(
        reader.every(),
        key=lambda one: (len({line.event for line in one.history} & set(wanted)), -len(one.history)),
    )
    console.rule("La vie d’un INS : qualifié, changé, supprimé")
    traits = best.traits
    console.print(f"[bold]{traits.birth_name} {traits.first_birth_given_name}[/], patient {best.id}")
    for line in best.history:
        document = journal.show(int(line.message))
        event = document.line.event if document else ""
        console.print(f"  {line.at}  {event:4} {line.event:20} ligne {line.message}")
    if best.ins_reason is not None:
        console.print(f"  Aujourd’hui : [bold]{TRUST[best.trust]}[/]. {best.ins_reason.fr}")


def _surprises(summary: Summary, console: Console) -> bool:
    if not summary.unexpected_count:
        console.print("\n[green]Chaque réponse est celle que le texte national fait attendre.[/]")
        return True
    console.print(f"\n[red]{summary.unexpected_count} réponses inattendues :[/]")
    for answer in summary.unexpected[:20]:
        console.print(
            f"  {answer.message.fault or answer.message.event} {answer.code} {msgspec.json.encode(answer.errors).decode()}"
        )
    return False
