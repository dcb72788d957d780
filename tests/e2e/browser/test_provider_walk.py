"""A doctor binds her RPPS, leaves, and comes back by Pro Santé Connect: real browser, certified provider."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser.conftest import House
from tests.e2e.browser.test_every_page import problems
from tests.e2e.gateway import Gateway
from tests.services.psc.provider import DOCTOR, TestedProvider, running

pytestmark = pytest.mark.slow

RELOAD_SECONDS = 20


@pytest.fixture(scope="module")
def house_with_psc(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An empty gateway that takes Pro Santé Connect in while it runs."""
    with Gateway(tmp_path_factory.mktemp("psc") / "data") as gateway:
        addresses = {
            "redirect_uris": [f"{gateway.http}/connexion/psc/retour"],
            "post_logout_redirect_uris": [f"{gateway.http}/connexion/"],
        }
        with running(**addresses) as psc:
            house = House(gateway, chromium)
            offer(house, psc)
            yield house


def offer(house: House, psc: TestedProvider) -> None:
    """Write the settings and have the gateway read them again."""
    gateway = house.gateway
    Path(gateway.env["ECLUSE_SECRETS"], "psc.secret").write_text(psc.client_secret)
    text = (gateway.data / "ecluse.toml").read_text()
    told = (
        f'[psc]\nenabled = true\ndiscovery = "{psc.discovery}"\nclient_id = "{psc.client_id}"\n'
        f'client_secret_file = "psc.secret"\nredirect_uri = "{gateway.http}/connexion/psc/retour"\n'
        f'after_logout_uri = "{gateway.http}/connexion/"\n'
    )
    (gateway.data / "ecluse.toml").write_text(text.replace("[psc]\n", told))
    assert gateway.process is not None
    gateway.process.send_signal(signal.SIGHUP)


def choose(page: Page, person: str) -> None:
    """Say who one is, at the provider; what its own pages lack is not ours to judge."""
    page.wait_for_url("**/interaction/**")
    page.wrong.clear()  # type: ignore[attr-defined]
    page.click(f"button[value={person}]")


def test_a_doctor_binds_her_rpps_leaves_and_comes_back(house_with_psc: House) -> None:
    house = house_with_psc
    page = house.stranger()
    house.accept(page, "v.essai", house.invite("v.essai", "soignant"))
    bind = page.get_by_role("link", name="Lier mon RPPS")
    for _ in range(RELOAD_SECONDS * 2):
        page.goto("/compte/")
        if bind.count():
            break
        page.wait_for_timeout(500)
    bind.click()
    choose(page, "medecin")
    page.wait_for_url("**/compte/")
    expect(page.get_by_text(f"RPPS {DOCTOR} lié à votre compte")).to_be_visible()
    assert not problems(page, "/compte/")

    # The provider still knows the browser: the doctor comes in without a question.
    leave(page)
    page.get_by_role("link", name="Se connecter avec Pro Santé Connect").click()
    page.wait_for_url(lambda address: address.rstrip("/") == house.gateway.http)

    # Opened by the provider, the session ends there too: the next sign-in asks who is there.
    leave(page)
    page.get_by_role("button", name="Partir").click()
    page.wait_for_url("**/connexion/?state=*")
    page.wrong.clear()  # type: ignore[attr-defined]
    assert not problems(page, "/connexion/")
    page.get_by_role("link", name="Se connecter avec Pro Santé Connect").click()
    choose(page, "infirmiere")
    expect(page.get_by_role("heading", level=1)).to_have_text("Connexion refusée")
    page.wrong.clear()  # type: ignore[attr-defined]  # (the browser tells the status 403)
    assert not problems(page, "refused")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def leave(page: Page) -> None:
    """Sign out."""
    page.goto("/deconnexion/")
    page.get_by_role("main").get_by_role("button", name="Se déconnecter").click()
    page.wait_for_url(lambda address: "/deconnexion/" not in address)


def test_a_nurse_chooses_her_situation_on_a_telephone(house_with_psc: House) -> None:
    house = house_with_psc
    context = house.browser.new_context(
        base_url=house.gateway.http, locale="fr-FR", viewport={"width": 320, "height": 700}
    )
    page = context.new_page()
    page.wrong = []  # type: ignore[attr-defined]
    house.accept(page, "a.essai", house.invite("a.essai", "soignant"))
    page.goto("/compte/rpps/")
    choose(page, "infirmiere")
    page.wait_for_url("**/compte/")
    context.clear_cookies()
    page.goto("/connexion/psc/?next=/compte/")
    choose(page, "infirmiere")
    page.wait_for_url("**/compte/situation/")
    assert not problems(page, "/compte/situation/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_label("CLINIQUE DES TROIS ÉCLUSES").check()
    page.get_by_role("button", name="Continuer").click()
    page.wait_for_url("**/compte/")
