"""Nothing acknowledged is lost, nothing is done twice, when processes are killed under load."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.crash import chosen_seed, crash

pytestmark = pytest.mark.slow
"""Each starts gateways of its own, several seconds apiece: for `make test-all`."""


def test_ten_kills_lose_nothing(tmp_path: Path) -> None:
    seed = chosen_seed()
    print(f"ECLUSE_CRASH_SEED={seed}")  # shown when it fails
    found = crash(10, seed, tmp_path)
    assert found["acknowledged"] > 100 and found["events"] > 100, found
    assert min(found[f"killed {name}"] for name in ("all", "writer", "listener", "supervisor")) >= 2, found
