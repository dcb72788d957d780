"""The session at the provider: renewed in time by one thread, with tokens that serve once, ended with ours."""

from __future__ import annotations

import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.conf import settings
from django.db import connection

from ecluse.protocols.oidc import OidcError, exchange_refresh
from ecluse.services.accounts.sessions import SessionStore
from ecluse.services.psc import sessions, sign_in
from ecluse.services.psc.providers import Provider
from ecluse.services.vault import Vault
from ecluse.store.errors import StoreError
from tests.services.psc.conftest import MakeGateway, now
from tests.services.psc.provider import AFTER, Browser, TestedProvider
from tests.store.databases import StorePlace

TOKEN = "/protocol/openid-connect/token"
LATER = 280
"""Seconds after which the tokens of the provider, good for 300, are to be renewed."""


class Opened:
    """A session that somebody opened at the provider. opened: when."""

    def __init__(self, provider: Provider, vault: Vault, browser: Browser | None = None) -> None:
        session: dict[str, Any] = {}
        self.provider, self.vault, self.browser, self.opened = provider, vault, browser or Browser(), now()
        query = self.browser.sign_in(sign_in.begin(provider, session, self.opened))
        self.signed_in = sign_in.finish(provider, session, query, self.opened)
        self.box = sessions.keep(provider, vault, self.signed_in, self.opened, 4 * 3600)

    def access(self) -> str:
        return sessions.access_token(self.vault, self.box)

    def renew(self, seconds: int = LATER) -> None:
        sessions.renew(self.provider, self.vault, self.box, self.opened + seconds)


