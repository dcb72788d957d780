"""What `ecluse doctor` needs to know of the deployment."""

from __future__ import annotations

from typing import Any


def diagnose(given: str | None) -> Any:
    raise NotImplementedError
