"""Take a picture of each page of the console, light and dark, wide and narrow, into docs/captures/.

`python -m scripts.screenshots [NAME…]`: the demonstration is played by a gateway of its own, somebody is invited and
signs in as anybody does, and the pages are visited with Debian's Chromium. NAME: only pages whose name begins so. A
page that is not there, or that is wider than the screen, is told and the exit code is 1.
"""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin

import pyotp
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
CAPTURES = ROOT / "docs" / "captures"
CHROMIUM = "/usr/bin/chromium"
PASSWORD = "barrage-amont-aval-7"
ROLES = ("exploitation", "identitovigilance", "administration", "conformite")
WIDTHS = {"large": 1280, "etroit": 320}
THEMES = {"clair": "light", "sombre": "dark"}
START_SECONDS = 240
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
TALLEST = 4000
"""Pixels of a page that are kept."""


class Shot(NamedTuple):
    """A page to take. follow: links to follow one after the other from the address, as CSS selectors."""

    name: str
    address: str
    follow: tuple[str, ...] = ()


PATIENT = "main a[href^='/patients/']:not([href*='doublons'])"
"""Link to a patient, in a list of them."""

SHOTS = (
    Shot("accueil", "/"),
    Shot("flux", "/flux/"),
    Shot("flux-emetteurs", "/flux/emetteurs/"),
    Shot("flux-messages", "/flux/messages/"),
    Shot("flux-message-recit", "/flux/messages/", ("main .table a[href^='/flux/messages/']",)),
    Shot(
        "flux-message-arbre",
        "/flux/messages/",
        ("main .table a[href^='/flux/messages/']", "a[href*='vue=arbre']"),
    ),
    Shot(
        "flux-message-brut",
        "/flux/messages/",
        ("main .table a[href^='/flux/messages/']", "a[href*='vue=brut']"),
    ),
    Shot("rejets", "/rejets/"),
    Shot("rejets-groupe", "/rejets/", ("main a[href^='/rejets/']:not([href*='?'])",)),
    Shot("patients", "/patients/"),
    Shot("patients-doublons", "/patients/doublons/"),
    Shot("patient-chronologie", "/consentements/", (PATIENT, ".tabs a")),
    Shot("patient-consentements", "/consentements/", (PATIENT,)),
    Shot("patient-sejours", "/consentements/", (PATIENT, "a[href$='/sejours/']")),
    Shot("patient-messages", "/consentements/", (PATIENT, "a[href$='/messages/']")),
    Shot("patient-acces", "/consentements/", (PATIENT, "a[href$='/acces/']")),
    Shot("consentements", "/consentements/"),
    Shot("certificats", "/certificats/"),
    Shot("certificats-emplacements", "/certificats/emplacements/"),
    Shot("certificats-demandes", "/certificats/demandes/"),
    Shot("certificats-autorites", "/certificats/autorites/"),
    Shot("demarches", "/demarches/"),
    Shot("demarches-cartes", "/demarches/cartes/"),
    Shot("demarches-ej-eg", "/demarches/ej-ou-eg/?contrat=&entites=plusieurs"),
    Shot("journal", "/journal/"),
    Shot("journal-acces", "/journal/acces/"),
    Shot("journal-preuves", "/journal/preuves/"),
    Shot("reglages", "/reglages/"),
    Shot("reglages-abonnes", "/reglages/abonnes/"),
    Shot("reglages-ecouteurs", "/reglages/ecouteurs/"),
    Shot("reglages-etablissements", "/reglages/etablissements/"),
    Shot("reglages-habilitations", "/reglages/habilitations/"),
    Shot("reglages-jetons", "/reglages/jetons/"),
    Shot("reglages-sauvegarde", "/reglages/sauvegarde/"),
    Shot("reglages-utilisateurs", "/reglages/utilisateurs/"),
    Shot("recherche", "/recherche/"),
    Shot("aide", "/aide/"),
    Shot("aide-regles", "/aide/regles/"),
    Shot("aide-glossaire", "/aide/glossaire/"),
    Shot("accessibilite", "/accessibilite/"),
    Shot("compte", "/compte/"),
)
OUTSIDE = (Shot("connexion", "/connexion/"), Shot("invitation", "/invitation/"))
"""Pages seen before signing in."""


