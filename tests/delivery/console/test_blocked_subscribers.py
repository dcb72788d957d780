"""A webhook that the settings of the gateway themselves keep closed: told as such, with the line that opens it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from django.test import Client

from ecluse.services import deployment_view
from ecluse.services.queries import subscribers
from ecluse.store.models.deliveries import PendingDelivery, Subscriber
from tests.conftest import NOW
from tests.delivery.console.conftest import SignedIn
from tests.delivery.console.test_settings_pages import fresh, text
from tests.services.feeding import Gate

CLOSED = "https://127.0.0.1:9/hook"


@pytest.fixture
def admin(writer: Gate, signed_in: SignedIn) -> Client:
    """An administrator who just proved again who she is."""
    return fresh(signed_in("administration"))


def add(admin: Client, target: str) -> tuple[str, str]:
    """What the page says of a new webhook, and its id."""
    given = {"kind": "webhook", "name": "Suivi", "target": target, "types": ""}
    answer = admin.post("/reglages/abonnes/ajouter/", given)
    return text(answer).replace("&quot;", '"'), subscribers.every(NOW)[0].id


def fail(id_: str, why: str) -> None:
    """A delivery that failed, due again at once while the destination is left alone for two minutes."""
    now = time.time_ns() // 1000
    PendingDelivery.objects.create(
        subscriber=id_, position=1, keys=b"[]", attempts=5, parked=False, reason=why, since=now - 60_000_000,
        next_at=now - 1,
    )  # fmt: skip
    Subscriber.objects.filter(id=id_).update(failures=5, until=now + 120_000_000)


def test_the_line_that_opens_a_closed_address_names_it(admin: Client) -> None:
    told, id_ = add(admin, CLOSED)
    assert "127.0.0.1 n’est pas une adresse publique : rien n’y sera envoyé" in told.replace("\u202f", " ")
    assert '[deliveries] allowed_networks = ["127.0.0.1"]' in told
    assert "Sentence(" not in told
    page = text(admin.get(f"/reglages/abonnes/{id_}/")).replace("&quot;", '"')
    assert "Bloqué par vos réglages" in page and "À jour" not in page
    assert '[deliveries] allowed_networks = ["127.0.0.1"]' in page
    assert "Bloqué par vos réglages" in text(admin.get("/reglages/abonnes/"))


def test_networks_that_are_open_stay_in_the_line(admin: Client) -> None:
    view = deployment_view.current()
    deployment_view.use(replace(view, allowed_networks=("10.1.0.0/16",)))
    told, _ = add(admin, CLOSED)
    deployment_view.use(view)
    assert 'allowed_networks = ["10.1.0.0/16", "127.0.0.1"]' in told


def test_a_name_that_leads_to_a_closed_address_is_told_too(admin: Client) -> None:
    """It is known from the first delivery only: its operator has nothing to do."""
    _, id_ = add(admin, "https://suivi.example/")
    fail(id_, "forbidden: address not allowed")
    page = text(admin.get(f"/reglages/abonnes/{id_}/"))
    assert "Bloqué par vos réglages" in page and "Prévenez son exploitant" not in page
    assert "address not allowed" not in page
    assert "dans 1 min" in page and "tout de suite" not in page, "not before the destination is tried again"


def test_a_destination_that_does_not_answer_is_its_operators(admin: Client) -> None:
    _, id_ = add(admin, "https://suivi.example/")
    fail(id_, "timeout: no answer in time")
    page = text(admin.get(f"/reglages/abonnes/{id_}/"))
    assert "Prévenez son exploitant" in page and "Bloqué par vos réglages" not in page
    assert "pas de réponse à temps" in page
