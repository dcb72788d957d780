"""A gateway that a simulated hospital filled, and people who visit it with Debian's Chromium."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.gateway import Gateway

PASSWORD = "barrage-amont-aval-7"
ROLES = ("lecture", "exploitation", "identitovigilance", "soignant", "conformite", "administration")


@dataclass
class House:
    """The gateway and those who came in."""

    gateway: Gateway
    browser: Browser
    sessions: dict[tuple[str, ...], Path] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)

    def visit(self, *roles: str, language: str = "fr-FR", dark: bool = False, width: int = 1280) -> Page:
        """A page in the hands of somebody who has these roles; what goes wrong in the browser fails the test."""
        if roles not in self.sessions:
            self.sessions[roles] = self._enter(roles)
        context = self.browser.new_context(
            base_url=self.gateway.http,
            locale=language,
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": 900},
            # A colour on its way to another one would be judged halfway.
            reduced_motion="reduce",
            storage_state=self.sessions[roles],
        )
        return watched(context.new_page())

    def stranger(self) -> Page:
        """A page in the hands of nobody known."""
        context = self.browser.new_context(
            base_url=self.gateway.http, locale="fr-FR", reduced_motion="reduce"
        )
        return watched(context.new_page())

    def invite(self, username: str, *roles: str) -> str:
        """Invite somebody from the command line; the code."""
        told = [word for role in roles for word in ("--role", role)]
        done = self.gateway.run("user", "add", username, "--name", "Claire Moreau", *told, "--format", "json")
        return str(json.loads(done.stdout)["code"])

    def accept(self, page: Page, username: str, code: str) -> None:
        """Choose a password and an authenticator, as an invited person does."""
        page.goto("/invitation/")
        page.fill("#id_username", username)
        page.fill("#id_code", code)
        page.click("main button.button")
        page.wait_for_url("**/invitation/compte/")
        secret = page.inner_text(".secret").strip()
        self.secrets[username] = secret
        page.fill("#id_password", PASSWORD)
        page.fill("#id_again", PASSWORD)
        page.fill("#id_totp", pyotp.TOTP(secret).now())
        page.click("main button.button")
        page.wait_for_url("**/compte/codes-de-secours/**")

    def _enter(self, roles: tuple[str, ...]) -> Path:
        username = f"personne{len(self.sessions)}"
        context = self.browser.new_context(base_url=self.gateway.http, locale="fr-FR")
        self.accept(watched(context.new_page()), username, self.invite(username, *roles))
        file = self.gateway.data.parent / f"{username}.json"
        context.storage_state(path=file)
        context.close()
        return file


def watched(page: Page) -> Page:
    """Have every error of the page raise when the test looks away from it."""
    page.set_default_timeout(15_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.wrong = wrong  # type: ignore[attr-defined]
    return page


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium. Its driver holds the event loop of this process: it leaves before other tests want theirs."""
    program = shutil.which("chromium")
    assert program, "the tests need Chromium: apt-get install chromium, or « make test » which does it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The gateway of the demonstration, after its day; one for all tests of this process, visited by nobody yet."""
    gateway = Gateway(tmp_path_factory.mktemp("console") / "data")
    gateway.run("demo", "--once", "--no-browser")
    with gateway:
        yield House(gateway, None)  # type: ignore[arg-type]  # (each module brings its browser)


@pytest.fixture(scope="module")
def house(hospital: House, chromium: Browser) -> House:
    """The gateway of the demonstration, and those who came in, in the hands of this module's browser."""
    return replace(hospital, browser=chromium)


@pytest.fixture(scope="module")
def new_house(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A gateway nobody has visited."""
    gateway = Gateway(tmp_path_factory.mktemp("new") / "data")
    with socket.socket() as free:  # a port known before the start, as that of a hospital's gateway is
        free.bind(gateway.mllp)
        gateway.mllp = free.getsockname()
    with gateway:
        yield House(gateway, chromium)
