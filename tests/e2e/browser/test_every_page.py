"""Every page that links lead to, as axe-core, a narrow screen and a strict browser see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.e2e.browser.conftest import ROLES, House

AXE = Path(__file__).parents[2] / "node" / "node_modules" / "axe-core" / "axe.min.js"
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


def violations(page: Page, options: str) -> list[str]:
    """What axe-core finds, each with the places of the page."""
    found: dict[str, Any] = page.evaluate(f"axe.run(document, {options})")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]


WCAG = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']}"
CONTRAST = "{runOnly: {type: 'rule', values: ['color-contrast']}}"


def problems(page: Page, address: str) -> list[str]:
    """What is wrong with the page shown: light and wide, then dark, then on a screen of 320 px."""
    page.evaluate(AXE.read_text("utf-8"))
    found = [f"{address} axe {one}" for one in violations(page, WCAG)]
    page.emulate_media(color_scheme="dark")
    found += [f"{address} axe in dark {one}" for one in violations(page, CONTRAST)]
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 320, "height": 900})
    if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
        found.append(f"{address} is {width} px wide on a narrow screen")
    page.set_viewport_size({"width": 1280, "height": 900})
    if page.locator("h1").count() != 1:
        found.append(f"{address} has {page.locator('h1').count()} h1")
    if "undefined" in page.inner_text("body") or "None" in page.inner_text("main").split():
        found.append(f"{address} shows what a program says of nothing")
    found += [f"{address} browser {one}" for one in page.wrong]  # type: ignore[attr-defined]
    page.wrong.clear()  # type: ignore[attr-defined]
    return found


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
