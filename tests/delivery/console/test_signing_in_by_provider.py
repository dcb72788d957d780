"""Signing in by Pro Santé Connect: only into one's own account, with its trail, and out of both at once."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.test import Client, override_settings

from ecluse.delivery.console import acting
from ecluse.protocols.oidc import OidcError, Tokens, exchange_refresh
from ecluse.services.accounts.means import session_means
from ecluse.services.accounts.sessions import SessionStore
from ecluse.services.accounts.settings import current
from ecluse.services.acts import perform
from ecluse.services.psc import providers, sessions
from ecluse.services.psc.settings import PscSettings
from ecluse.services.vault import Vault
from ecluse.store.models.access import AccessLine
from ecluse.store.models.accounts import Means, RoleGrant, User
from tests.delivery.console.conftest import Gateway, browser
from tests.delivery.console.people import PASSWORD, make_person, sign_in
from tests.services.feeding import Gate
from tests.services.psc.provider import AFTER, BACK, DOCTOR, NURSE, Browser, TestedProvider, running

OWN_BACK = "http://127.0.0.1:8080/connexion/etablissement/retour"
TOKEN = "/protocol/openid-connect/token"


@pytest.fixture(scope="module")
def running_provider() -> Iterator[TestedProvider]:
    with running(redirect_uris=[BACK, OWN_BACK]) as one:
        yield one


@pytest.fixture
def psc(gateway: Gateway, running_provider: TestedProvider, tmp_path: Path) -> Iterator[TestedProvider]:
    """The provider, honest, offered on the page of sign-in."""
    running_provider.lie()
    secret = tmp_path / "psc.secret"
    secret.write_text(running_provider.client_secret)
    told = PscSettings(
        enabled=True,
        discovery=running_provider.discovery,
        client_id=running_provider.client_id,
        client_secret_file=secret,
        redirect_uri=BACK,
        after_logout_uri=AFTER,
    )
    own = replace(
        told,
        kind="establishment",
        label="Compte de l’hôpital",
        redirect_uri=OWN_BACK,
        required_acr=(),
        means=("amr=pwd+hwk -> known+held high",),
        account_claim="family_name",
    )
    providers.use([told, own])
    yield running_provider
    providers.use([])


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


def test_own_account_is_opened_and_written_in_the_trail(psc: TestedProvider) -> None:
    user = make_account("v.essai", DOCTOR)
    visit = Visit()
    before = visit.here.get("/connexion/psc/?next=/compte/")
    planted = visit.here.cookies["ecluse_session"].value
    back = visit.come_back(visit.there.sign_in(before["Location"]))
    assert (back.status_code, back["Location"]) == (302, "/compte/")
    assert visit.is_in
    assert visit.here.cookies["ecluse_session"].value != planted
    assert trail("session.open") == ["127.0.0.1 psc"]
    means = Means.objects.get(user=user)
    assert (means.kind, means.factors, means.label) == ("psc", 2, "Pro Santé Connect")
    assert means.reference.endswith(f":8{DOCTOR}") and means.last_used is not None


def test_session_knows_how_the_person_proved_who_she_is(psc: TestedProvider) -> None:
    make_account("v.essai", DOCTOR)
    visit = Visit()
    visit.enter()
    records = visit.here.session["account_authentication_methods"]
    told = session_means(records)
    assert (told.means, told.factors, told.level) == (("psc",), 2, "substantial")
    assert records[0]["acr"] == "eidas1" and records[0]["natures"] == ["known", "held"]
    assert abs(records[0]["authenticated"] - time.time()) < 60


def test_means_is_registered_once(psc: TestedProvider) -> None:
    user = make_account("v.essai", DOCTOR)
    Visit().enter()
    Visit().enter()
    assert Means.objects.filter(user=user, kind="psc").count() == 1


def test_person_without_account_is_told_what_to_ask_for(psc: TestedProvider) -> None:
    make_account("v.essai", NURSE)
    visit = Visit()
    refused = visit.enter()
    assert refused.status_code == 403
    assert "aucun compte d’ici n’est le vôtre" in text(refused) and DOCTOR in text(refused)
    assert not visit.is_in
    assert trail("session.refused") == ["127.0.0.1 psc no account"] and trail("session.open") == []


def test_closed_account_stays_closed(psc: TestedProvider) -> None:
    make_account("v.essai", DOCTOR, is_active=False)
    visit = Visit()
    assert visit.enter().status_code == 403
    assert not visit.is_in


def test_forged_answer_opens_nothing_and_is_written(psc: TestedProvider) -> None:
    make_account("v.essai", DOCTOR)
    psc.lie(token={"claims": {"nonce": "another"}})
    visit = Visit()
    refused = visit.enter()
    assert refused.status_code == 403 and "id-token-nonce" in text(refused)
    assert not visit.is_in
    assert trail("session.refused") == ["127.0.0.1 psc id-token-nonce"]


def test_answer_played_again_opens_nothing(psc: TestedProvider) -> None:
    make_account("v.essai", DOCTOR)
    visit = Visit()
    query = visit.there.sign_in(visit.here.get("/connexion/psc/")["Location"])
    assert visit.come_back(query).status_code == 302
    for thief in (visit, Visit()):
        assert thief.come_back(query).status_code == 403
    assert trail("session.refused") == [], "anybody can send as many answers as he likes"


def test_sign_ins_are_begun_so_many_times_a_minute(psc: TestedProvider) -> None:
    """Each keeps a row until it is over."""
    make_account("v.essai", DOCTOR)
    with override_settings(ACCOUNT_RATE_LIMITS={"provider": "2/m/ip"}):
        statuses = [browser().get("/connexion/psc/").status_code for _ in range(3)]
    assert statuses == [302, 302, 429]


@pytest.mark.parametrize("query", ["state=x", "", "code=a&code=b", "error=access_denied&state=x"])
def test_answers_that_nobody_awaits_are_written_nowhere(psc: TestedProvider, query: str) -> None:
    assert browser().get(f"/connexion/psc/retour?{query}").status_code == 403
    assert not AccessLine.objects.exists()


def test_nobody_is_led_elsewhere_after_the_sign_in(psc: TestedProvider) -> None:
    make_account("v.essai", DOCTOR)
    for wanted in ("https://hostile.example/", "//hostile.example", "javascript:alert(1)"):
        assert Visit().enter(address=f"/connexion/psc/?next={wanted}")["Location"] == "/"


def test_person_with_several_situations_chooses_one(psc: TestedProvider) -> None:
    make_account("a.essai", NURSE)
    visit = Visit()
    assert visit.enter("infirmiere", "/connexion/psc/?next=/compte/")["Location"] == "/compte/situation/"
    shown = visit.here.get("/compte/situation/")
    assert "Infirmier , salarié HÔPITAL DU SAS · 0B0000030" in text(shown)
    assert "Médecin sans structure déclarée" in text(shown)
    assert visit.here.post("/compte/situation/", {"situation": "9.9"}).status_code == 422
    chosen = visit.here.post("/compte/situation/", {"situation": "0.1"})
    assert (chosen.status_code, chosen["Location"]) == (302, "/compte/")
    assert visit.here.session["situation"]["structure"] == "CLINIQUE DES TROIS ÉCLUSES"
    own = visit.here.get("/compte/")
    assert "Infirmier, CLINIQUE DES TROIS ÉCLUSES" in text(own)
    assert 'href="/compte/situation/"' in own.content.decode()


def test_only_situation_needs_no_choice(psc: TestedProvider) -> None:
    make_account("v.essai", DOCTOR)
    visit = Visit()
    visit.enter()
    assert visit.here.session["situation"]["finess"] == "0B0000022"


def test_leaving_leaves_the_provider_too(psc: TestedProvider) -> None:
    make_account("v.essai", DOCTOR)
    visit = Visit()
    visit.enter()
    left = visit.here.post("/deconnexion/")
    assert (left.status_code, left["Location"]) == (302, "/deconnexion/fournisseur/")
    assert not visit.is_in
    page = visit.here.get("/deconnexion/fournisseur/")
    address = page["Refresh"].removeprefix("0; url=")
    assert f'href="{address}"'.replace("&", "&amp;") in page.content.decode()
    assert visit.there.sign_out(address).startswith(AFTER)
    assert visit.here.get("/deconnexion/fournisseur/")["Location"] == "/connexion/"
    # Somebody else at the same browser is asked who she is.
    make_account("a.essai", NURSE)
    assert visit.enter("infirmiere")["Location"] == "/compte/situation/"


def test_session_that_ended_at_the_provider_ends_here(psc: TestedProvider) -> None:
    make_account("v.essai", DOCTOR)
    visit = Visit()
    visit.enter()
    row = SessionStore(visit.box)
    row["ends"] = 0
    row.save()
    assert visit.is_in  # renewed
    psc.lie(replace={TOKEN: {"status": 400, "body": '{"error": "invalid_grant"}'}})
    row = SessionStore(visit.box)
    row["ends"] = 0
    row.save()
    ended = visit.here.get("/compte/", follow=True)
    assert "Votre session chez le fournisseur d’identité est terminée" in text(ended)
    assert not visit.is_in and trail("session.end") == ["limits"]


def test_session_that_was_idle_too_long_ends_at_the_provider(psc: TestedProvider, gateway: Gateway) -> None:
    make_account("v.essai", DOCTOR)
    visit = Visit()
    visit.enter()
    box = visit.box
    session = visit.here.session
    session["seen"] = time.time() - 3600
    session.save()
    assert not visit.is_in
    with pytest.raises(OidcError, match="session-ended"):
        sessions.access_token(Vault(gateway.store.secrets), box)


def test_tokens_are_never_in_the_session_of_the_browser(psc: TestedProvider) -> None:
    make_account("v.essai", DOCTOR)
    visit = Visit()
    visit.enter()
    kept = str(dict(visit.here.session.items()))
    assert "eyJ" not in kept and "verifier" not in kept


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch, gateway: Gateway) -> Gate:
    """Acts are done by the writer's own code, without its socket."""
    gate = Gate()
    monkeypatch.setattr(
        acting, "ask_writer", lambda _socket, act, _patience: perform(gate.intake, act, gate.now)
    )
    return gate


