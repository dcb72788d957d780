"""The provider run once for these tests, honest at the beginning of each; the gateway as it knows it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecluse.services.psc.providers import Provider
from ecluse.services.psc.settings import PscSettings
from tests.services.psc.provider import AFTER, BACK, TestedProvider, running

MakeGateway = Callable[..., Provider]


@pytest.fixture(scope="session")
def running_psc() -> Iterator[TestedProvider]:
    with running() as provider:
        yield provider


@pytest.fixture
def psc(running_psc: TestedProvider) -> TestedProvider:
    """The provider, honest."""
    running_psc.lie()
    return running_psc


def settings_for(psc: TestedProvider, folder: Path, **changed: Any) -> PscSettings:
    """The settings of a gateway declared to a provider."""
    secret = folder / "psc.secret"
    secret.write_text(psc.client_secret + "\n")
    given = PscSettings(
        enabled=True,
        discovery=psc.discovery,
        client_id=psc.client_id,
        client_secret_file=secret,
        redirect_uri=BACK,
        after_logout_uri=AFTER,
    )
    return replace(given, **changed)


@pytest.fixture
def gateway(psc: TestedProvider, tmp_path: Path) -> Iterator[MakeGateway]:
    """Makes a gateway that asks the provider, some of its settings changed."""
    made: list[Provider] = []

    def make(**changed: Any) -> Provider:
        made.append(Provider(settings_for(psc, tmp_path, **changed)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def now() -> int:
    """The moment, as the provider has it: it is another program, with the clock of this machine."""
    return int(time.time())
