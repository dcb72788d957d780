"""Binding an RPPS, confirming by a provider, and tokens that nobody may keep."""

from __future__ import annotations

import time
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session

from ecluse.protocols.oidc import Tokens, exchange_refresh
from ecluse.services.accounts.sessions import SessionStore
from ecluse.services.accounts.settings import current
from ecluse.services.psc import providers, sessions
from ecluse.services.vault import Vault
from ecluse.store.models.accounts import Means, User
from tests.delivery.console.conftest import browser
from tests.delivery.console.people import PASSWORD, make_person, sign_in
from tests.delivery.console.provided import (
    Visit,
    confirmed,
    grown_old,
    make_account,
    text,
)
from tests.services.feeding import Gate
from tests.services.psc.provider import DOCTOR, NURSE, TestedProvider


def test_rpps_is_not_bound_to_a_session_left_open(psc: TestedProvider, writer: Gate) -> None:
    """Nobody else binds his own RPPS to it: its holder proves again who she is, here and there."""
    visitor = sign_in(browser(), make_person("v.essai", "soignant"))
    asked = visitor.get("/compte/rpps/")
    assert asked.status_code == 302 and asked["Location"].startswith("/compte/confirmer/")
    visitor.post("/compte/confirmer/", {"password": PASSWORD})
    sent = parse_qs(urlsplit(visitor.get("/compte/rpps/")["Location"]).query)
    assert (sent["prompt"], sent["max_age"]) == (["login"], ["0"])


def test_rpps_of_a_session_open_at_the_provider_is_not_bound_in_silence(
    psc: TestedProvider, writer: Gate
) -> None:
    """A provider that asks nothing again, for whoever sat there before, is not believed."""
    visit = Visit(confirmed("v.essai"))
    psc.lie(token={"claims": {"auth_time": int(time.time()) - 600}})
    assert "id-token" in text(visit.enter(address="/compte/rpps/"))
    assert User.objects.get(username="v.essai").rpps == ""


def test_holder_binds_her_rpps_to_her_account(psc: TestedProvider, writer: Gate) -> None:
    visit = Visit(confirmed("v.essai"))
    assert visit.here.get("/compte/").content.decode().count('href="/compte/rpps/"') == 1
    assert visit.enter(address="/compte/rpps/")["Location"] == "/compte/"
    assert f"RPPS {DOCTOR} lié à votre compte" in text(visit.here.get("/compte/"))
    user = User.objects.get(username="v.essai")
    assert (user.rpps, user.rpps_bound) == (DOCTOR, "psc")
    assert Means.objects.filter(user=user, kind="psc").count() == 1
    assert Visit().enter()["Location"] == "/"


def test_rpps_of_another_account_is_not_bound(psc: TestedProvider, writer: Gate) -> None:
    make_account("other", DOCTOR)
    visit = Visit(confirmed("v.essai"))
    visit.enter(address="/compte/rpps/")
    assert "Un autre compte a déjà ce RPPS" in text(visit.here.get("/compte/"))
    assert User.objects.get(username="v.essai").rpps == ""
    assert not Means.objects.filter(user__username="v.essai", kind="psc").exists()


def test_bound_rpps_is_not_replaced(psc: TestedProvider, writer: Gate) -> None:
    visit = Visit(confirmed("v.essai"))
    User.objects.filter(username="v.essai").update(rpps=NURSE)
    visit.enter(address="/compte/rpps/")
    assert "Ce compte a déjà un autre RPPS" in text(visit.here.get("/compte/"))
    assert User.objects.get(username="v.essai").rpps == NURSE


def test_person_without_password_confirms_by_the_provider(psc: TestedProvider) -> None:
    make_account("v.essai", DOCTOR)
    visit = Visit()
    visit.enter()
    for _ in range(2):
        asked = visit.here.get("/compte/application/")
        assert asked["Location"] == "/connexion/psc/?next=%2Fcompte%2Fapplication%2F"
        assert visit.enter(address=asked["Location"])["Location"] == "/compte/application/"
        assert visit.here.get("/compte/application/").status_code == 200
        grown_old(visit)
    # The session is still the provider's, with the tokens of the last confirmation.
    assert sessions.access_token(Vault(current().secrets), visit.box)
    assert visit.here.post("/deconnexion/")["Location"] == "/deconnexion/fournisseur/"


@pytest.fixture
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[Tokens]:
    """Tokens that the provider was asked to forget."""
    seen: list[Tokens] = []
    real = sessions.drop

    def drop(provider: providers.Provider, tokens: Tokens, now: int) -> None:
        seen.append(tokens)
        real(provider, tokens, now)

    monkeypatch.setattr(sessions, "drop", drop)
    return seen


def test_tokens_that_no_session_keeps_are_revoked(
    psc: TestedProvider, writer: Gate, dropped: list[Tokens]
) -> None:
    Visit().enter()  # nobody has that RPPS
    Visit(confirmed("v.essai")).enter(address="/compte/rpps/")
    assert len(dropped) == 2
    asked = providers.provider_of("psc")
    assert asked is not None
    for tokens in dropped:
        request = exchange_refresh(asked.metadata(0), asked.client(), tokens.refresh)
        assert b"invalid_grant" in asked.http.post(request).body


@pytest.mark.parametrize("name", ["user.disable", "user.invite"])
def test_tokens_of_an_account_that_is_closed_or_invited_anew_are_forgotten(
    psc: TestedProvider, writer: Gate, name: str
) -> None:
    """With its sessions, whoever asked for it and from where."""
    make_account("v.essai", DOCTOR)
    make_account("a.essai", NURSE)
    visit, other = Visit(), Visit()
    visit.enter()
    other.enter("infirmiere")
    given = {"invitation": "ab" * 32, "until": writer.now + 10**12} if name == "user.invite" else {}
    assert writer.act(name, username="v.essai", **given).done
    assert not visit.is_in and other.is_in
    left = set(Session.objects.values_list("session_key", flat=True))
    assert visit.kept not in left and other.kept in left


def test_tokens_of_a_session_that_its_owner_ends_from_elsewhere_are_revoked(
    psc: TestedProvider, dropped: list[Tokens]
) -> None:
    make_account("v.essai", DOCTOR)
    forgotten, here = Visit(), Visit()
    forgotten.enter()
    here.enter()
    here.here.post("/compte/sessions/", {"session": "others"})
    assert (len(dropped), forgotten.is_in, here.is_in) == (1, False, True)
    assert not SessionStore().exists(forgotten.kept)


def test_somebody_else_does_not_confirm_in_her_place(psc: TestedProvider) -> None:
    make_account("v.essai", DOCTOR)
    make_account("a.essai", NURSE)
    visit = Visit()
    visit.enter()
    grown_old(visit)
    assert visit.enter("infirmiere").status_code == 403
    assert visit.here.get("/compte/application/").status_code == 302
    assert visit.is_in