@pytest.fixture(autouse=True)
def signed_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of sessions are signed with the key of the web process."""
    monkeypatch.setitem(settings.__dict__, "SECRET_KEY", "a key for these tests")


@pytest.fixture
def opened(sqlite_store: StorePlace, gateway: MakeGateway) -> Opened:
    return Opened(gateway(), Vault(sqlite_store.secrets))


def ended(opened: Opened, seconds: int = LATER) -> str:
    """Why a session ends when it is to be renewed."""
    with pytest.raises(OidcError) as caught:
        opened.renew(seconds)
    assert caught.value.code == "session-ended"
    with pytest.raises(OidcError, match="session-ended"):
        opened.access()
    return caught.value.detail


def test_tokens_are_renewed_shortly_before_they_end(store: StorePlace, gateway: MakeGateway) -> None:
    opened = Opened(gateway(), Vault(store.secrets))
    first = opened.access()
    opened.renew(60)
    assert opened.access() == first
    opened.renew()
    second = opened.access()
    assert second != first
    opened.opened += LATER
    opened.renew(60)
    assert opened.access() == second


def test_tokens_are_kept_sealed(opened: Opened, sqlite_store: StorePlace) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_data FROM django_session")
        rows = [str(row[0]) for row in cursor.fetchall()]
    content = str(dict(SessionStore(opened.box).items())) + "".join(rows)
    told = opened.signed_in.tokens
    for secret in (told.access, told.refresh, told.id_token, opened.signed_in.subject):
        assert secret not in content
    with pytest.raises(StoreError):
        sessions.access_token(Vault(sqlite_store.secrets / "other"), opened.box)


def test_sealed_tokens_do_not_open_in_another_session(opened: Opened) -> None:
    other = Opened(opened.provider, opened.vault)
    row, stolen = SessionStore(other.box), SessionStore(opened.box)
    row["sealed"] = stolen["sealed"]
    row.save()
    with pytest.raises(StoreError):
        other.access()


def test_one_thread_renews_while_the_others_go_on(opened: Opened) -> None:
    """Eight requests at the same moment: one exchange, for a refresh token that served twice would end the session."""
    exchanged: list[str] = []
    real, asked, waiting = opened.provider.tokens, threading.Event(), threading.Event()

    def slow(request: Any) -> Any:
        exchanged.append(request.address)
        asked.set()
        waiting.wait(5)
        return real(request)

    opened.provider.tokens = slow  # type: ignore[method-assign]

    def renewing() -> None:
        try:
            opened.renew()
        finally:
            connection.close()

    first = threading.Thread(target=renewing)
    first.start()
    assert asked.wait(10)
    for _ in range(7):
        opened.renew()  # returns at once
    waiting.set()
    first.join(10)
    assert len(exchanged) == 1
    assert opened.access() != opened.signed_in.tokens.access


def test_refresh_token_that_served_already_ends_the_session(opened: Opened) -> None:
    told = opened.provider
    request = exchange_refresh(told.metadata(now()), told.client(), opened.signed_in.tokens.refresh)
    assert told.http.post(request).status == 200
    assert ended(opened) == "token-grant"


def test_session_that_the_provider_revoked_ends(opened: Opened, psc: TestedProvider) -> None:
    psc.lie(replace={TOKEN: {"status": 400, "body": '{"error": "invalid_grant"}'}})
    assert ended(opened) == "token-grant"


def test_silent_provider_ends_nothing_at_once(opened: Opened, psc: TestedProvider) -> None:
    psc.lie(replace={TOKEN: {"status": 503}})
    first = opened.access()
    opened.renew()
    opened.renew(599)
    assert opened.access() == first
    psc.lie()
    opened.renew()
    assert opened.access() != first


def test_silence_that_lasts_ends_the_session(opened: Opened, psc: TestedProvider) -> None:
    psc.lie(replace={TOKEN: {"status": 503}})
    assert ended(opened, 600) == "provider-status"


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ({"claims": {"sub": "f:0:899700000021"}}, "id-token-subject"),
        ({"sign": "hostile"}, "id-token-signature"),
        ({"claims": {"aud": "another"}}, "id-token-audience"),
    ],
)
def test_renewed_session_must_be_the_same_person_s(
    opened: Opened, psc: TestedProvider, token: dict[str, Any], code: str
) -> None:
    psc.lie(token=token)
    assert ended(opened) == code


def test_session_without_refresh_token_lasts_as_long_as_ours(
    sqlite_store: StorePlace, gateway: MakeGateway
) -> None:
    one = Opened(gateway(), Vault(sqlite_store.secrets))
    bare = one.signed_in.tokens
    row = SessionStore(one.box)
    sessions._put(row, one.vault, type(bare)(bare.access, 300, "", None, bare.id_token), "s", one.opened)
    one.renew(4000)
    assert one.access() == bare.access


def test_leaving_ends_the_session_at_the_provider(opened: Opened) -> None:
    """The next sign-in asks who is there again: a sign-out here that left the provider's session would be none."""
    address = sessions.end(opened.provider, opened.vault, opened.box, now())
    asked = parse_qs(urlsplit(address).query)
    assert asked["id_token_hint"] == [opened.signed_in.tokens.id_token]
    assert asked["post_logout_redirect_uri"] == [AFTER]
    back = opened.browser.sign_out(address)
    assert parse_qs(urlsplit(back).query)["state"] == asked["state"]
    again = Opened(opened.provider, opened.vault, opened.browser)
    assert (
        again.signed_in.subject == opened.signed_in.subject
    )  # a person had to be chosen: `sign_in` found the form
    with pytest.raises(OidcError, match="session-ended"):
        opened.access()


def test_leaving_revokes_the_refresh_token_even_if_the_browser_never_arrives(opened: Opened) -> None:
    sessions.end(opened.provider, opened.vault, opened.box, now())
    told = opened.provider
    request = exchange_refresh(told.metadata(now()), told.client(), opened.signed_in.tokens.refresh)
    reply = told.http.post(request)
    assert (reply.status, b"invalid_grant" in reply.body) == (400, True)


def test_leaving_ends_our_session_even_when_the_provider_is_away(opened: Opened, psc: TestedProvider) -> None:
    psc.lie(
        replace={"/protocol/openid-connect/revoke": {"status": 302, "location": "https://hostile.example"}}
    )
    assert sessions.end(opened.provider, opened.vault, opened.box, now())
    with pytest.raises(OidcError, match="session-ended"):
        opened.access()
    assert sessions.end(opened.provider, opened.vault, opened.box, now()) == ""


def test_access_token_is_good_at_the_provider(opened: Opened) -> None:
    opened.renew()
    address = opened.provider.metadata(now()).userinfo
    reply = httpx.get(address, headers={"Authorization": f"Bearer {opened.access()}"})
    assert reply.json()["sub"] == opened.signed_in.subject
