"""The table of allowed imports (docs/architecture.md) is enforced: every "never" breaks a contract."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    *("protocols", "rules", "store", "transports", "services", "simulators", "main"),
    *("delivery", "delivery.cli", "delivery.mllp"),
)
FORBIDDEN = [
    ("protocols", "import django", "protocols: how it is said"),
    ("protocols", "import socket", "protocols: how it is said"),
    ("protocols", "import asyncio", "protocols: how it is said"),
    ("protocols", "from time import time", "protocols: how it is said"),
    ("protocols", "from os import environ", "protocols: how it is said"),
    ("protocols", "import ecluse.rules", "The rooms stand on one another"),
    ("rules", "import django", "rules: what is decided"),
    ("rules", "import sqlite3", "rules: what is decided"),
    ("rules", "import time", "rules: what is decided"),
    ("rules", "import ecluse.store", "The rooms stand on one another"),
    ("store", "import ecluse.services", "The rooms stand on one another"),
    ("store", "import ecluse.delivery", "The rooms stand on one another"),
    ("store", "import ecluse.transports", "The rooms stand on one another"),
    ("transports", "import ecluse.rules", "transports: bytes in, bytes out"),
    ("transports", "import ecluse.store", "transports: bytes in, bytes out"),
    ("services", "import ecluse.delivery", "The rooms stand on one another"),
    ("services", "import ecluse.simulators", "The rooms stand on one another"),
    ("delivery.cli", "import ecluse.store", "delivery: asks the services"),
    ("delivery.cli", "import ecluse.simulators", "delivery: asks the services"),
    ("delivery.cli", "import ecluse.delivery.mllp", "One delivery never imports another"),
    ("simulators", "import ecluse.rules", "A simulator that shared our decisions"),
    ("simulators", "import ecluse.services", "A simulator that shared our decisions"),
    ("simulators", "import ecluse.store", "A simulator that shared our decisions"),
    ("delivery.mllp", "import ecluse.main", "main ties the rooms together"),
]
ALLOWED = [
    ("protocols", "import cryptography, re, datetime"),
    ("rules", "import ecluse.protocols"),
    ("store", "import ecluse.rules, django"),
    ("transports", "import ecluse.protocols, socket"),
    ("services", "import ecluse.protocols, ecluse.rules, ecluse.store, ecluse.transports"),
    ("delivery.cli", "import ecluse.services, ecluse.protocols"),
    ("simulators", "import ecluse.protocols, ecluse.transports"),
    ("main", "import ecluse.delivery.cli, ecluse.simulators, ecluse.services, ecluse.store, os, time"),
]


def _broken_contracts(tree: Path, imports: list[tuple[str, str]]) -> str:
    """Lines « … BROKEN » of import-linter on empty rooms with these imports added."""
    for room in ROOMS:
        folder = tree.joinpath("ecluse", *room.split("."))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").touch()
    for name in ("__init__.py", "__main__.py"):
        (tree / "ecluse" / name).touch()
    for room, line in imports:
        tree.joinpath("ecluse", *room.split("."), "example.py").write_text(line + "\n", "utf-8")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    result = subprocess.run(
        [*command, "--no-cache", "--config", str(ROOT / "pyproject.toml")],
        cwd=tree,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in result.stdout.splitlines() if line.endswith(" BROKEN")]
    assert "Contracts:" in result.stdout, result.stdout + result.stderr
    assert bool(lines) == bool(result.returncode)
    return "\n".join(lines)


def test_every_import_of_the_table_is_allowed(tmp_path: Path) -> None:
    """The whole « may import » column at once: no contract is broken."""
    assert _broken_contracts(tmp_path, ALLOWED) == ""


@pytest.mark.parametrize(("room", "line", "contract"), FORBIDDEN, ids=lambda value: str(value)[:40])
def test_a_forbidden_import_breaks_its_contract(tmp_path: Path, room: str, line: str, contract: str) -> None:
    """One cell of the « never » column."""
    assert contract in _broken_contracts(tmp_path, [(room, line)])
