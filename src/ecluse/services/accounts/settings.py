"""Settings of the accounts, as the process that serves the console was given them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """Settings of the accounts.

    secrets: folder of the master key; idle_minutes, absolute_hours: when a session ends without and with activity;
    fresh_minutes: how long an authentication counts as recent, for sensitive acts; attempts: refused attempts in a row
    before an account is locked, for lock_minutes; invitation_hours: how long an invitation can be used;
    minimum_password_length.
    """

    secrets: Path = Path("/nowhere: the accounts were not told their settings")
    idle_minutes: int = 20
    absolute_hours: float = 4.0
    fresh_minutes: int = 5
    attempts: int = 10
    lock_minutes: int = 15
    invitation_hours: int = 72
    minimum_password_length: int = 12


_current: list[AccountSettings] = [AccountSettings()]


def use(settings: AccountSettings) -> None:
    """Follow these settings from now on."""
    _current[:] = [settings]


def current() -> AccountSettings:
    """The settings followed."""
    return _current[0]
