"""What a session opened by a provider holds: the name of the box of its tokens, and the situations of its visitor."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import Any

from allauth.usersessions.models import UserSession
from django.http import HttpRequest

from ecluse.protocols.oidc import OidcError
from ecluse.services.accounts.sessions import keep_beside, kept_beside
from ecluse.services.accounts.settings import current
from ecluse.services.psc import sessions
from ecluse.services.psc.providers import Provider, provider_of
from ecluse.services.psc.sign_in import SignedIn
from ecluse.services.psc.situations import Situation
from ecluse.services.vault import Vault

PROVIDER = "provider_session"
"""In the session: `{"kind", "box"}`."""
SITUATIONS, SITUATION, AFTER = "situations", "situation", "situation_after"


def vault() -> Vault:
    """Where tokens are sealed."""
    return Vault(current().secrets)


def keep(request: HttpRequest, provider: Provider, signed_in: SignedIn) -> None:
    """Keep the tokens of a session that just opened."""
    lasts = int(current().absolute_hours * 3600)
    box = sessions.keep(provider, vault(), signed_in, int(time.time()), lasts)
    request.session[PROVIDER] = {"kind": provider.settings.kind, "box": box}
    keep_beside(str(request.session.session_key), provider.settings.kind, box)


def keep_instead(request: HttpRequest, provider: Provider, signed_in: SignedIn) -> None:
    """Keep newer tokens of the same session; a session that the provider did not open keeps none."""
    told = request.session.get(PROVIDER)
    if told is None:
        drop(provider, signed_in)
    else:
        sessions.forget(told["box"])
        keep(request, provider, signed_in)


def drop(provider: Provider, signed_in: SignedIn) -> None:
    """Leave no tokens alive behind somebody who was only to prove who she is."""
    with contextlib.suppress(OidcError):
        sessions.drop(provider, signed_in.tokens, int(time.time()))


def end_elsewhere(session: UserSession) -> None:
    """End another session of the visitor, at the provider that opened it too."""
    kind, box = kept_beside(session)
    provider = provider_of(kind)
    if provider is not None:
        sessions.end(provider, vault(), box, int(time.time()))
    elif box:
        sessions.forget(box)
    session.end()


def offer_situations(request: HttpRequest, found: Sequence[Situation], after: str) -> None:
    """Keep the situations of the visitor; the only one is chosen."""
    request.session[SITUATIONS] = [one._asdict() for one in found]
    request.session[AFTER] = after or "/"
    if len(found) == 1:
        request.session[SITUATION] = found[0]._asdict()


def situations(request: HttpRequest) -> list[Situation]:
    """The situations of the visitor, as the provider told them when she signed in."""
    told: list[dict[str, Any]] = request.session.get(SITUATIONS, [])
    return [Situation(**one) for one in told]


def chosen(request: HttpRequest) -> Situation | None:
    """The situation in which the visitor acts, or None: not chosen, or not told."""
    told = request.session.get(SITUATION)
    return None if told is None else Situation(**told)


def choose(request: HttpRequest, situation: Situation) -> str:
    """Act in a situation from now on; where the visitor was going."""
    request.session[SITUATION] = situation._asdict()
    return str(request.session.pop(AFTER, "/"))