@contextmanager
def demonstration(folder: Path) -> Iterator[str]:
    """A gateway whose demonstration was played; gives its address."""
    output = folder / "demo.out"
    command = [sys.executable, "-m", "ecluse", "demo", "--no-browser", "--data", str(folder / "data")]
    with output.open("w") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, start_new_session=True)
    try:
        yield _address(process, output)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def _address(process: subprocess.Popen[bytes], output: Path) -> str:
    """Where the gateway answers, once its story is told."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if found := ADDRESS.search(output.read_text("utf-8")):
            return found[0]
        time.sleep(0.5)
    raise SystemExit(f"the demonstration did not start:\n{output.read_text('utf-8')[-2000:]}")


def invite(folder: Path) -> tuple[str, str]:
    """Make an account; gives its name and the code of its invitation."""
    roles = [word for role in ROLES for word in ("--role", role)]
    command = [sys.executable, "-m", "ecluse", "user", "add", "c.roche", "--name", "Camille Roche", *roles]
    told = subprocess.run(
        [*command, "--format", "json", "--data", str(folder / "data")],
        capture_output=True,
        check=True,
        text=True,
    )
    return "c.roche", json.loads(told.stdout)["code"]


def sign_up(page: Page, address: str, name: str, code: str) -> None:
    """Follow an invitation: password and authenticator, then in."""
    page.goto(f"{address}/invitation/")
    page.fill("[name=username]", name)
    page.fill("[name=code]", code)
    page.click("main button")
    secret = re.sub(r"\s", "", page.inner_text(".secret"))
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    page.fill("[name=totp]", pyotp.TOTP(secret).now())
    page.click("main button:not(.copy)")
    page.wait_for_load_state()
    if page.url.endswith("/connexion/") or "/connexion" in page.url:
        _sign_in(page, name, secret)


def _sign_in(page: Page, name: str, secret: str) -> None:
    page.fill("[name=login]", name)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    # A code serves once: the next one is waited for.
    time.sleep(30 - time.time() % 30 + 1)
    page.fill("[name=code]", pyotp.TOTP(secret).now())
    page.click("main button")
    page.wait_for_load_state()


def take(context: BrowserContext, address: str, shot: Shot) -> Iterator[str]:
    """Take a page in each width and each appearance; gives what is wrong with it."""
    for theme, value in THEMES.items():
        for size, width in WIDTHS.items():
            context.add_cookies([{"name": "apparence", "value": value, "url": address}])
            page = context.new_page()
            page.set_viewport_size({"width": width, "height": 800})
            try:
                if problem := _reach(page, address, shot):
                    yield f"{shot.name}: {problem}"
                    return
                if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
                    yield f"{shot.name}: {wide} pixels wide on a screen of {width}"
                _keep(page, CAPTURES / f"{shot.name}-{theme}-{size}.png")
            finally:
                page.close()


def _reach(page: Page, address: str, shot: Shot) -> str:
    """Go to a page; what prevented it, or nothing."""
    answer = page.goto(f"{address}{shot.address}", wait_until="networkidle")
    if answer is None or answer.status >= 400:
        return f"answers {answer.status if answer else 'nothing'}"
    for selector in shot.follow:
        link = page.query_selector(selector)
        if link is None:
            return f"no link {selector}"
        page.goto(urljoin(page.url, link.get_attribute("href")), wait_until="networkidle")
    return ""


def _keep(page: Page, path: Path) -> None:
    """Write the picture with 256 colours: a third of the size, and nobody sees it."""
    page.evaluate("document.fonts.ready")
    taken = Image.open(io.BytesIO(page.screenshot(full_page=True, animations="disabled")))
    picture = taken.convert("RGB").crop((0, 0, taken.width, min(taken.height, TALLEST)))
    picture.quantize(palette=_palette(picture), dither=Image.Dither.NONE).save(path, optimize=True)


def _palette(picture: Image.Image) -> Image.Image:
    """The colours that fill most, exactly as they are, and others between them for the edges of letters."""
    counted = sorted(picture.getcolors(1 << 24) or [], reverse=True)[:160]
    flat = [part for _, colour in counted for part in colour]  # type: ignore[attr-defined]  # (red, green, blue)
    edges = picture.quantize(96, Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette((flat + edges)[: 3 * 256])
    return palette


def run(browser: Browser, address: str, folder: Path, wanted: tuple[str, ...]) -> list[str]:
    """Take the pages that are wanted; what was wrong."""
    context = browser.new_context(locale="fr-FR", timezone_id="Europe/Paris")
    chosen = [one for one in (*OUTSIDE, *SHOTS) if not wanted or one.name.startswith(wanted)]
    wrong: list[str] = []
    for shot in (one for one in chosen if one in OUTSIDE):
        wrong += take(context, address, shot)
    page = context.new_page()
    sign_up(page, address, *invite(folder))
    page.close()
    for shot in (one for one in chosen if one not in OUTSIDE):
        wrong += take(context, address, shot)
    return wrong


def main(wanted: tuple[str, ...]) -> int:
    """Take the pictures; 1 when a page was missing or too wide."""
    CAPTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ecluse-captures-") as name:
        folder = Path(name)
        with demonstration(folder) as address, sync_playwright() as play:
            browser = play.chromium.launch(executable_path=CHROMIUM, env={**os.environ, "LANGUAGE": "fr"})
            wrong = run(browser, address, folder, wanted)
            browser.close()
    print("\n".join(wrong) or "Pictures taken.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(tuple(sys.argv[1:])))
