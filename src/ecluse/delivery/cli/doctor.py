"""`ecluse doctor`: what is missing or wrong, and how to mend it."""

from __future__ import annotations

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.language import t
from ecluse.delivery.cli.tools import tools

MARKS = {"ok": "✓", "warning": "!", "error": "✗", "unknown": "?"}


@click.command(
    short_help=t("Dire ce qui ne va pas, et comment y remédier.", "Say what is wrong, and how to mend it."),
    help=t(
        "Dire ce qui manque ou ne va pas, et comment y remédier. Code de sortie : 0 rien de grave, 1 quelque "
        "chose ne va "
        "pas. Ce qui n’a pas pu être vérifié est dit.",
        "Say what is missing or wrong, and how to mend it. Exit code: 0 nothing serious, 1 something is "
        "wrong. What could "
        "not be checked is said.",
    ),
    epilog=options.examples("ecluse doctor", "ecluse doctor --data /srv/ecluse --format json"),
)
@options.data
@options.output
@options.lang
def doctor(data: str | None, form: str, lang: str) -> None:
    """Check the installation."""
    checks = tools().diagnose(data)
    ok = not any(one.status == "error" for one in checks)
    if form == "json":
        rows = [
            {
                "check": one.name,
                "status": one.status,
                "text": one.text_fr if lang == "fr" else one.text_en,
                "mend": (one.mend_fr if lang == "fr" else one.mend_en) or None,
            }
            for one in checks
        ]
        output.document({"ok": ok, "checks": rows})
    else:
        from rich.text import Text

        console = output.console()
        for one in checks:
            mend = one.mend_fr if lang == "fr" else one.mend_en
            text = one.text_fr if lang == "fr" else one.text_en
            console.print(
                Text.assemble(output.chip(one.status, MARKS[one.status]), " ", output.printable(text)),
                soft_wrap=True,
            )
            if mend:
                console.print(Text(f"    → {output.printable(mend)}", "bold"), soft_wrap=True)
    raise click.exceptions.Exit(0 if ok else 1)
