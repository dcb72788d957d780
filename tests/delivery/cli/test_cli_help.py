"""Every command explains itself, with examples, in the language of the terminal."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from ecluse.main.command_line import command


def _all() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    root = command()
    context = click.Context(root)
    for name in root.list_commands(context):
        one = root.get_command(context, name)
        found.append((name,))
        if isinstance(one, click.Group):
            found += [(name, inner) for inner in one.list_commands(context)]
    return found


def _command(path: tuple[str, ...]) -> click.Command:
    one: click.Command = command()
    for name in path:
        assert isinstance(one, click.Group)
        inner = one.get_command(click.Context(one), name)
        assert inner is not None
        one = inner
    return one


@pytest.mark.parametrize("path", _all(), ids=" ".join)
def test_each_command_has_help_examples_and_data(path: tuple[str, ...]) -> None:
    one = _command(path)
    assert one.help and one.epilog and f"ecluse {' '.join(path)}" in one.epilog
    if not isinstance(one, click.Group):
        options = {option for parameter in one.params for option in parameter.opts}
        assert "--data" in options
        assert all(parameter.help for parameter in one.params if isinstance(parameter, click.Option))


def test_the_commands_of_the_design_are_there() -> None:
    names = {" ".join(path) for path in _all()}
    assert {
        "serve", "demo", "validate", "send", "patients list", "patients show", "patients export", "journal list",
        "journal show", "journal verify", "journal export", "journal rebuild", "journal checkpoint",
        "simulate hospital", "sender list", "sender add", "sender confirm", "sender refuse", "backup", "restore",
        "doctor",
    } <= names  # fmt: skip


@pytest.mark.parametrize(("locale", "word"), [("fr_FR.UTF-8", "Démarrer"), ("C.UTF-8", "Start the gateway")])
def test_help_is_in_the_language_of_the_terminal(locale: str, word: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ecluse", "serve", "--help"],
        capture_output=True, text=True, check=True, env={"LC_ALL": locale, "PATH": ""},
    )  # fmt: skip
    assert word in done.stdout and "ecluse serve --data" in done.stdout


@pytest.mark.parametrize(
    "arguments", [("--help",), ("pki", "--help"), ("pki", "verify", "--help")], ids=" ".join
)
def test_help_loads_no_cryptography(arguments: tuple[str, ...]) -> None:
    """Help stays quick: what computes is loaded by the command that needs it."""
    program = "import sys; from ecluse.main.command_line import main\ntry: main()\n"
    program += "except SystemExit: print('LOADED', *(set(sys.modules) & {'cryptography', 'httpx', 'lxml'}))"
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1].strip() == "LOADED"
