"""The openssl program, as an independent reader of what the test PKI makes."""

from __future__ import annotations

import subprocess
from pathlib import Path


def openssl(*arguments: str | Path, given: bytes = b"") -> str:
    """Run it; return everything it says. It must end well."""
    done = _run(arguments, given)
    assert done.returncode == 0, done.stderr.decode()
    return (done.stdout + done.stderr).decode()


def refusal(*arguments: str | Path) -> str:
    """Run it; return everything it says. It must end badly."""
    done = _run(arguments, b"")
    assert done.returncode != 0, done.stdout.decode()
    return (done.stdout + done.stderr).decode()


def _run(arguments: tuple[str | Path, ...], given: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", *map(str, arguments)], input=given, capture_output=True, timeout=30)
