"""Réglages and journal in a real browser: with the keyboard alone, without script, and a proof that follows itself."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser.conftest import House

pytestmark = pytest.mark.slow


def reach(page: Page, selector: str) -> None:
    """Go with the Tab key until the element has the focus."""
    for _ in range(120):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached with the keyboard")


def test_an_establishment_is_declared_with_the_keyboard_alone(house: House) -> None:
    page = house.visit("administration")
    page.goto("/reglages/etablissements/")
    reach(page, "a[href='/reglages/etablissements/ajouter/']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ajouter/")
    reach(page, "#id_name")
    page.keyboard.type("Centre hospitalier du Port")
    reach(page, "#id_finess")
    page.keyboard.type("750000019")
    page.keyboard.press("Enter")
    error = page.locator("#erreurs a")
    expect(error).to_contain_text("clé")
    reach(page, "#erreurs a")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "id_finess"
    page.keyboard.press("Control+A")
    page.keyboard.type("750000010")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/reglages/etablissements/\d+/"))
    expect(page.locator("h1")).to_have_text("Centre hospitalier du Port")


def test_the_journal_is_verified_and_says_so_by_itself(house: House) -> None:
    """The page asks again until the process it started has ended."""
    page = house.visit("conformite")
    page.goto("/journal/preuves/")
    page.click("#verification button")
    expect(page.locator("#verification .chip")).to_contain_text("Aucune anomalie", timeout=60_000)
    assert not page.wrong  # type: ignore[attr-defined]


def test_the_journal_is_searched_without_script(house: House) -> None:
    house.visit("conformite")
    context = house.browser.new_context(
        base_url=house.gateway.http,
        locale="fr-FR",
        storage_state=house.sessions["conformite",],
        java_script_enabled=False,
    )
    page = context.new_page()
    page.goto("/journal/acces/")
    page.select_option("#id_quoi", "sessions")
    page.click("form[role=search]:has(#id_quoi) button")
    assert "quoi=sessions" in page.url
    expect(page.locator("tbody tr").first).to_contain_text("Connexion")
