"""The quick search: where what was typed may be found, without telling it in an address."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from django.test import Client

from ecluse.delivery.console import navigation
from ecluse.delivery.console.home.search import PAGES
from ecluse.delivery.console.navigation import ROOMS
from ecluse.delivery.console.settings_pages.common import SECTIONS
from ecluse.store.models.access import Establishment
from tests.delivery.console.acted import acting
from tests.delivery.console.conftest import Gateway, SignedIn
from tests.services.feeding import Gate, adt


def found(browser: Client, asked: str) -> str:
    answer = browser.post("/recherche/", {"q": asked})
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


def links(text: str) -> list[str]:
    return re.findall(r'<a class="grow row-link" href="([^"]+)"', text)


@pytest.mark.parametrize("asked", ["retention", "CONSERVATION", "réglages", "reglages"])
def test_a_page_is_found_by_its_name(signed_in: SignedIn, asked: str) -> None:
    """Without accents or capitals, only by whoever may see it."""
    text = found(signed_in("exploitation"), asked)
    expected = {"retention": [], "CONSERVATION": ["/reglages/conservation/"]}.get(asked, ["/reglages/"])
    assert links(text) == expected
    assert "/reglages/" not in "".join(links(found(signed_in("soignant"), asked)))


@pytest.fixture
def gate(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gate:
    return acting(monkeypatch)


def test_a_number_may_be_a_line_or_the_identifier_of_a_message(gate: Gate, signed_in: SignedIn) -> None:
    """Both are offered to whoever reads messages, by their line: what was typed may be of a patient."""
    gate.receive(adt(control="C1"))
    gate.receive(adt(control="01"))
    text = found(signed_in("exploitation"), "01")
    assert links(text) == ["/flux/messages/1/", "/flux/messages/2/"]
    assert "ligne 1 du journal" in text and "(MSH-10) est « 01 », ligne 2" in text
    assert links(found(signed_in("lecture"), "01")) == []


@pytest.mark.parametrize("asked", ["7001", "999999999999", "170012a12345678", "1 70 01 2a 123 456 78"])
def test_what_no_message_bears_stands_in_no_address(gate: Gate, signed_in: SignedIn, asked: str) -> None:
    """A local identifier, or a matricule of Corsica in small letters."""
    gate.receive(adt(control="C1", ipp="7001"))
    text = found(signed_in("exploitation", "soignant"), asked)
    assert links(text) == ["/patients/"]
    assert not [one for one in re.findall(r'(?:href|action)="([^"]+)"', text) if asked in unquote(one)]


def test_every_page_that_is_offered_opens(signed_in: SignedIn) -> None:
    """By its address, to whoever it is offered to."""
    addresses = {one[1] for one in PAGES} | {one.address for one in (*ROOMS, *SECTIONS)}
    assert [one for one in sorted(addresses) if not navigation.exists(one)] == []
    roles = ("administration", "exploitation", "soignant", "conformite", "identitovigilance")
    for establishment in (None, 1):
        if establishment:
            Establishment.objects.create(id=1, name="CH de Valmont")
        visitor = signed_in(*roles, establishment=establishment)
        offered = {one for word in "aeiou" for one in links(found(visitor, word)) if one.endswith("/")}
        assert {one: visitor.get(one).status_code for one in offered} == dict.fromkeys(offered, 200)
        assert ("/reglages/utilisateurs/" in offered) is (establishment is None)


def test_what_may_be_of_a_patient_is_posted(signed_in: SignedIn) -> None:
    """A matricule and a local identifier are never links."""
    text = found(signed_in("soignant"), "2 60 05 88 154 002 33")
    assert links(text) == ["/patients/"]
    assert '<input type="hidden" name="matricule" value="2 60 05 88 154 002 33">' in text
    assert '<input type="hidden" name="value" value="2 60 05 88 154 002 33">' in text
    assert text.count('<form method="post" action="/patients/">') == 2
    assert "matricule" not in found(signed_in("exploitation"), "2 60 05 88 154 002 33").split("<main")[1]


def test_what_was_typed_is_shown_as_text(signed_in: SignedIn) -> None:
    """Whatever it is."""
    text = found(signed_in("identitovigilance"), '"><script>7')
    assert "<script>7" not in text
    assert "&lt;script&gt;7" in text


def test_the_field_is_on_every_page_and_posts(signed_in: SignedIn) -> None:
    """With its token, and its label; asked for without anything, the page says what may be typed."""
    browser = signed_in("lecture")
    page = browser.get("/recherche/").content.decode()
    assert re.search(
        r'<form class="search" role="search" aria-label="[^"]+" method="post" action="/recherche/">', page
    )
    assert "csrfmiddlewaretoken" in page
    assert "le nom d’une page" in page
