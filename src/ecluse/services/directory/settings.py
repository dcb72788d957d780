"""Settings of the directory, as this process was given them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ecluse.rules.annuaire import FinessLetters
from ecluse.transports.annuaire import ADDRESS


@dataclass(frozen=True, slots=True)
class DirectorySettings:
    """What depends on the deployment. api_key: of the subscription, empty: the API is not called; authorities:
    PEM file of more certificate authorities, or empty; keep_days: age from which an extract is neither believed nor
    kept (30 days for a private copy, says the agency); finess_letters: see `rules.annuaire`.
    """

    environment: Literal["test", "production"] = "test"
    api_address: str = ADDRESS
    api_key: str = ""
    authorities: str = ""
    keep_days: int = 30
    finess_letters: FinessLetters = "one-two"


_used = [DirectorySettings()]


def use(settings: DirectorySettings) -> None:
    """Follow these settings from now on, in this process."""
    _used[0] = settings


def used() -> DirectorySettings:
    """The settings in force."""
    return _used[0]
