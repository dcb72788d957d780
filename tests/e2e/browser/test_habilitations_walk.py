"""The habilitation matrix in the hands of an administrator: written, then reviewed line by line, without script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import PASSWORD, House
from tests.e2e.browser.test_every_page import problems

pytestmark = pytest.mark.slow

HERE = "/reglages/habilitations/"


def test_matrix_is_written_then_reviewed_without_script(house: House) -> None:
    shown = house.visit("administration")
    context = shown.context.browser.new_context(  # type: ignore[union-attr]
        base_url=house.gateway.http,
        locale="fr-FR",
        java_script_enabled=False,
        storage_state=house.sessions["administration",],
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto("/reglages/etablissements/ajouter/")
    page.fill("#id_name", "CH des Écluses")
    page.click("main form.form button.button")
    page.goto(f"/compte/confirmer/?next={HERE}")  # what gives rights asks again who one is
    page.fill("#id_password", PASSWORD)
    page.click("main button.button")
    page.goto(HERE)
    page.click("text=CH des Écluses")
    for profession, unit, rights in (
        ("10", "Cardiologie", "patients.read"),
        ("60", "Urgences", "consents.record"),
    ):
        page.click("text=Ajouter une ligne >> nth=0")
        page.select_option("#id_profession", profession)
        page.fill("#id_unit", unit)
        page.check(f"input[value='{rights}']")
        page.fill("#id_reason", "Ouverture")
        page.click("text=Enregistrer une version")
        expect(page.locator("main table")).to_contain_text(unit)
    matrix = page.url

    page.click("text=Commencer la revue")
    expect(page.locator("h2").first).to_have_text("Ligne 1 sur 2")
    page.click("text=Garder")
    page.click("summary:has-text('Retirer')")
    page.fill("#why-remove", "Service fermé")
    page.click("text=Retirer cette ligne")
    expect(page.locator("h2").first).to_have_text("Tout est revu")
    review = page.url
    page.click("button:has-text('Clore la revue')")
    expect(page).to_have_url(re.compile(re.escape(matrix)))
    expect(page.locator("main table")).to_contain_text("Cardiologie")
    expect(page.locator("main table")).not_to_contain_text("Urgences")

    found = []
    for address in (HERE, matrix, f"{matrix}versions/", f"{matrix}versions/1/", f"{matrix}ajouter/", review):
        shown.goto(address)
        found += problems(shown, address)
    assert found == []
    context.close()
