"""The lines that the demonstration gives to paste can be pasted."""

from __future__ import annotations

import shlex
import sys

import pytest

from ecluse.main.demo_next import program


def test_a_demonstration_run_by_python_gives_lines_with_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/ecluse/__main__.py", "demo"])
    assert program() == f"{shlex.quote(sys.executable)} -m ecluse"
