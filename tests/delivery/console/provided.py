"""Somebody who signs in by an identity provider: her account, her browser, and the provider of the tests."""

from __future__ import annotations

import re
import time
from html import unescape
from typing import Any

from django.test import Client

from ecluse.store.models.access import AccessLine
from ecluse.store.models.accounts import RoleGrant, User
from tests.delivery.console.conftest import browser
from tests.delivery.console.people import PASSWORD, make_person, sign_in
from tests.services.psc.provider import Browser

TOKEN = "/protocol/openid-connect/token"


def make_account(username: str, rpps: str = "", **told: Any) -> User:
    """An account that was provisioned, and whose holder has chosen no password."""
    now = time.time_ns() // 1000
    user = User.objects.create(
        username=username, name="Violette Essai", password="!", rpps=rpps, created=now, **told
    )
    RoleGrant.objects.create(user=user, role="soignant", since=now, given_by="tests")
    return user


class Visit:
    """A browser that goes to the provider and comes back. kept: where its tokens were when it came."""

    def __init__(self, visitor: Client | None = None) -> None:
        self.here = visitor or browser()
        self.there = Browser()
        self.kept = ""

    def enter(self, person: str = "medecin", address: str = "/connexion/psc/") -> Any:
        """The answer to what the browser brings back."""
        sent = self.here.get(address)
        assert sent.status_code == 302, unescape(sent.content.decode())
        back = self.come_back(self.there.sign_in(sent["Location"], person))
        self.kept = str(self.here.session.get("provider_session", {}).get("box", ""))
        return back

    def come_back(self, query: str) -> Any:
        return self.here.get(f"/connexion/psc/retour?{query}")

    @property
    def is_in(self) -> bool:
        return bool(self.here.get("/compte/").status_code == 200)

    @property
    def box(self) -> str:
        return str(self.here.session["provider_session"]["box"])


def trail(action: str) -> list[str]:
    return list(AccessLine.objects.filter(action=action).order_by("id").values_list("detail", flat=True))


def text(answer: Any) -> str:
    """What a page says, blanks made single."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())


def confirmed(username: str) -> Client:
    """A browser whose visitor signed in by a password, and just proved again who she is."""
    visitor = sign_in(browser(), make_person(username, "soignant"))
    assert visitor.post("/compte/confirmer/", {"password": PASSWORD}).status_code == 302
    return visitor


def grown_old(visit: Visit) -> None:
    """Let the authentications of a session be an hour old."""
    session = visit.here.session
    for one in session["account_authentication_methods"]:
        one["at"] -= 3600
    session.save()
