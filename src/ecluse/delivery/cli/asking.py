"""Ask before what cannot be undone."""

from __future__ import annotations

import sys

import click

from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t

_YES = ("o", "oui", "y", "yes")
_NO = ("", "n", "non", "no")


def confirm(fr: str, en: str) -> None:
    """Ask a question, and go on when the answer is yes; `o`, `oui`, `y` and `yes` are, in both languages.

    :raises CannotRun: there is no terminal to ask; `--yes` is named. :raises Abort: the answer is no (exit code 130).
    """
    if sys.stdin is None or not sys.stdin.isatty():
        raise CannotRun(
            "pas de terminal pour confirmer : ajoutez --yes pour le faire sans confirmation.",
            "there is no terminal to confirm: add --yes to do it without confirmation.",
        )
    while True:
        click.echo(t(f"{fr} [o/N] ", f"{en} [y/N] "), nl=False, err=True)
        answer = sys.stdin.readline()
        if answer.strip().lower() in _YES:
            return
        if not answer or answer.strip().lower() in _NO:
            raise click.Abort
        click.echo(t("Répondez par o (oui) ou n (non).", "Answer y (yes) or n (no)."), err=True)
