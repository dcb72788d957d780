"""Nothing acknowledged is lost, nothing is done twice, when processes are killed under load."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.crash import crash


def test_ten_kills_lose_nothing(tmp_path: Path) -> None:
    found = crash(10, seed=20261118, folder=tmp_path)
    assert found["acknowledged"] > 100
