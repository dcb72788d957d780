"""An empty page says what to do next; on a gateway of test, a button fills it with a simulated hospital."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ecluse.delivery.console.settings import current, use
from ecluse.services import deployment_view, works
from ecluse.store.models.access import AccessLine, Establishment
from tests.delivery.console.conftest import Gateway, SignedIn
from tests.store.writing import Writer

EMPTY = (
    "/flux/", "/flux/messages/", "/flux/emetteurs/", "/rejets/", "/patients/", "/patients/doublons/",
    "/consentements/", "/reglages/abonnes/",
)  # fmt: skip
BUTTON = "Remplir avec un hôpital simulé"

Started = list[tuple[str, str, list[str]]]


@pytest.fixture(autouse=True)
def place(gateway: Gateway) -> None:
    Establishment.objects.create(id=1, name="CH de Valmont")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """What is started instead of being run: name, by whom, command."""
    found: Started = []

    def start(data: Path, name: str, by: str, command: Sequence[str], now: int) -> None:
        if found:
            raise works.AlreadyRunning
        found.append((name, by, list(command)))

    monkeypatch.setattr(works, "start", start)
    return found


@pytest.mark.parametrize("address", EMPTY)
def test_an_empty_page_of_a_new_gateway_offers_example_data(signed_in: SignedIn, address: str) -> None:
    """To who sets the gateway; beside real messages, invented ones are offered to nobody."""
    browser = signed_in("administration", "exploitation", "identitovigilance")
    text = browser.get(address).content.decode()
    assert 'class="empty"' in text and BUTTON in text
    assert f'name="next" value="{address}"' in text
    assert (
        BUTTON
        not in signed_in("exploitation", "identitovigilance", establishment=1).get(address).content.decode()
    )
    Writer().message()
    assert BUTTON not in browser.get(address).content.decode()


def test_the_simulated_hospital_sends_to_the_listener(signed_in: SignedIn, started: Started) -> None:
    browser = signed_in("administration")
    answer = browser.post("/exemple/", {"what": "example", "next": "/rejets/"})
    assert answer.status_code == 302 and answer["Location"] == "/rejets/"
    ((name, by, command),) = started
    assert name == "example" and by.startswith("user:")
    assert command[-6:-2] == ["simulate", "hospital", "--to", "127.0.0.1:2575"]
    assert AccessLine.objects.filter(action="example.send").count() == 1
    browser.post("/exemple/", {"what": "example", "next": "https://elsewhere.example/"})
    assert len(started) == 1
    assert "envoie déjà sa journée" in browser.get("/aide/").content.decode()


@pytest.mark.parametrize("role", ["exploitation", "conformite"])
def test_only_who_sets_the_whole_gateway_may_fill_it(
    signed_in: SignedIn, started: Started, role: str
) -> None:
    browser = signed_in(role, establishment=1)
    assert browser.post("/exemple/", {"what": "example"}).status_code == 403
    assert not started


@pytest.mark.parametrize("why", ["production", "tls"])
def test_no_example_enters_production_nor_goes_behind_tls(
    signed_in: SignedIn, started: Started, why: str
) -> None:
    browser = signed_in("administration")
    if why == "production":
        use(replace(current(), environment="production"))
    else:
        shown = deployment_view.current()
        first = replace(shown.listeners[0], certificate="/etc/ecluse/mllp.pem")
        deployment_view.use(replace(shown, listeners=(first,)))
    assert BUTTON not in browser.get("/rejets/").content.decode()
    assert browser.post("/exemple/", {"what": "example"}).status_code == 302
    assert not started
