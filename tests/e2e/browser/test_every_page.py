"""Every page that links lead to, as axe-core, a narrow screen and a strict browser see it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Page

from tests.e2e.browser.axe import problems
from tests.e2e.browser.conftest import PASSWORD, ROLES, House

LEAVING = ("/deconnexion/", "/static/", "/health/", "/metrics", "/api/", "/fhir")
DOWNLOADS = re.compile(r"fichier|\.(csv|json|txt|hl7|tar\.gz|zip)(\?|$)|export|telecharger|/brut/")


def shape(address: str) -> str:
    """What pages of the same view have in common: numbers and ids are left out, and what stands behind the `?`."""
    path = address.partition("?")[0].partition("#")[0]
    return re.sub(r"/(\d+|[0-9a-f]{16,}|(?:\d+-)?[A-Z]{2,}-[A-Z0-9-]+|[a-z]+_[a-z0-9]+)(?=/|$)", "/…", path)


def pages(page: Page, starts: tuple[str, ...]) -> Iterator[str]:
    """Open one page of each shape, following links; gives its address once it is shown."""
    waiting, seen = list(starts), set()
    while waiting:
        address = waiting.pop(0)
        if shape(address) in seen:
            continue
        seen.add(shape(address))
        answer = page.goto(address)
        assert answer is not None and answer.status == 200, (address, answer and answer.status)
        links = page.eval_on_selector_all("a[href]", "all => all.map(one => one.getAttribute('href'))")
        for link in links:
            if link.startswith("/") and not link.startswith(LEAVING) and not DOWNLOADS.search(link):
                waiting.append(link)
        yield address


def test_no_room_of_the_bar_hinders_anybody(house: House) -> None:
    page = house.visit(*ROLES)
    page.goto("/")
    rooms = page.eval_on_selector_all("nav a[href]", "all => all.map(one => one.getAttribute('href'))")
    assert {"/", "/flux/", "/patients/", "/reglages/"} <= set(rooms)
    found = [one for address in rooms for _ in [page.goto(address)] for one in problems(page, address)]
    assert not found, "\n".join(found)


@pytest.mark.slow
def test_no_page_hinders_anybody(house: House) -> None:
    page = house.visit(*ROLES)
    found = [one for address in pages(page, ("/",)) for one in problems(page, address)]
    assert not found, "\n".join(found)


def test_the_pages_before_signing_in_hinder_nobody(house: House) -> None:
    page = house.stranger()
    found = [
        one
        for address in ("/connexion/", "/invitation/")
        for _ in [page.goto(address)]
        for one in problems(page, address)
    ]
    assert not found, "\n".join(found)


def test_the_second_factor_hinders_nobody(house: House) -> None:
    code = house.invite("seconde", "lecture")
    house.accept(house.stranger(), "seconde", code)
    page = house.stranger()
    page.goto("/connexion/")
    page.fill("#id_login", "seconde")
    page.fill("#id_password", PASSWORD)
    page.click("main button.button")
    page.wait_for_url("**/connexion/second-facteur/")
    assert problems(page, "/connexion/second-facteur/") == []
    page.fill("#id_code", "000000" if pyotp.TOTP(house.secrets["seconde"]).now() != "000000" else "111111")
    page.click("main button.button")
    assert problems(page, "/connexion/second-facteur/ refused") == []


def test_in_english_no_french_word_is_left_in_the_bar(house: House) -> None:
    page = house.visit(*ROLES, language="en-GB")
    page.goto("/compte/")
    page.click("button[value=en]")
    page.goto("/")
    assert page.get_attribute("html", "lang") == "en"
    bar = page.inner_text("nav")
    assert not [word for word in ("Flux", "Rejets", "Réglages", "Accueil", "Aide") if word in bar], bar
    page.goto("/compte/")
    page.click("button[value=fr]")


def test_a_page_is_light_the_first_time(house: House) -> None:
    """150 kB for the first page, fonts, style and script included."""
    page = house.visit(*ROLES)
    sizes: list[int] = []
    page.on("requestfinished", lambda asked: sizes.append(asked.sizes()["responseBodySize"]))
    page.goto("/", wait_until="networkidle")
    assert sum(sizes) <= 150_000, sum(sizes)
