"""What services need to know of the deployment: the settings themselves are read in `main`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol


class Deployment(Protocol):
    """Settings of one gateway, as far as the store is concerned."""

    @property
    def data(self) -> Path:
        """Data folder."""

    @property
    def environment(self) -> Literal["test", "production"]:
        """Which national environment the identities belong to."""

    @property
    def database_url(self) -> str:
        """PostgreSQL address, or empty for SQLite in the data folder."""
