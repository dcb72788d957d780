"""Coming in: the first visit up to its last proof, a security key, the keyboard alone, and no script at all."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pyotp
from playwright.sync_api import Page, expect

from tests.e2e.browser.axe import problems
from tests.e2e.browser.conftest import PASSWORD, House, watched


def code_of(page: Page) -> str:
    return pyotp.TOTP(page.inner_text(".secret").strip()).now()


def test_the_first_hour(new_house: House) -> None:
    gateway, page = new_house.gateway, new_house.stranger()
    page.goto("/")
    expect(page).to_have_url(re.compile("/premiere-visite/$"))
    wrong = problems(page, "the first visit")
    code = re.search(r"\n    ([A-Z0-9]{5}(?:-[A-Z0-9]{5}){3})\n", gateway.log)
    assert code, gateway.log
    page.fill("#id_code", code[1])
    page.click("main button.button")
    wrong += problems(page, "the first account")
    page.fill("#id_name", "Claire Moreau")
    page.fill("#id_username", "c.moreau")
    page.fill("#id_password", PASSWORD)
    page.fill("#id_again", PASSWORD)
    page.fill("#id_totp", code_of(page))
    page.click("main button.button")
    expect(page.locator(".codes li")).to_have_count(10)
    wrong += problems(page, "the recovery codes")
    page.click("main a.button")
    wrong += problems(page, "the steps")

    page.fill("#id_name", "CH de Valmont")
    page.fill("#id_finess", "990000010")
    page.fill("#id_site", "Valmont Nord")
    page.fill("#id_site_finess", "990000028")
    page.click("#place button")
    expect(page.locator("#place .proof")).to_contain_text("990000010")
    page.fill("#domain #id_oid", "1.2.250.1.999.7.1")
    page.click("#domain button")
    expect(page.locator("#domain .proof")).to_contain_text("1.2.250.1.999.7.1")
    page.click("#listener form button")
    expect(page.locator("#listener .proof")).to_contain_text(str(gateway.mllp[1]))
    told = Path(gateway.data.parent / "message.hl7")
    done = gateway.run(
        "send", "--to", f"{gateway.mllp[0]}:{gateway.mllp[1]}", str(_message(told)), check=False
    )
    assert "AA" in done.stdout, done.stdout + done.stderr
    page.reload()
    assert page.locator("#feed .proof").count() == 1
    page.click("#sender button:not(.quiet)")
    expect(page.locator("#sender .proof")).to_contain_text("1")
    wrong += problems(page, "the steps, done")
    assert wrong == []


def _message(file: Path) -> Path:
    """A first message, as an admission software would send it."""
    lines = [
        "MSH|^~\\&|GAM|VALMONT|ECLUSE|DMN|20261118081500||ADT^A28^ADT_A05|C1|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||"
        "2.11^IHE_FRANCE-2.11-PAM",
        "EVN||20261118081500||||20261118081400",
        "PID|1||7001^^^VALMONT&1.2.250.1.999.7.1&ISO^PI||BRIAND^ÉLOI^ÉLOI MARIN^^M.^^L||19700112|M|||1 RUE DU PORT"
        "^^BREST^^29200^FRA^H~^^^^^^BDL^^29019|||||||||||||||||||||PROV",
        "PV1||N",
    ]
    file.write_bytes("\r".join(lines).encode() + b"\r")
    return file


def test_a_security_key_replaces_the_code(house: House) -> None:
    page = house.stranger()
    house.accept(page, "cle", house.invite("cle", "lecture"))
    client = page.context.new_cdp_session(page)
    client.send("WebAuthn.enable")
    client.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "usb",
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    # A key knows names only, not addresses: the same gateway by the name of this machine.
    base = house.gateway.http.replace("127.0.0.1", "localhost")
    page.goto(f"{base}/connexion/")
    page.fill("#id_login", "cle")
    page.fill("#id_password", PASSWORD)
    page.click("main button.button")
    page.fill("#id_code", pyotp.TOTP(house.secrets["cle"]).at(int(time.time()) + 30))
    page.click("main form:not(.key) button.button")
    page.goto(f"{base}/compte/cles/ajouter/")
    if "/compte/confirmer/" in page.url:
        page.goto(f"{base}/compte/confirmer/?next=/compte/cles/ajouter/")
        page.fill("#id_password", PASSWORD)
        page.click("main button.button")
    page.fill("#id_name", "Clé bleue")
    page.click("main button.button:not(.quiet)")
    page.wait_for_url("**/compte/")
    expect(page.locator("main")).to_contain_text("Clé bleue")
    page.click("details.account summary")
    page.click("form[action='/deconnexion/'] button")
    page.goto(f"{base}/connexion/")
    page.fill("#id_login", "cle")
    page.fill("#id_password", PASSWORD)
    page.click("main button.button")
    page.click("form.key button")
    page.wait_for_url(f"{base}/")
    page.goto(f"{base}/compte/")
    expect(page.locator("main")).to_contain_text("Clé de sécurité")


def test_the_keyboard_alone_signs_in(house: House) -> None:
    page = house.stranger()
    house.accept(page, "clavier", house.invite("clavier", "lecture"))
    page.context.clear_cookies()
    page.goto("/connexion/")
    page.wait_for_function("document.activeElement.id === 'id_login'")
    page.keyboard.type("clavier")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/connexion/second-facteur/")
    page.wait_for_function("document.activeElement.id === 'id_code'")
    page.keyboard.type(pyotp.TOTP(house.secrets["clavier"]).at(int(time.time()) + 30))
    page.keyboard.press("Enter")
    page.wait_for_url(f"{house.gateway.http}/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip", "the first stop leads to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "contenu"


def test_without_script_a_person_signs_in_and_sets_her_language(house: House) -> None:
    page = house.stranger()
    house.accept(page, "sansscript", house.invite("sansscript", "lecture"))
    context = house.browser.new_context(
        base_url=house.gateway.http, locale="fr-FR", java_script_enabled=False,
        storage_state=page.context.storage_state(),
    )  # fmt: skip
    plain = watched(context.new_page())
    plain.goto("/compte/")
    plain.click("button[value=en]")
    assert plain.get_attribute("html", "lang") == "en"
