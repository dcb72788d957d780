"""The quick search: where what was typed may be found, without telling it in an address."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests.delivery.console.conftest import SignedIn


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


def test_a_number_may_be_a_line_or_the_identifier_of_a_message(signed_in: SignedIn) -> None:
    """Both are offered to whoever reads messages."""
    text = found(signed_in("exploitation"), "1042")
    assert links(text) == ["/flux/messages/1042/", "/flux/messages/?controle=1042"]
    assert links(found(signed_in("lecture"), "1042")) == []


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
