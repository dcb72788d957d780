"""`make test` does not pass over what could not run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {
    "a mark": "import pytest\n@pytest.mark.skip(reason='no database')\ndef test_it(): pass\n",
    "a condition": "import pytest\n@pytest.mark.skipif(True, reason='no database')\ndef test_it(): pass\n",
    "inside": "import pytest\ndef test_it(): pytest.skip('no database')\n",
    "a module": "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass\n",
}


def _exit_code(folder: Path, text: str) -> int:
    (folder / "test_example.py").write_text(text, "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "tests.house.no_skips", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*command, "--rootdir", str(folder), "-c", "/dev/null", str(folder)],
        env=environment,
        cwd=folder,
        stdout=subprocess.DEVNULL,
        check=False,
    ).returncode


@pytest.mark.parametrize("way", SKIPPED)
def test_a_skipped_test_fails(tmp_path: Path, way: str) -> None:
    """Whatever the way it is skipped."""
    assert _exit_code(tmp_path, SKIPPED[way]) in {1, 2}


def test_a_passing_test_and_an_expected_failure_pass(tmp_path: Path) -> None:
    """The plugin touches nothing else."""
    text = "import pytest\ndef test_it(): pass\n@pytest.mark.xfail(strict=True)\ndef test_bug(): assert 0\n"
    assert _exit_code(tmp_path, text) == 0
