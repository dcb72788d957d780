"""Whoever guesses is stopped and written down, and locks nobody out by it; second factors serve as they must."""

from __future__ import annotations

import re
import time
from typing import Any

import pyotp
import pytest
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import NoReverseMatch, reverse

from ecluse.services.accounts import first_visit
from ecluse.services.accounts.means import session_means
from ecluse.store.models.access import AccessLine
from ecluse.store.models.accounts import User
from tests.delivery.console.conftest import Gateway, browser
from tests.delivery.console.people import PASSWORD, Person, make_person, sign_in

MINUTE = 60_000_000
NO_CODE = "AAAAA-BBBBB-CCCCC-DDDDD"


def refused() -> list[str]:
    rows = AccessLine.objects.filter(action="session.refused").order_by("id")
    return list(rows.values_list("detail", flat=True))


def lock(person: Person) -> None:
    until = time.time_ns() // 1000 + 10 * MINUTE
    User.objects.filter(pk=person.id).update(locked_until=until)


def half_way(person: Person) -> Client:
    """A browser that gave the right password."""
    cache.clear()
    visitor = browser()
    assert visitor.post("/connexion/", {"login": person.username, "password": PASSWORD}).status_code == 302
    return visitor


def test_wrong_invitations_lock_nobody_out(gateway: Gateway) -> None:
    person = make_person("c.moreau")
    for _ in range(12):
        cache.clear()
        answer = browser().post("/invitation/", {"username": person.username, "code": NO_CODE})
        assert answer.status_code == 422
    assert refused() == ["127.0.0.1 invitation"] * 12
    assert User.objects.get(pk=person.id).failures == 0
    assert sign_in(browser(), person).get("/compte/").status_code == 200


def test_an_invitation_does_not_tell_who_has_an_account(gateway: Gateway) -> None:
    person = make_person("c.moreau")
    lock(person)

    def told(name: str) -> str:
        page = browser().post("/invitation/", {"username": name, "code": NO_CODE})
        return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page.content.decode()).replace(
            name, ""
        )

    assert told("c.moreau") == told("personne")


@pytest.mark.parametrize(
    ("action", "address", "given"),
    [
        ("invitation", "/invitation/", {"username": "c.moreau", "code": NO_CODE}),
        ("first_visit", "/premiere-visite/", {"code": NO_CODE}),
    ],
)
def test_codes_are_tried_so_many_times_a_minute(
    gateway: Gateway, action: str, address: str, given: dict[str, str]
) -> None:
    """Beyond, nothing more is written."""
    if action == "first_visit":
        first_visit.make_code()
    else:
        make_person("c.moreau")
    with override_settings(ACCOUNT_RATE_LIMITS={action: "2/m/ip"}):
        statuses = [browser().post(address, given).status_code for _ in range(4)]
        assert browser().get(address).status_code == 200
    assert statuses == [422, 422, 429, 429]
    assert len(refused()) == 2


def test_limits_are_set_for_all_that_is_tried_without_an_account(gateway: Gateway) -> None:
    # The settings are read once Django is set up.
    from allauth.account import app_settings

    assert {"provider", "invitation", "first_visit"} <= set(app_settings.RATE_LIMITS)


def test_a_first_visit_whose_tries_are_spent_writes_nothing_more(gateway: Gateway) -> None:
    first_visit.make_code()
    for _ in range(14):
        cache.clear()
        browser().post("/premiere-visite/", {"code": NO_CODE})
    assert len(refused()) == first_visit.ATTEMPTS


def test_a_locked_account_takes_no_second_factor(gateway: Gateway) -> None:
    """The right one neither, else guessing would only wait for it."""
    person = make_person("c.moreau")
    visitor = half_way(person)
    lock(person)
    answer = visitor.post("/connexion/second-facteur/", {"code": person.code()})
    assert answer.status_code == 200 and "Trop de refus" in answer.content.decode()
    assert visitor.get("/compte/").status_code == 302


def test_a_locked_account_opens_by_no_recovery_code_begun_before(gateway: Gateway) -> None:
    person = make_person("c.moreau")
    visitor = half_way(person)
    for _ in range(10):
        cache.clear()
        visitor.post("/connexion/second-facteur/", {"code": "000000"})
    cache.clear()
    assert visitor.post("/connexion/second-facteur/", {"code": person.code()}).status_code == 200
    assert visitor.get("/compte/").status_code == 302


@pytest.mark.parametrize(
    ("why", "address", "given"),
    [
        ("password", "/compte/confirmer/", {"password": "wrong"}),
        ("second factor", "/compte/confirmer/code/", {"code": "000000"}),
        (
            "password",
            "/compte/mot-de-passe/",
            {"oldpassword": "wrong", "password1": "another-corridor-7", "password2": "another-corridor-7"},
        ),
    ],
)
def test_a_confirmation_that_fails_counts_and_is_written(
    gateway: Gateway, why: str, address: str, given: dict[str, str]
) -> None:
    """Somebody at a session left open guesses no longer than at the door."""
    person = make_person("c.moreau")
    visitor = sign_in(browser(), person)
    assert visitor.post(address, given).status_code == 200
    assert User.objects.get(pk=person.id).failures == 1
    assert refused() == [f"127.0.0.1 {why}"]


