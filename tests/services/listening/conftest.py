"""A house with certificates for each test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.store.databases import StorePlace

if TYPE_CHECKING:  # models are imported once Django is configured
    from tests.services.certificates.house import House


@pytest.fixture
def house(store: StorePlace) -> Iterator[House]:
    """On each database."""
    from tests.services.certificates.house import House

    one = House(store)
    yield one
    one.close()
