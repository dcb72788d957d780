"""The FHIR server of a gateway, on both databases or on one, and the independent validators."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import override_settings

from ecluse.main import web
from tests.protocols.fhir.validator import Validator
from tests.store.databases import StorePlace

if TYPE_CHECKING:
    # Models may only be imported once Django is configured, which the root conftest does later.
    from tests.delivery.fhir.server import Fhir


@pytest.fixture
def fhir(store: StorePlace, validator: Validator) -> Iterator[Fhir]:
    """A FHIR server on each database, that knows nobody."""
    yield from _fhir(store, validator)


@pytest.fixture
def quick_fhir(sqlite_store: StorePlace, validator: Validator) -> Iterator[Fhir]:
    """The same on SQLite only, for what does not reach the store."""
    yield from _fhir(sqlite_store, validator)


def _fhir(store: StorePlace, validator: Validator) -> Iterator[Fhir]:
    from ecluse.services import access
    from tests.delivery.fhir.server import Fhir

    configuration = replace(store.configuration, minimum_free_bytes=1)
    settings.SECRET_KEY = "used by the tests alone"
    access.use(access.AccessSettings(rate=1e6, burst=1_000_000))
    with override_settings(**web.web_settings(configuration)):
        web.show(configuration)
        yield Fhir(store, validator)
    access.use(access.AccessSettings())


@pytest.fixture(scope="session")
def validator() -> Iterator[Validator]:
    """Two FHIR R4 validators written by others."""
    one = Validator()
    yield one
    one.close()
