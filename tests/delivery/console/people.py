"""People of the tests, with a password and an authenticator, and how they sign in as a browser does."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pyotp
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.test import Client

PASSWORD = "corridor-violet-42"


class QuickHasher(Argon2PasswordHasher):
    """The digest of the product, with the least memory and time that it can be made with."""

    time_cost, memory_cost, parallelism = 1, 8, 1


@dataclass(frozen=True)
class Person:
    """Somebody who has an account. secret: of her authenticator."""

    id: int
    username: str
    secret: str

    def code(self) -> str:
        """The code her authenticator shows."""
        return pyotp.TOTP(self.secret).now()


def make_person(
    username: str, *roles: str, establishment: int | None = None, site: int | None = None, name: str = ""
) -> Person:
    """Make an account that has chosen its means of sign-in."""
    # Models are imported once Django is set up.
    from ecluse.services.accounts import codes, enrol
    from ecluse.store.models.accounts import RoleGrant, User

    now = time.time_ns() // 1000
    invitation = codes.new_invitation(now, 1)
    user = User.objects.create(
        username=username, name=name or "Claire Moreau", password="!", created=now,
        invitation=bytes.fromhex(invitation.digest), invited_until=invitation.until,
    )  # fmt: skip
    for role in roles:
        RoleGrant.objects.create(
            user=user, role=role, establishment_id=establishment, site_id=site, since=now, given_by="tests"
        )
    secret = pyotp.random_base32()
    enrol.accept_invitation(user, PASSWORD, secret, now)
    return Person(user.pk, username, secret)


def sign_in(browser: Client, person: Person) -> Client:
    """Sign in by the pages: name and password, then a code."""
    cache.clear()  # the tests of limits say themselves how often they try
    first = browser.post("/connexion/", {"login": person.username, "password": PASSWORD})
    assert first.status_code == 302 and first["Location"] == "/connexion/second-facteur/", (
        first.content.decode()
    )
    second = browser.post("/connexion/second-facteur/", {"code": person.code()})
    assert second.status_code == 302, second.content.decode()
    return browser
