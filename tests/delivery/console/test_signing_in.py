"""Signing in: a password and a second factor, limits, and what is written of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import translation

from ecluse.services.accounts import first_visit
from ecluse.store.models.access import AccessLine, Establishment, Site
from ecluse.store.models.accounts import Means, User
from tests.delivery.console.conftest import Gateway, SignedIn, browser
from tests.delivery.console.people import PASSWORD, make_person, sign_in


def trail(action: str) -> list[str]:
    return list(AccessLine.objects.filter(action=action).order_by("id").values_list("detail", flat=True))


def test_a_password_and_a_code_open_a_session(gateway: Gateway) -> None:
    person = make_person("c.moreau", "administration")
    visitor = sign_in(browser(), person)
    shown = visitor.get("/compte/")
    assert shown.status_code == 200
    assert "Claire Moreau" in shown.content.decode()
    assert trail("session.open") == ["127.0.0.1 password+password-totp"]
    assert Means.objects.get(kind="password-totp").last_used is not None


def test_a_password_alone_opens_nothing(gateway: Gateway) -> None:
    make_person("c.moreau", "administration")
    half = browser()
    half.post("/connexion/", {"login": "c.moreau", "password": PASSWORD})
    assert half.get("/compte/").status_code == 302
    assert half.get("/reglages/utilisateurs/")["Location"].startswith("/connexion/")


def test_a_session_has_a_new_key_once_opened(gateway: Gateway) -> None:
    """Somebody who planted a cookie before the sign-in has nothing."""
    person = make_person("c.moreau")
    visitor = browser()
    visitor.post("/connexion/", {"login": person.username, "password": PASSWORD})
    before = visitor.cookies["ecluse_session"].value
    visitor.post("/connexion/second-facteur/", {"code": person.code()})
    assert visitor.cookies["ecluse_session"].value != before
    planted = Client(headers={"host": "localhost"})
    planted.cookies["ecluse_session"] = before
    assert planted.get("/compte/").status_code == 302


def test_a_code_serves_once(gateway: Gateway) -> None:
    person = make_person("c.moreau")
    code = person.code()
    for status in (302, 200):
        again = browser()
        again.post("/connexion/", {"login": person.username, "password": PASSWORD})
        assert again.post("/connexion/second-facteur/", {"code": code}).status_code == status


def test_a_recovery_code_replaces_the_second_factor_once(gateway: Gateway) -> None:
    person = make_person("c.moreau")
    visitor = sign_in(browser(), person)
    asked = visitor.get("/compte/codes-de-secours/")
    assert asked.status_code == 302 and asked["Location"].startswith("/compte/confirmer/")
    visitor.post("/compte/confirmer/", {"password": PASSWORD})
    shown = visitor.get("/compte/codes-de-secours/").content.decode()
    code = shown.split('class="codes mono"><li>')[1][:8]
    for status in (302, 200):
        other = browser()
        other.post("/connexion/", {"login": person.username, "password": PASSWORD})
        assert other.post("/connexion/second-facteur/", {"code": code}).status_code == status


def test_an_account_is_locked_after_too_many_refusals(gateway: Gateway) -> None:
    person = make_person("c.moreau")
    for _ in range(10):
        # Another address each time, and no memory of the last minutes: what is left is the account's own count.
        cache.clear()
        browser().post("/connexion/", {"login": person.username, "password": "wrong"})
    cache.clear()
    right = browser().post("/connexion/", {"login": person.username, "password": PASSWORD})
    assert right.status_code == 200, "the right password must be refused while the account is locked"
    assert trail("session.refused")[-1] == "127.0.0.1 locked"
    User.objects.filter(pk=person.id).update(locked_until=int(time.time() * 1_000_000) - 1)
    assert sign_in(browser(), person).get("/compte/").status_code == 200


def test_many_attempts_from_one_place_are_slowed_whatever_the_account(gateway: Gateway) -> None:
    person = make_person("c.moreau")
    for number in range(12):
        browser().post("/connexion/", {"login": f"nobody{number}", "password": "wrong"})
    visitor = browser()
    answer = visitor.post("/connexion/", {"login": person.username, "password": PASSWORD})
    assert answer.status_code == 200, "ten refusals a minute from one address must close it for a while"
    assert "Trop de refus" in answer.content.decode()
    assert visitor.get("/connexion/second-facteur/").status_code == 302
    assert visitor.get("/compte/").status_code == 302


@pytest.mark.parametrize(("seconds", "hours"), [(21 * 60, 0.0), (0, 4.1)])
def test_a_session_ends_by_itself(gateway: Gateway, seconds: int, hours: float) -> None:
    visitor = sign_in(browser(), make_person("c.moreau"))
    session = visitor.session
    session["seen"] -= seconds
    session["began"] -= hours * 3600
    session.save()
    assert visitor.get("/compte/").status_code == 302
    assert "Votre session est terminée" in visitor.get("/connexion/").content.decode()
    assert trail("session.end")


def test_the_first_visit_needs_its_code_then_is_closed(gateway: Gateway) -> None:
    visitor = gateway.browser
    assert visitor.get("/compte/")["Location"] == "/premiere-visite/"
    assert visitor.get("/premiere-visite/compte/")["Location"] == "/premiere-visite/"
    code = first_visit.make_code()
    assert visitor.post("/premiere-visite/", {"code": "AAAAA-BBBBB-CCCCC-DDDDD"}).status_code == 422
    assert visitor.post("/premiere-visite/", {"code": code})["Location"] == "/premiere-visite/compte/"
    page = visitor.get("/premiere-visite/compte/").content.decode()
    secret = page.split('class="mono secret">')[1].split("<")[0]
    given = {
        "name": "Claire Moreau", "username": "C.Moreau", "password": PASSWORD, "again": PASSWORD,
        "totp": pyotp.TOTP(secret).now(),
    }  # fmt: skip
    wrong = visitor.post("/premiere-visite/compte/", {**given, "totp": "000000"})
    assert wrong.status_code == 422 and not User.objects.exists(), "no account without a second factor"
    assert visitor.post("/premiere-visite/compte/", given).status_code == 302
    assert User.objects.get().username == "c.moreau"
    assert visitor.get("/compte/").status_code == 200
    other = browser()
    assert other.get("/premiere-visite/")["Location"] == "/"
    assert other.post("/premiere-visite/", {"code": code})["Location"] == "/"


def test_ten_wrong_codes_end_the_first_visit(gateway: Gateway) -> None:
    code = first_visit.make_code()
    for _ in range(10):
        gateway.browser.post("/premiere-visite/", {"code": "AAAAA-BBBBB-CCCCC-DDDDD"})
    assert gateway.browser.post("/premiere-visite/", {"code": code}).status_code == 422


@pytest.mark.parametrize("password", ["court-42", "password1234", "claire.moreau", "x" * 129])
def test_a_poor_password_is_refused(gateway: Gateway, password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, User(username="c.moreau", name="Claire Moreau"))


@pytest.mark.parametrize(
    "password",
    [
        "motdepasse12", "ecluse-ecluse", "Écluse2026!!!!", "MotDePasse-2026", "m0tdep@sse123", "azertyuiop12",
        "azertyuiopqsdf", "soleil-soleil", "doudou.marseille13", "Sunshine20262026", "valmont-2026!",
        "CH de Valmont 26", "saint-eloi-2026", "c.moreau-c.moreau", "hopitalValmont1",
    ],
)  # fmt: skip
def test_a_common_word_is_refused_however_it_is_dressed(gateway: Gateway, password: str) -> None:
    """Capitals, accents, what follows, and the names of the place change little for whoever guesses."""
    Establishment.objects.create(id=1, name="CH de Valmont")
    Site.objects.create(id=1, establishment_id=1, name="Saint-Éloi", zone="Europe/Paris")
    with pytest.raises(ValidationError):
        validate_password(password, User(username="c.moreau", name="Claire Moreau"))


@pytest.mark.parametrize(
    "password", [PASSWORD, "ruelle-ocre-1789", "trois bateaux pour Lisbonne", "xk7-mQ2v-99tz"]
)
def test_unrelated_words_make_a_password(gateway: Gateway, password: str) -> None:
    validate_password(password, User(username="c.moreau", name="Claire Moreau"))


def test_nobody_sees_a_page_without_the_right(signed_in: SignedIn) -> None:
    assert signed_in("soignant").get("/reglages/utilisateurs/").status_code == 403
    assert signed_in("administration").get("/reglages/utilisateurs/").status_code == 200


def test_sessions_that_are_over_are_forgotten(gateway: Gateway) -> None:
    # Tables of other applications are imported once Django is set up.
    from allauth.usersessions.models import UserSession
    from django.contrib.sessions.models import Session

    from ecluse.services.accounts.sessions import forget_expired

    visitor = sign_in(browser(), make_person("c.moreau"))
    forget_expired(datetime.now(UTC))
    assert visitor.get("/compte/").status_code == 200
    forget_expired(datetime.now(UTC) + timedelta(hours=5))
    assert not Session.objects.exists() and not UserSession.objects.exists()
    assert visitor.get("/compte/").status_code == 302


def test_the_register_follows_codes_made_again_and_leaving_is_written(gateway: Gateway) -> None:
    person = make_person("c.moreau")
    visitor = sign_in(browser(), person)
    visitor.post("/compte/confirmer/", {"password": PASSWORD})
    assert visitor.post("/compte/codes-de-secours/refaire/").status_code == 302
    codes = Means.objects.filter(user_id=person.id, kind="recovery").order_by("id")
    assert [one.revoked is None for one in codes] == [False, True]
    visitor.post("/deconnexion/")
    assert trail("session.close") == ["127.0.0.1"]
    assert visitor.get("/compte/").status_code == 302


def test_the_last_second_factor_is_not_taken_away(gateway: Gateway) -> None:
    person = make_person("c.moreau")
    visitor = sign_in(browser(), person)
    visitor.post("/compte/confirmer/", {"password": PASSWORD})
    answer = visitor.post("/compte/application/retirer/")
    assert answer.status_code == 200 and "votre seul second facteur" in answer.content.decode()
    assert Means.objects.filter(user_id=person.id, kind="password-totp", revoked=None).exists()


def test_a_password_that_changes_is_told_and_ends_the_other_sessions(gateway: Gateway) -> None:
    """Whoever took an account over by a password leaves it, and the trail says both."""
    person = make_person("c.moreau")
    visitor, other = sign_in(browser(), person), browser()
    other.post("/connexion/", {"login": person.username, "password": PASSWORD})
    User.objects.filter(pk=person.id).update(failures=0)
    cache.clear()
    assert other.post("/connexion/second-facteur/", {"code": person.code()}).status_code == 302
    new = "ruelle-ocre-1789"
    given = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    answer = visitor.post("/compte/mot-de-passe/", given, follow=True)
    assert answer.redirect_chain[-1][0] == "/compte/"
    assert "Mot de passe changé. Autres sessions terminées" in answer.content.decode()
    assert trail("password.change") == ["127.0.0.1"]
    assert trail("session.end") == ["password changed"]
    assert visitor.get("/compte/").status_code == 200
    assert other.get("/compte/").status_code == 302
    assert User.objects.get(pk=person.id).check_password(new)


def test_a_password_that_leaves_no_trace_does_not_change(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ecluse.services import access_trail

    person = make_person("c.moreau")
    visitor = sign_in(browser(), person)

    def fails(_lines: object) -> None:
        raise access_trail.TrailUnavailable

    monkeypatch.setattr(access_trail, "write", fails)
    given = {"oldpassword": PASSWORD, "password1": "ruelle-ocre-1789", "password2": "ruelle-ocre-1789"}
    assert visitor.post("/compte/mot-de-passe/", given).status_code == 503
    assert User.objects.get(pk=person.id).check_password(PASSWORD)


def test_why_a_password_is_refused_is_told_in_english_too(gateway: Gateway) -> None:
    with translation.override("en"), pytest.raises(ValidationError) as told:
        validate_password("motdepasse12", User(username="c.moreau", name="Claire Moreau"))
    assert any("can be guessed" in one for one in told.value.messages)