def confirmed(username: str) -> Client:
    """A browser whose visitor signed in by a password, and just proved again who she is."""
    visitor = sign_in(browser(), make_person(username, "soignant"))
    assert visitor.post("/compte/confirmer/", {"password": PASSWORD}).status_code == 302
    return visitor


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


def grown_old(visit: Visit) -> None:
    """Let the authentications of a session be an hour old."""
    session = visit.here.session
    for one in session["account_authentication_methods"]:
        one["at"] -= 3600
    session.save()


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


def test_establishment_s_provider_opens_the_account_of_that_name(psc: TestedProvider) -> None:
    user = make_account("essai-cassin")
    visit = Visit()
    sent = visit.here.get("/connexion/etablissement/")
    query = visit.there.sign_in(sent["Location"], back=OWN_BACK)
    assert visit.here.get(f"/connexion/etablissement/retour?{query}")["Location"] == "/"
    assert visit.is_in and trail("session.open") == ["127.0.0.1 oidc"]
    means = Means.objects.get(user=user)
    assert (means.kind, means.factors, means.label) == ("oidc", 2, "Compte de l’hôpital")
    told = session_means(visit.here.session["account_authentication_methods"])
    assert (told.factors, told.level) == (2, "high")


def test_page_of_sign_in_offers_what_is_enabled(psc: TestedProvider) -> None:
    make_account("v.essai", DOCTOR)
    shown = browser().get("/connexion/?next=/compte/").content.decode()
    assert 'href="/connexion/psc/?next=%2Fcompte%2F"' in shown
    assert "Se connecter avec Compte de l’hôpital" in unescape(shown)
    providers.use([])
    assert "/connexion/psc/" not in browser().get("/connexion/").content.decode()
    for address in ("/connexion/psc/", "/connexion/psc/retour?code=a&state=b", "/connexion/etablissement/"):
        assert browser().get(address).status_code == 404


def test_account_without_password_is_told_so(psc: TestedProvider) -> None:
    make_account("v.essai", DOCTOR)
    visit = Visit()
    visit.enter()
    assert "Ce compte n’a pas de mot de passe" in text(visit.here.get("/compte/mot-de-passe/", follow=True))
