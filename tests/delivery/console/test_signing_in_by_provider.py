"""Signing in by Pro Santé Connect: only into one's own account, with its trail, and out of both at once."""

from __future__ import annotations

import time
from html import unescape

import pytest
from django.test import override_settings

from ecluse.protocols.oidc import OidcError
from ecluse.services.accounts.means import session_means
from ecluse.services.accounts.sessions import SessionStore
from ecluse.services.psc import providers, sessions
from ecluse.services.vault import Vault
from ecluse.store.models.access import AccessLine
from ecluse.store.models.accounts import Means
from tests.delivery.console.conftest import OWN_BACK, Gateway, browser
from tests.delivery.console.provided import (
    TOKEN,
    Visit,
    make_account,
    text,
    trail,
)
from tests.services.psc.provider import AFTER, DOCTOR, NURSE, TestedProvider


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