@pytest.mark.parametrize(
    "address", ["/compte/confirmer/", "/compte/confirmer/code/", "/compte/mot-de-passe/"]
)
def test_a_locked_account_confirms_nothing(gateway: Gateway, address: str) -> None:
    person = make_person("c.moreau")
    visitor = sign_in(browser(), person)
    cache.clear()
    lock(person)
    given = {"password": PASSWORD, "code": person.code(), "oldpassword": PASSWORD}
    answer = visitor.post(address, given)
    assert answer.status_code == 200 and "Trop de refus" in answer.content.decode()
    assert visitor.get("/compte/codes-de-secours/").status_code == 302


def test_a_code_serves_once_as_long_as_it_is_good(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    """A code of the period before is taken, so one that served is remembered that long too."""
    person = make_person("c.moreau")
    clock = (time.time() // 30) * 30 + 1
    monkeypatch.setattr(time, "time", lambda: clock)
    code = pyotp.TOTP(person.secret).at(int(clock) + 30)  # of a phone whose clock is fast
    first, second = half_way(person), half_way(person)
    assert first.post("/connexion/second-facteur/", {"code": code}).status_code == 302
    clock += 45
    assert second.post("/connexion/second-facteur/", {"code": code}).status_code == 200
    assert second.get("/compte/").status_code == 302


def test_a_key_alone_opens_nothing(gateway: Gateway) -> None:
    person = make_person("c.moreau")
    assert person and browser().get("/connexion/cle/").status_code == 404
    with pytest.raises(NoReverseMatch):
        reverse("mfa_login_webauthn")


@pytest.mark.parametrize(
    ("records", "factors"),
    [
        ([{"method": "password"}], 1),
        ([{"method": "mfa", "type": "webauthn"}], 1),
        ([{"method": "mfa", "type": "webauthn"}, {"method": "mfa", "type": "totp"}], 1),
        ([{"method": "password"}, {"method": "mfa", "type": "webauthn"}], 2),
        ([{"method": "password"}, {"method": "mfa", "type": "recovery_codes"}], 2),
        ([{"method": "psc", "factors": 2}], 2),
        ([{"method": "oidc", "factors": 0}], 1),
        ([{"method": "card"}], 2),
        ([], 0),
    ],
)
def test_what_is_held_makes_two_factors_beside_a_password_only(
    records: list[dict[str, Any]], factors: int
) -> None:
    assert session_means(records).factors == factors


def confirmed_with_a_key(person: Person) -> Client:
    """A visitor who just proved who she is, and whose only second factor is a security key."""
    # Models are imported once Django is set up.
    from allauth.mfa.models import Authenticator

    visitor = sign_in(browser(), person)
    visitor.post("/compte/confirmer/", {"password": PASSWORD})
    Authenticator.objects.filter(user_id=person.id, type="totp").delete()
    Authenticator.objects.create(user_id=person.id, type="webauthn", data={"name": "Clé", "credential": {}})
    return visitor


def test_the_last_security_key_is_not_taken_away(gateway: Gateway) -> None:
    from allauth.mfa.models import Authenticator

    person = make_person("c.moreau")
    visitor = confirmed_with_a_key(person)
    key = Authenticator.objects.get(user_id=person.id, type="webauthn")
    shown = visitor.get(f"/compte/cles/{key.pk}/retirer/").content.decode()
    assert "votre seul second facteur" in shown and '<button class="button bad"' not in shown
    assert visitor.post(f"/compte/cles/{key.pk}/retirer/").status_code == 422
    assert Authenticator.objects.filter(pk=key.pk).exists()
    other = Authenticator.objects.create(
        user_id=person.id, type="webauthn", data={"name": "Autre", "credential": {}}
    )
    assert visitor.post(f"/compte/cles/{key.pk}/retirer/").status_code == 302
    kept = Authenticator.objects.filter(user_id=person.id, type="webauthn")
    assert list(kept.values_list("pk", flat=True)) == [other.pk]


def test_the_secret_proposed_to_an_authenticator_is_sealed_in_the_session(gateway: Gateway) -> None:
    person = make_person("c.moreau")
    visitor = confirmed_with_a_key(person)
    page = visitor.get("/compte/application/").content.decode()
    secret = page.split('class="mono secret">')[1].split("<")[0]
    assert len(secret) == 32 and secret not in str(dict(visitor.session.items()))
    wrong = visitor.post("/compte/application/", {"code": "000000"}).content.decode()
    assert secret in wrong, "a wrong code proposes the same secret again"
    assert secret not in str(dict(visitor.session.items()))
    done = visitor.post("/compte/application/", {"code": pyotp.TOTP(secret).now()})
    assert done.status_code == 302
