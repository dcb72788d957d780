"""What is asked before what cannot be undone: by a person at a terminal, or not at all."""

from __future__ import annotations

import io
import sys

import click
import pytest

from ecluse.delivery.cli.asking import confirm
from ecluse.delivery.cli.errors import CannotRun


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("answer", ["o\n", "OUI\n", "y\n", "yes\n", "peut-être\noui\n"])
def test_yes_in_both_languages_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str
) -> None:
    terminal = Terminal(answer)
    monkeypatch.setattr(sys, "stdin", terminal)
    confirm("Retirer ?", "Remove?")
    assert terminal.read() == ""
    assert capsys.readouterr().err.count("Remove? [y/N] ") == answer.count("\n")


@pytest.mark.parametrize("answer", ["n\n", "non\n", "\n", "", "?\n"])
def test_no_and_nothing_stop(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    with pytest.raises(click.Abort):
        confirm("Retirer ?", "Remove?")


def test_without_a_terminal_the_option_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("o\n"))
    with pytest.raises(CannotRun, match="--yes") as caught:
        confirm("Retirer ?", "Remove?")
    assert caught.value.exit_code == 2
