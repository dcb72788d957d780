"""The session at the provider, as long as ours lasts: tokens sealed, renewed in time, and ended with it.

Tokens stand in a row of their own and never in the session of the browser: two requests of one browser each write the
whole session back, and the older one would bring back a refresh token that has already served. A refresh token serves
once, so one thread renews at a time.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
import logging
import secrets
import threading
from typing import Any

from ecluse.protocols.oidc import (
    AnswerRefused,
    Expected,
    OidcError,
    ProviderSilent,
    Tokens,
    check_id_token,
    exchange_refresh,
    logout_address,
    revoke,
)
from ecluse.services.accounts.sessions import SessionStore
from ecluse.services.psc.providers import Provider
from ecluse.services.psc.sign_in import SignedIn
from ecluse.services.sealed_things import nothing_sealed
from ecluse.services.vault import Vault
from ecluse.store.errors import StoreError

log = logging.getLogger(__name__)

BEFORE_SECONDS = 30
"""Tokens are renewed that long before they end."""
SILENCE_SECONDS = 300
"""A provider that does not answer ends no session before that long after its tokens ended: the network may be back."""
_locks = tuple(threading.Lock() for _ in range(64))


def keep(provider: Provider, vault: Vault, signed_in: SignedIn, now: int, lasts: int) -> str:
    """Keep the tokens of a session that opens: the name of the box they are in.

    :param now, lasts: seconds; the box vanishes by itself after the longest a session may last.
    :raises StoreError: the master key can be neither read nor made.
    """
    row = SessionStore()
    row.create()
    row.set_expiry(lasts)
    _put(row, vault, signed_in.tokens, signed_in.subject, now)
    return _name(row)


def renew(provider: Provider, vault: Vault, box: str, now: int) -> None:
    """Renew the tokens of a session if they end soon; without effect when another thread is at it.

    :raises OidcError: `session-ended` when the session has ended at the provider, or its tokens do not open.
    """
    lock = _locks[hash(box) % len(_locks)]
    if not lock.acquire(blocking=False):
        return
    try:
        row = SessionStore(box)
        ends = row.get("ends", 0)
        if ends is not None and now >= ends - BEFORE_SECONDS:
            _renew(provider, vault, row, now)
    except StoreError as error:
        log.error("%s", error)
        raise AnswerRefused("session-ended", "sealed tokens") from None
    finally:
        lock.release()


def end(provider: Provider, vault: Vault, box: str, now: int) -> str:
    """End a session at the provider: where to send the browser, or empty when the provider has no address for it.

    The refresh token is revoked at once, so that nothing is left if the browser never arrives there.
    """
    row = SessionStore(box)
    try:
        tokens, _ = _take(row, vault)
        drop(provider, tokens, now)
        state, back = secrets.token_urlsafe(16), provider.settings.after_logout_uri
        return logout_address(provider.metadata(now), provider.client(), tokens.id_token, back, state)
    except (OidcError, StoreError) as error:
        log.warning("session not ended at the provider: %s", getattr(error, "code", type(error).__name__))
        return ""
    finally:
        row.delete()


def drop(provider: Provider, tokens: Tokens, now: int) -> None:
    """Have the provider forget tokens that no session will keep. One that does not answer lets them end by themselves.

    :raises OidcError: the provider cannot be asked.
    """
    metadata, client = provider.metadata(now), provider.client()
    request = revoke(metadata, client, tokens.refresh) if tokens.refresh else None
    if request is not None:
        with contextlib.suppress(ProviderSilent):
            provider.http.post(request)


def forget(box: str) -> None:
    """Forget the tokens of a session that others took the place of."""
    SessionStore(box).delete()


def access_token(vault: Vault, box: str) -> str:
    """The access token of a session, for what is asked in the person's name.

    :raises OidcError: `session-ended` when there is none any more; StoreError: it cannot be opened.
    """
    return _take(SessionStore(box), vault)[0].access


def _renew(provider: Provider, vault: Vault, row: SessionStore, now: int) -> None:
    tokens, subject = _take(row, vault)
    if not tokens.refresh:
        # Nothing to renew with: the session lasts as long as our own limits allow.
        row["ends"] = None
        row.save()
        return
    try:
        renewed = _asked(provider, tokens, subject, now)
    except ProviderSilent as error:
        log.warning("session not renewed at the provider: %s", error)
        if now < row["ends"] + SILENCE_SECONDS:
            return
        row.delete()
        raise AnswerRefused("session-ended", error.code) from None
    except OidcError as error:
        log.info("session ended by the provider: %s", error)
        row.delete()
        raise AnswerRefused("session-ended", error.code) from None
    _put(row, vault, renewed, subject, now)


def _asked(provider: Provider, tokens: Tokens, subject: str, now: int) -> Tokens:
    """Tokens renewed; an id_token that comes with them must be the same person's (OpenID Connect Core 1.0, 12.2)."""
    metadata = provider.metadata(now)
    renewed = provider.tokens(exchange_refresh(metadata, provider.client(), tokens.refresh))
    if renewed.id_token:
        settings = provider.settings
        expected = Expected(
            metadata.issuer, settings.client_id, now, settings.clock_skew, access=renewed.access
        )
        told = provider.believing(lambda keys: check_id_token(renewed.id_token, keys, expected), now)
        if told.subject != subject:
            raise AnswerRefused("id-token-subject")
    return Tokens(
        access=renewed.access,
        expires=renewed.expires,
        refresh=renewed.refresh or tokens.refresh,
        refresh_expires=renewed.refresh_expires,
        id_token=renewed.id_token or tokens.id_token,
    )


def _put(row: SessionStore, vault: Vault, tokens: Tokens, subject: str, now: int) -> None:
    content = json.dumps([tokens.access, tokens.refresh, tokens.id_token, subject]).encode()
    sealed = vault.seal(content, owner(_name(row)), may_make=nothing_sealed)
    row["sealed"] = base64.b64encode(sealed).decode("ascii")
    row["ends"] = None if tokens.expires is None else now + tokens.expires
    row.save()


def _take(row: SessionStore, vault: Vault) -> tuple[Tokens, str]:
    sealed: Any = row.get("sealed")
    if not isinstance(sealed, str):
        raise AnswerRefused("session-ended")
    try:
        content = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError):
        content = b""
    access, refresh, id_token, subject = json.loads(vault.open(content, owner(_name(row))))
    return Tokens(access, None, refresh, None, id_token), subject


def owner(box: str) -> str:
    """What the seal of a box is bound to: moved to another row, it does not open."""
    return f"oidc session:{box}"


def _name(row: SessionStore) -> str:
    assert row.session_key is not None
    return str(row.session_key)
