"""A journal line as people read it on a terminal."""

from __future__ import annotations

from rich.text import Text

from ecluse.delivery.cli import output
from ecluse.delivery.cli.language import t
from ecluse.services.queries.journal import JournalDocument
from ecluse.services.queries.purges import PurgeDocument


def print_line(found: JournalDocument, lang: str) -> None:
    """Print everything kept of a line."""
    console = output.console()
    line = found.line
    sender = f"{line.sender.application} / {line.sender.facility}" if line.sender else ""
    head = " · ".join(
        filter(
            None, (line.at, line.kind, line.event, sender, found.domain or "", f"MSH-10 {line.control_id}")
        )
    )
    console.print(
        Text(f"{t('Ligne', 'Line')} {line.seq}  ", "bold"),
        output.chip(line.answer or "", line.answer or "—"),
        line.code or "",
    )
    console.print(Text(output.printable(head), "dim"), soft_wrap=True)
    given = found.details.get("arguments")
    told = {**found.details, **(given if isinstance(given, dict) else {})}
    details = ", ".join(f"{name} {value}" for name, value in told.items() if value and isinstance(value, str))
    console.print(Text(output.printable(details), "dim"), soft_wrap=True)
    gone = purged_text(found.purged)
    _print_text(t("Reçu", "Received"), found.text, gone)
    if found.findings:
        console.print(Text(t("\nConstats", "\nFindings"), "bold"))
        for one in found.findings:
            text = one.fr if lang == "fr" else one.en
            console.print(
                Text.assemble(
                    "  ",
                    output.severity(one.severity),
                    f"  {output.printable(one.location)}  {output.printable(text)} ",
                    Text(f"[{one.rule}] {one.source}", "dim"),
                ),
                soft_wrap=True,
            )
    _print_text(t("Réponse", "Answer"), found.answered, gone)
    if found.events:
        console.print(Text(t("\nEffets", "\nEffects"), "bold"))
        for effect in found.events:
            console.print(Text(f"  {effect.type}  {effect.patient}"), soft_wrap=True)
    console.print(Text(t(f"\nEmpreinte {found.digest}", f"\nDigest {found.digest}"), "dim"))


def purged_text(purge: PurgeDocument | None) -> str:
    """Why bytes are not there."""
    if purge is None:
        return t(
            "octets absents sans trace d’une purge : voyez « ecluse journal verify »",
            "bytes missing without a trace of a purge: see “ecluse journal verify”",
        )
    day = purge.at[:10]
    return t(
        f"octets purgés le {day} sous la ligne {purge.line} ({purge.by})",
        f"bytes purged on {day} under line {purge.line} ({purge.by})",
    )


def _print_text(title: str, text: str | None, gone: str) -> None:
    console = output.console()
    console.print(Text(f"\n{title}", "bold"))
    if text is None:
        console.print(Text(f"  ({output.printable(gone)})", "dim"), soft_wrap=True)
        return
    for segment in text.splitlines():
        if segment:
            console.print(Text(f"  {output.printable(segment)}"), soft_wrap=True)
