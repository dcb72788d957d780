"""One test PKI in a folder, shared; and copies of it for the tests that change it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ecluse.simulators.pki import Made, init_test
from tests.pki_kit import KeyRing

NOW = datetime.now(UTC).replace(microsecond=0)
"""openssl looks at the clock: the catalogue is relative to it."""


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    """Folder and content, not to be changed."""
    folder = tmp_path_factory.mktemp("pki") / "igc"
    return folder, init_test(folder, ["localhost", "ecluse.example"], NOW, new_key=KeyRing())


@pytest.fixture
def folder(made: tuple[Path, Made], tmp_path: Path) -> Path:
    """A copy of the folder."""
    shutil.copytree(made[0], tmp_path / "igc")
    return tmp_path / "igc"
