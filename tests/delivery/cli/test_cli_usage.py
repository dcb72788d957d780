"""A command typed wrong is told in one line, in the language of the terminal, without repeating what was typed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

NUMBER = "285033818504236"


def run(*arguments: str, locale: str = "fr_FR.UTF-8") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LC_ALL": locale, "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "ecluse.main.command_line", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("arguments", "french", "english"),
    [
        (("patients", "list", "--lmit", "5"), "option inconnue : --lmit (--limit", "unknown option: --lmit (maybe"),
        (("patients", "shw"), "commande inconnue (show peut-être)", "unknown command (maybe show)"),
        (("sender", "confirm", "GAM"), "il manque FACILITY.", "FACILITY is missing."),
        (("patients", "list", "--limit", "x"), "--limit : un nombre entier est attendu, à partir de 1", "whole number"),
        (("patients", "list", "--limit"), "l’option --limit demande une valeur", "--limit needs a value"),
        (("validate", "--format", "xml", "a"), "--format : choisissez parmi text, json", "choose among text, json"),
        (("journal", "list", "--answer", "ZZ"), "--answer : choisissez parmi AA, AE, AR, none", "among AA, AE, AR"),
        (("journal", "export", "--kind", "x", "-"), "--kind : choisissez parmi message, duplicate", "among message,"),
        (("patients", "show", "7001", NUMBER), "trop d’arguments", "too many arguments"),
        (("patients", "show", "--ins", NUMBER), "écrivez « --ins - »", "write “--ins -”"),
        (("patients", "show"), "indiquez soit ID", "give either ID"),
    ],
)  # fmt: skip
def test_a_wrong_command_is_one_line(arguments: tuple[str, ...], french: str, english: str) -> None:
    for locale, expected, see in (("fr_FR.UTF-8", french, "Voyez « ecluse"), ("C", english, "See “ecluse")):
        done = run(*arguments, locale=locale)
        assert done.returncode == 2 and done.stdout == ""
        line = done.stderr.replace("\N{NO-BREAK SPACE}", " ")
        assert line.count("\n") == 1 and line.startswith("ecluse: ")
        assert expected in line and see in line and "--help" in line and NUMBER not in line


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        (
            "fr_FR.UTF-8",
            "ecluse: ECLUSE_HTTP : http = '8080' ; écrivez HÔTE:PORT, par exemple 127.0.0.1:8080",
        ),
        ("C", "ecluse: ECLUSE_HTTP: http = '8080'; write HOST:PORT, for example 127.0.0.1:8080"),
    ],
)
def test_a_wrong_setting_is_told_in_the_language_of_the_terminal(
    locale: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECLUSE_HTTP", "8080")
    done = run("patients", "list", "--data", "/nowhere", locale=locale)
    assert done.returncode == 2 and done.stderr.replace("\N{NO-BREAK SPACE}", " ") == f"{expected}\n"
