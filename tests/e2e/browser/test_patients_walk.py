"""Patients and consents in a real browser: found with the keyboard, read without script, one gesture with it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser.conftest import House
from tests.e2e.browser.test_settings_walk import reach

pytestmark = pytest.mark.slow


def someone(house: House) -> dict[str, Any]:
    """A patient of the demonstration who has a complete birth date."""
    listed = json.loads(house.gateway.run("patients", "list", "--format", "json").stdout)
    for one in listed["patients"]:
        told = json.loads(house.gateway.run("patients", "show", one["id"], "--format", "json").stdout)
        document = told["patients"][0] if "patients" in told else told
        if len(document["traits"]["birth_date"] or "") == 10 and not document["merged_into"]:
            return dict(document)
    raise AssertionError("nobody has a birth date")


def test_a_patient_is_found_by_traits_with_the_keyboard_alone(house: House) -> None:
    patient = someone(house)
    page = house.visit("identitovigilance")
    page.goto("/patients/")
    reach(page, "#traits_birth_date")
    page.keyboard.type("/".join(reversed(patient["traits"]["birth_date"].split("-"))))
    reach(page, "#traits_name")
    page.keyboard.type(patient["traits"]["birth_name"][:3])
    page.keyboard.press("Enter")
    page.wait_for_selector("#resultats a")
    assert page.url.endswith("/patients/")
    reach(page, f"#resultats a[href='/patients/{patient['id']}/']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/patients/{patient['id']}/")
    expect(page.locator("h1")).to_contain_text(patient["traits"]["birth_name"])
    expect(page.locator("#chronologie > li").last).to_contain_text("Identité créée")
    assert patient["traits"]["birth_name"] not in page.title()
    assert not page.wrong  # type: ignore[attr-defined]


def test_a_consent_takes_one_gesture_and_the_line_says_so(house: House) -> None:
    page = house.visit("soignant")
    page.goto("/consentements/")
    line = page.locator(".worklist > li").first
    name = line.locator("a").inner_text()
    line.locator("label").first.click()
    line.locator("button").click()
    expect(page.locator(".worklist > li").first).to_contain_text("Enregistré")
    page.locator(".worklist > li").first.locator("a").click()
    page.wait_for_url("**/consentements/")
    expect(page.locator("h1")).to_contain_text(name.split()[0])
    expect(page.locator("main")).to_contain_text("Informé, consent")
    assert not page.wrong  # type: ignore[attr-defined]


def test_the_same_gesture_works_without_script(house: House) -> None:
    house.visit("soignant")
    context = house.browser.new_context(
        base_url=house.gateway.http, storage_state=house.sessions[("soignant",)], java_script_enabled=False,
        locale="fr-FR",
    )  # fmt: skip
    page: Page = context.new_page()
    page.goto("/consentements/")
    asked = page.locator(".worklist > li a.row-link").first.get_attribute("href")
    line = page.locator(".worklist > li").first
    line.locator("input[value='INO/INC']").check(force=True)
    line.locator("select").select_option("written")
    line.locator("button").click()
    expect(page.locator(".messages")).to_contain_text("Consentement enregistré")
    expect(page.locator(f".worklist > li a[href='{asked}']")).to_have_count(0)


def test_the_leaflet_prints_on_its_own(house: House) -> None:
    page = house.visit("soignant")
    page.goto("/consentements/notice/")
    page.emulate_media(media="print")
    expect(page.locator(".leaflet")).to_be_visible()
    for hidden in (".bar-nav", ".screen-only >> nth=0", ".crumbs"):
        expect(page.locator(hidden)).to_be_hidden()
