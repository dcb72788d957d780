"""The line of an error that the system tells: its own words, then what to do, in the language of the terminal."""

from __future__ import annotations

import errno
import ssl

import pytest

from ecluse.delivery.cli.errors import CannotRun
from ecluse.main.command_line import explain
from ecluse.main.configuration import ConfigurationError

NBSP = "\N{NO-BREAK SPACE}"
REFUSED = [
    (
        FileNotFoundError(errno.ENOENT, "No such file or directory", "/srv/a"),
        f"/srv/a{NBSP}: texte du système{NBSP}: No such file or directory. Que faire{NBSP}: vérifiez que ce chemin"
        " existe et que votre compte y a droit.",
        "/srv/a: No such file or directory. What to do: check that this path exists and that your account may use it.",
    ),
    (
        OSError(errno.ENOSPC, "No space left on device"),
        f"texte du système{NBSP}: No space left on device. Que faire{NBSP}: libérez de la place sur le disque.",
        "No space left on device. What to do: free room on the disk.",
    ),
    (
        ssl.SSLError(1, "[SSL: KEY_VALUES_MISMATCH] key values mismatch"),
        f"texte du système{NBSP}: [SSL: KEY_VALUES_MISMATCH] key values mismatch. Que faire{NBSP}: vérifiez les"
        " certificats et la clé.",
        "[SSL: KEY_VALUES_MISMATCH] key values mismatch. What to do: check the certificates and the key.",
    ),
    (
        OSError(errno.EMFILE, "Too many open files"),
        f"texte du système{NBSP}: Too many open files. Que faire{NBSP}: réessayez{NBSP}; --debug dit où cela se passe.",
        "Too many open files. What to do: try again; --debug tells where it happens.",
    ),
    (
        ConfigurationError("écrivez-le autrement", "write it otherwise"),
        "écrivez-le autrement",
        "write it otherwise",
    ),
]


@pytest.mark.parametrize(("error", "french", "english"), REFUSED)
def test_an_expected_error_is_told_with_its_remedy_in_the_language_of_the_terminal(
    error: Exception, french: str, english: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for locale, expected in (("fr_FR.UTF-8", french), ("en_GB.UTF-8", english)):
        monkeypatch.setenv("LC_ALL", locale)
        line = explain(error)
        assert isinstance(line, CannotRun)
        assert (line.message, line.exit_code) == (expected, 2)


def test_a_defect_is_not_explained_away() -> None:
    assert explain(KeyError("x")) is None
