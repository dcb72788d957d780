"""A refused message, from the list to the letter, and its group until it is resolved, the latter without any script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser.conftest import House

pytestmark = pytest.mark.slow


def without_script(house: House, *roles: str) -> Page:
    """A page of somebody whose browser runs no script."""
    house.visit(*roles).context.close()
    context = house.browser.new_context(
        base_url=house.gateway.http,
        locale="fr-FR",
        storage_state=house.sessions[roles],
        java_script_enabled=False,
    )
    return context.new_page()


def test_a_refused_message_is_found_understood_and_written_about(house: House) -> None:
    page = house.visit("exploitation")
    page.goto("/flux/messages/")
    page.select_option("#f-reponse", "AE")
    page.wait_for_url("**reponse=AE**")
    expect(page.locator("#lignes tbody .chip.bad").first).to_be_visible()
    expect(page.locator("#lignes tbody .chip.ok")).to_have_count(0)
    page.click("#lignes tbody a.row-link >> nth=0")
    page.wait_for_url(re.compile(r"/flux/messages/\d+/$"))
    expect(page.locator(".story")).to_contain_text("Refusé")
    expect(page.locator(".findings .why").first).to_contain_text("Que faire")
    rule = page.locator(".findings .rule a").first.inner_text()
    page.click(".letter > summary")
    expect(page.locator(".letter-body")).to_contain_text(rule)
    page.click("text=Arbre")
    expect(page.locator(".hl7-tree .pin").first).to_be_visible()
    page.click("text=Brut")
    expect(page.locator(".er7 .delimiter").first).to_be_visible()
    assert not page.wrong  # type: ignore[attr-defined]


def test_a_group_is_owned_noted_and_resolved_without_script(house: House) -> None:
    page = without_script(house, "exploitation")
    page.goto("/rejets/")
    group = page.get_attribute("table.groups a.row-link >> nth=0", "href")
    page.click("table.groups a.row-link >> nth=0")
    page.click("text=Je m’en charge")
    expect(page.locator(".facts").first).to_contain_text("Claire Moreau")
    page.click("text=Écrire une note")
    page.fill("form[action$='/noter/'] textarea", "Ticket 8812.")
    page.click("form[action$='/noter/'] button")
    expect(page.locator(".timeline")).to_contain_text("Ticket 8812.")
    page.click("text=Marquer comme résolu")
    page.click("form[action$='/resoudre/'] button")
    expect(page.locator(".head .chip")).to_have_text("Résolu")
    page.goto("/rejets/")
    expect(page.locator(f"table.groups a[href='{group}']")).to_have_count(0)
