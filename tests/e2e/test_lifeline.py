"""A run of the tests that is killed leaves no gateway behind."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.lifeline import end_with_us

ROOT = Path(__file__).resolve().parents[2]
_TESTS = """
import json, sys, time
from pathlib import Path
from tests.e2e.gateway import Gateway

gateway = Gateway(Path(sys.argv[1])).start()
print(json.dumps([gateway.process.pid, *gateway.children().values()]), flush=True)
time.sleep(600)
"""
PATIENCE = 60.0


@pytest.mark.slow
def test_no_gateway_outlives_the_tests_that_started_it(tmp_path: Path) -> None:
    tests = subprocess.Popen(
        [sys.executable, "-c", _TESTS, str(tmp_path / "data")],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=end_with_us(),
    )  # fmt: skip
    assert tests.stdout is not None
    processes = json.loads(tests.stdout.readline())
    assert len(processes) == 6 and all(map(_runs, processes))
    tests.kill()
    tests.wait()
    end = time.monotonic() + PATIENCE
    while any(map(_runs, processes)):
        assert time.monotonic() < end, "a gateway outlived its tests"
        time.sleep(0.05)


def _runs(process: int) -> bool:
    """Whether it still executes: what nobody has waited for yet is dead all the same."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False
