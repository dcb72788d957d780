"""One establishment or all of them: what is chosen in the header narrows the lists, and never widens them."""

from __future__ import annotations

import re

import msgspec
import pytest
from django.test import Client

from ecluse.protocols.findings import Finding
from ecluse.services.accounts.places import Place, find, offered
from ecluse.store.models import Domain, JournalEntry, PatientState, Sender
from ecluse.store.models.access import DomainEstablishment, Establishment, Site
from ecluse.store.models.accounts import RoleGrant, User
from tests.conftest import NOW
from tests.delivery.console.conftest import Gateway, SignedIn
from tests.store.writing import Writer, created

ALL = "Tous les établissements"


@pytest.fixture
def places(gateway: Gateway) -> None:
    """Two establishments, each with its domain, a sender that was refused, and a patient."""
    Domain.objects.create(id=2, name="cabinet", oid="", own=True)
    refused = msgspec.json.encode([Finding("SRV-MSG-001", "error")])
    for number, name in ((1, "CH de Valmont"), (2, "Cabinet des Tilleuls")):
        Establishment.objects.create(id=number, name=name)
        DomainEstablishment.objects.create(domain_id=number, establishment_id=number)
        Site.objects.create(id=number, establishment_id=number, name="Site", zone="Europe/Paris")
        Sender.objects.create(
            id=number, listener="main", application=f"APP{number}", facility="F", domain_id=number,
            status="confirmed", policy="tolerant", first_seen=NOW,
        )  # fmt: skip
        writer = Writer(domain=number)
        for seq in (
            writer.message(created(f"p{number}", f"700{number}")),
            writer.message(answer="AE", code="101", findings=refused),
        ):
            JournalEntry.objects.filter(seq=seq).update(sender_id=number)


def choose(browser: Client, place: object, shown: str = "/") -> str:
    answer = browser.post("/etablissement/", {"place": str(place), "next": shown})
    assert answer.status_code == 302
    return str(answer["Location"])


def seen(browser: Client) -> set[str]:
    """Which senders, groups of refusals, messages and patients are shown."""
    found = set()
    for address in ("/", "/flux/", "/flux/emetteurs/", "/flux/messages/", "/rejets/"):
        text = browser.get(address).content.decode()
        found |= {f"{address} {one}" for one in re.findall(r"APP\d", text)}
    for patient in ("p1", "p2"):
        if browser.get(f"/patients/{patient}/").status_code == 200:
            found.add(patient)
    return found


def of(number: int) -> set[str]:
    lists = ("/", "/flux/", "/flux/emetteurs/", "/flux/messages/", "/rejets/")
    return {*(f"{one} APP{number}" for one in lists), f"p{number}"}


@pytest.mark.usefixtures("places")
def test_every_list_follows_what_is_chosen(signed_in: SignedIn) -> None:
    browser = signed_in("exploitation", "identitovigilance")
    assert seen(browser) == of(1) | of(2)
    choose(browser, 1)
    assert seen(browser) == of(1)
    assert '<span class="place-name">CH de Valmont</span>' in browser.get("/aide/").content.decode()
    choose(browser, 2)
    assert seen(browser) == of(2)
    assert "Vous ne regardez que Cabinet des Tilleuls" in browser.get("/patients/p1/").content.decode()
    choose(browser, "")
    assert seen(browser) == of(1) | of(2)


@pytest.mark.usefixtures("places")
def test_a_choice_never_widens_what_a_person_reaches(signed_in: SignedIn) -> None:
    """Another establishment than hers is as none; so is one that she chose before her role there was taken."""
    browser = signed_in("exploitation", "identitovigilance", establishment=1, username="claire")
    for forged in (2, 99, "x", "-1", "9" * 40, "\u0661"):
        choose(browser, forged)
        assert seen(browser) == of(1), forged
    assert ALL not in browser.get("/").content.decode()  # one establishment: nothing to choose
    claire = User.objects.get(username="claire")
    for role in ("exploitation", "identitovigilance"):
        RoleGrant.objects.create(user=claire, role=role, establishment_id=2, since=NOW, given_by="tests")
    choose(browser, 2)
    assert seen(browser) == of(2)
    RoleGrant.objects.filter(establishment_id=2).delete()
    assert seen(browser) == of(1)


@pytest.mark.usefixtures("places")
def test_a_choice_comes_back_to_a_list(signed_in: SignedIn) -> None:
    """An object may not be of the establishment chosen; an address of elsewhere leads home."""
    browser = signed_in("exploitation")
    for shown, back in (
        ("/rejets/", "/rejets/"),
        ("/flux/messages/1/", "/flux/"),
        ("/nowhere/", "/"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
    ):
        assert choose(browser, 1, shown) == back


@pytest.mark.usefixtures("places")
def test_what_is_set_for_the_whole_gateway_stays_open(signed_in: SignedIn) -> None:
    browser = signed_in("administration")
    choose(browser, 1)
    assert browser.get("/reglages/etablissements/ajouter/").status_code == 200


@pytest.mark.usefixtures("places")
def test_places_of_a_person_are_those_of_her_roles(gateway: Gateway, signed_in: SignedIn) -> None:
    signed_in("soignant", establishment=2, username="anne")
    signed_in("soignant", username="paul")
    anne, paul = User.objects.get(username="anne").pk, User.objects.get(username="paul").pk
    assert offered(anne) == ((2, "Cabinet des Tilleuls"),)
    assert offered(paul) == ((2, "Cabinet des Tilleuls"), (1, "CH de Valmont"))
    assert find(anne, 1) is None and find(paul, 1) is not None
    assert PatientState.objects.count() == 2


def test_a_place_keeps_what_both_reach() -> None:
    place = Place(1, "CH", frozenset({1, 2}), frozenset({7}))
    assert place.narrowed(None, frozenset()) == (frozenset({1, 2}), frozenset())
    assert place.narrowed(frozenset({2, 3}), frozenset({7, 8})) == (frozenset({2}), frozenset({7}))
    assert place.narrowed(frozenset(), frozenset()) == (frozenset(), frozenset())
