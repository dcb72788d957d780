"""Every object has a link that stays, and a button that copies it."""

from __future__ import annotations

import re

import msgspec
import pytest

from ecluse.protocols.findings import Finding
from ecluse.rules.identity.vocabulary import event
from ecluse.services import index_suspects
from ecluse.services.access import new_secret
from ecluse.store.models.access import Token
from ecluse.store.models.deliveries import Subscriber
from tests.conftest import NOW
from tests.delivery.console.conftest import SignedIn
from tests.services.feeding import Gate
from tests.store.writing import Writer, adopted, created


def fill() -> str:
    """One object of each kind; returns the id of the token."""
    writer = Writer()
    writer.message(created("p1", "7001"), adopted("p1"))
    writer.message(created("p2", "7002", birth_date="19860312"), adopted("p2"))
    flags = [
        event("collision.flagged", one, {"with": [other]}) for one, other in (("p1", "p2"), ("p2", "p1"))
    ]
    writer.message(*flags)
    writer.message(answer="AE", code="101", findings=msgspec.json.encode([Finding("SRV-MSG-001", "error")]))
    Gate().act("establishment.add", name="CH de Valmont", finess="")
    index_suspects.catch_up()
    secret = new_secret()
    Token.objects.create(
        id=secret.id, name="Télésuivi", digest=bytes.fromhex(secret.digest), scopes="status:read", created=NOW
    )
    Subscriber.objects.create(
        id="s1", name="Entrepôt", kind="webhook", target="https://a.example/", options=b"{}", status="active",
        created=NOW, position=0,
    )  # fmt: skip
    return secret.id


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("/flux/messages/1/", "?vue=brut"), ("/flux/emetteurs/1/", ""), ("/rejets/1-SRV-MSG-001/", "?avant=9"),
        ("/patients/p1/", ""), ("/patients/p1/acces/", ""), ("/reglages/abonnes/s1/", ""),
        ("/reglages/habilitations/1/", ""), ("/aide/regles/SRV-MSG-001", ""), ("/journal/actes/5/", ""),
        ("/patients/doublons/1/", ""),
    ],
)  # fmt: skip
def test_the_page_of_an_object_gives_its_link(signed_in: SignedIn, address: str, asked: str) -> None:
    """Whole, without what was asked of the page, so that it leads a colleague to the same object."""
    fill()
    answer = signed_in("administration", "exploitation", "identitovigilance", "conformite").get(
        address + asked
    )
    assert answer.status_code == 200
    assert re.findall(r'data-copy="(http://localhost/[^"]+)"', answer.content.decode()) == [
        f"http://localhost{address}"
    ]


def test_a_token_has_its_place_in_the_page_of_all(signed_in: SignedIn) -> None:
    token = fill()
    text = signed_in("administration").get("/reglages/jetons/").content.decode()
    assert f'data-copy="http://localhost/reglages/jetons/#jeton-{token}"' in text
    assert f'<tr id="jeton-{token}">' in text
