"""What happened during the demonstration, told from what the gateway kept."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.output import printable
from ecluse.main.demo_stay import tell_stay
from ecluse.main.demo_view import STYLES
from ecluse.main.demo_words import TRUST, in_words
from ecluse.protocols.pam.stay_events import STAY_EVENTS
from ecluse.services.queries.documents import PatientDocument
from ecluse.simulators.hospital import NONE, Summary

INDENT = 5


class Story(NamedTuple):
    """What the story leaves to try: a patient, the journal line of a refusal, the patient of the stay that was told
    (empty: none was); whether no answer surprised.
    """

    as_expected: bool
    patient: str
    refusal: int
    stay_patient: str


@dataclass
class Cause:
    """Refusals of one rule: their answer, its sentence, the events refused, the journal lines."""

    answer: str
    rule: str
    sentence: str
    events: Counter[str] = field(default_factory=Counter)
    lines: list[int] = field(default_factory=list)


def tell(folder: Path, summary: Summary, console: Console) -> Story:
    """Tell the story on the console."""
    from ecluse.main.configuration import load
    from ecluse.main.django_setup import set_up

    set_up(load(folder, serving=False))
    _numbers(summary, console)
    causes = _causes()
    _refusals(causes, console)
    _identities(console)
    patient = _life_of_an_ins(console)
    stay_patient = tell_stay(console)
    as_expected = _surprises(summary, console)
    return Story(as_expected, patient, causes[0].lines[0] if causes else 1, stay_patient)


def _title(console: Console, fr: str, en: str) -> None:
    console.print()
    console.rule(Text(t(fr, en)), align="left")


def _numbers(summary: Summary, console: Console) -> None:
    _title(console, "Ce qui est arrivé", "What came in")
    console.print(
        t(
            f"{summary.sent} messages de trois émetteurs en {summary.seconds:.1f} s, réponse médiane"
            f" en {summary.latency.p50:.1f} ms :".replace(".", ","),
            f"{summary.sent} messages from three senders in {summary.seconds:.1f} s, median answer"
            f" in {summary.latency.p50:.1f} ms:",
        )
    )
    meanings = {
        "AA": t("intégrés, et sur le disque avant la réponse", "integrated, and on disk before the answer"),
        "AE": t("refusés : à corriger par l’émetteur", "refused: the sender has to correct them"),
        "AR": t("refusés : à ne pas envoyer ici", "refused: not to be sent here"),
        NONE: t("sans réponse, comme il se doit (illisibles)", "without answer, as is due (unreadable)"),
    }
    table = Table.grid(padding=(0, 2))
    for code, meaning in meanings.items():
        if summary.codes[code]:
            name = "—" if code == NONE else code
            table.add_row("  " + f"{summary.codes[code]:>5}", Text(name, STYLES[code]), meaning)
    console.print(table)


def _causes() -> list[Cause]:
    """Refusals by the rule that decided."""
    from ecluse.services.queries import journal

    found: dict[tuple[str, str], Cause] = {}
    for answer in ("AE", "AR"):
        for line in reversed(journal.page(journal.Filter(answer=answer), limit=200).lines):
            document = journal.show(line.seq)
            errors = [one for one in document.findings if one.severity == "error"] if document else []
            if not errors:
                continue
            # The rule that decided comes last of the errors: those of the validation report come first.
            one = errors[-1]
            cause = found.setdefault((answer, one.rule), Cause(answer, one.rule, t(one.fr, one.en)))
            cause.events[line.event] += 1
            cause.lines.append(line.seq)
    return list(found.values())


def _refusals(causes: list[Cause], console: Console) -> None:
    _title(console, "Ce qui a été refusé, et pourquoi", "What was refused, and why")
    for cause in causes:
        events = ", ".join(
            f"{event} × {count}" if count > 1 else event for event, count in cause.events.items()
        )
        word = t("ligne", "line") if len(cause.lines) == 1 else t("lignes", "lines")
        head = Text.assemble(
            (f" {cause.answer} ", STYLES[cause.answer]),
            f" {printable(events)} · {word} {', '.join(map(str, cause.lines))} · ",
            (cause.rule, "dim"),
        )
        console.print(head)
        console.print(Padding(Text(printable(cause.sentence)), (0, 0, 0, INDENT)))
    console.print(
        t(
            "Un refus ne change rien ; les octets reçus, la raison et la réponse sont gardés.",
            "A refusal changes nothing; the bytes received, the reason and the answer are kept.",
        )
    )


def _identities(console: Console) -> None:
    from ecluse.services.queries.patients import PatientReader

    _title(console, "Les identités", "The identities")
    counts: Counter[str] = Counter()
    after: str | None = None
    reader = PatientReader("test")
    while True:
        page = reader.page(after, 500)
        counts.update("merged" if one.merged_into else one.trust for one in page.patients)
        after = page.next
        if after is None:
            break
    merged = counts.pop("merged", 0)
    console.print(
        t(
            f"{counts.total()} patients, et {merged} dossiers fusionnés dans un autre :",
            f"{counts.total()} patients, and {merged} records merged into another:",
        )
    )
    table = Table.grid(padding=(0, 2))
    for level, (chip, name, meaning) in TRUST.items():
        table.add_row(f"  {counts[level]:>5}", f"{chip} {t(name.fr, name.en)}", t(meaning.fr, meaning.en))
    console.print(table)


def _life_of_an_ins(console: Console) -> str:
    """The patient whose INS was qualified, changed and deleted, with its history; returns its id."""
    from ecluse.services.queries.patients import PatientReader

    wanted = {"ins.adopted", "ins.superseded", "ins.withdrawn"}
    best = max(
        PatientReader("test").every(),
        key=lambda one: (len({line.event for line in one.history} & wanted), -len(one.history)),
    )
    _title(
        console,
        "La vie d’un INS : qualifié, changé, supprimé",
        "The life of an INS: qualified, changed, deleted",
    )
    traits = best.traits
    console.print(f"[bold]{traits.birth_name} {traits.first_birth_given_name}[/], patient {best.id}")
    _history(best, console)
    if best.ins_reason is not None:
        chip, name, _ = TRUST[best.trust]
        today = Text.assemble(
            t("Aujourd’hui : ", "Today: "),
            (f"{chip} {t(name.fr, name.en).removesuffix('s')}", "bold"),
            ". " + t(best.ins_reason.fr, best.ins_reason.en),
        )
        console.print(today)
    return best.id


def _history(patient: PatientDocument, console: Console) -> None:
    """One line for each message about an identity: the hour, the message, and what it did to the identity."""
    from ecluse.services.queries import journal

    table = Table.grid(padding=(0, 2))
    for seq in dict.fromkeys(int(line.message) for line in patient.history):
        document = journal.show(seq)
        if document is None or document.line.event in STAY_EVENTS:
            continue
        text = Text(t(" ; ", "; ")).join(
            Text(*in_words(one.type, one.data)) for one in document.events if one.patient == patient.id
        )
        line = document.line
        table.add_row("  " + line.at[11:23], line.event, f"{t('ligne', 'line')} {seq}", text)
    console.print(table)


def _surprises(summary: Summary, console: Console) -> bool:
    console.print()
    if not summary.unexpected_count:
        console.print(
            "[green]"
            + t(
                "Chaque réponse est celle que le texte national fait attendre.",
                "Every answer is the one the national text lets expect.",
            )
        )
        return True
    count = summary.unexpected_count
    console.print("[red]" + t(f"Réponses inattendues : {count}.", f"Unexpected answers: {count}."))
    for answer in summary.unexpected[:20]:
        said = " / ".join(answer.errors)
        name = answer.message.fault or answer.message.event
        console.print(Text(printable(f"  {name} : {answer.code} {said}")), soft_wrap=True)
    return False
