"""A writer beside the pages of a test: acts asked from them are done by an intake on the same store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from ecluse.services.wire import Act, ActResult
    from tests.services.feeding import Gate


def acting(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """An intake that also does what the pages ask."""
    from ecluse.delivery.console import acting as asked
    from ecluse.services.acts import perform
    from tests.services.feeding import Gate

    gate = Gate()

    def ask_writer(_path: object, wanted: Act, _patience: float) -> ActResult:
        gate.now += 1_000_000
        return perform(gate.intake, wanted, gate.now)

    monkeypatch.setattr(asked, "ask_writer", ask_writer)
    return gate
