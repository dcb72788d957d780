"""The independent validators, started once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.protocols.fhir.validator import Validator


@pytest.fixture(scope="session")
def validator() -> Iterator[Validator]:
    """Two FHIR R4 validators written by others."""
    one = Validator()
    yield one
    one.close()
