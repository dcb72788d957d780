"""One sign-in: the browser is sent to the provider, comes back with a code, and we learn who is there.

What must be remembered meanwhile (state, nonce, PKCE verifier) stays in the session mapping of the caller, on the
server. A state serves once, whatever comes of it: an answer that is played again belongs to no sign-in.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from ecluse.protocols.oidc import (
    AnswerRefused,
    Attempt,
    Expected,
    IdToken,
    Professional,
    ProviderKeys,
    Tokens,
    authorization_address,
    check_id_token,
    code_of,
    exchange_code,
    read_answer,
    read_professional,
    read_rpps,
    read_userinfo,
)
from ecluse.protocols.oidc.documents import word
from ecluse.rules.annuaire.numbers import rpps_fictive, rpps_valid
from ecluse.services.psc.providers import Provider
from ecluse.services.psc.settings import Kind, Level, PscSettings, proved

ATTEMPTS = "oidc_attempts"
"""Where the sign-ins that have begun stand in the session mapping."""
_MOST = 3
"""Sign-ins of one browser under way at once (several tabs)."""


class Session(Protocol):
    """What is kept on the server for one browser: a dictionary, or a session of Django."""

    def get(self, key: str, default: Any, /) -> Any:
        """A value kept, or the default."""

    def __setitem__(self, key: str, value: Any, /) -> None:
        """Keep a value that JSON can hold."""


@dataclass(frozen=True, slots=True)
class ProvedMeans:
    """How the person proved who she is. factors: natures, two at least; authenticated: seconds since 1970."""

    kind: Kind
    factors: tuple[str, ...]
    level: Level
    acr: str
    amr: tuple[str, ...]
    authenticated: int


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in. rpps: 11 digits, or empty when the account is found by its name; account: that name, or empty;
    subject: identifier at the provider; after: where the person was going; purpose: why she was sent there.
    """

    rpps: str
    account: str
    subject: str
    professional: Professional
    means: ProvedMeans
    tokens: Tokens = field(repr=False)
    after: str
    purpose: str


class NotBegun(AnswerRefused):
    """The answer belongs to no sign-in that this browser began: anybody may have written it."""


class _Begun(NamedTuple):
    attempt: Attempt
    after: str
    purpose: str


def begin(
    provider: Provider,
    session: Session,
    now: int,
    *,
    after: str = "",
    purpose: str = "",
    fresh: bool = False,
) -> str:
    """Begin a sign-in: where to send the browser.

    :param session: of the browser, kept on the server; now: seconds since 1970; after: where the person was going;
        purpose: a word for the caller, given back at the end; fresh: have the person prove again who they are, even if
        the provider knows them.
    :raises OidcError: the provider cannot be asked.
    """
    attempt = Attempt(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        at=now,
        fresh=fresh,
    )
    address = authorization_address(provider.metadata(now), provider.client(), attempt)
    begun: dict[str, Any] = dict(session.get(ATTEMPTS, {}))
    begun[attempt.state] = {
        "provider": provider.settings.kind,
        "nonce": attempt.nonce,
        "verifier": attempt.verifier,
        "at": now,
        "fresh": fresh,
        "after": after,
        "purpose": purpose,
    }
    session[ATTEMPTS] = dict(list(begun.items())[-_MOST:])
    return address


def finish(provider: Provider, session: Session, query: str, now: int) -> SignedIn:
    """End a sign-in with what the browser brought back.

    :param query: of the address the browser came back to; now: seconds since 1970.
    :raises OidcError: nobody signs in, and its code says why. NotBegun: nobody was even signing in.
    """
    try:
        answer = read_answer(query)
    except AnswerRefused as error:
        raise NotBegun(error.code, error.detail) from None
    begun = _take(provider.settings, session, answer.state)
    attempt = begun.attempt
    if not 0 <= now - attempt.at <= provider.settings.sign_in_seconds:
        raise AnswerRefused("answer-late")
    metadata, client = provider.metadata(now), provider.client()
    code = code_of(answer, metadata)
    tokens = provider.tokens(exchange_code(metadata, client, code, attempt.verifier))
    settings = provider.settings
    expected = Expected(
        issuer=metadata.issuer,
        client_id=settings.client_id,
        now=now,
        skew=settings.clock_skew,
        nonce=attempt.nonce,
        acr=settings.required_acr,
        access=tokens.access,
        authenticated_since=attempt.at if attempt.fresh else None,
    )
    told = provider.believing(lambda keys: check_id_token(tokens.id_token, keys, expected), now)
    means = _means(settings, told, now)
    claims = _claims(provider, metadata.userinfo, tokens, expected, told)
    professional = read_professional(claims)
    rpps, account = _who(settings, claims, professional)
    return SignedIn(rpps, account, told.subject, professional, means, tokens, begun.after, begun.purpose)


def _take(settings: PscSettings, session: Session, state: str) -> _Begun:
    """The sign-in of a state; it is forgotten at once."""
    begun: dict[str, Any] = dict(session.get(ATTEMPTS, {}))
    kept = begun.pop(state, None)
    if kept is None or kept["provider"] != settings.kind:
        raise NotBegun("answer-state")
    session[ATTEMPTS] = begun
    attempt = Attempt(state, kept["nonce"], kept["verifier"], kept["at"], kept["fresh"])
    return _Begun(attempt, kept["after"], kept["purpose"])


def _claims(
    provider: Provider, address: str, tokens: Tokens, expected: Expected, told: IdToken
) -> dict[str, Any]:
    """The claims of userinfo, about the very person of the id_token; the claims of the latter stand where userinfo says
    nothing: some providers of establishments put everything there.
    """
    reply = provider.http.fetch(address, tokens.access)
    if reply.status != 200:
        raise AnswerRefused("userinfo-unreadable", str(reply.status))

    def read(keys: ProviderKeys) -> dict[str, Any]:
        return read_userinfo(reply.body, reply.media_type, keys, expected, told.subject)

    return {**told.claims, **provider.believing(read, expected.now)}


def _means(settings: PscSettings, told: IdToken, now: int) -> ProvedMeans:
    """What the words of the provider are worth here; words that are not declared are worth nothing."""
    rule = proved(settings, told.acr, told.amr)
    if rule is None:
        raise AnswerRefused("identity-means", " ".join((told.acr, *told.amr)))
    authenticated = now if told.authenticated is None else told.authenticated
    return ProvedMeans(settings.kind, rule.factors, rule.level, told.acr, told.amr, authenticated)


def _who(settings: PscSettings, claims: dict[str, Any], professional: Professional) -> tuple[str, str]:
    """RPPS and name of account; the one by which the account is to be found is there."""
    rpps = read_rpps(claims.get(settings.rpps_claim)) if settings.rpps_claim else professional.rpps
    if rpps and not (rpps_valid(rpps) and (settings.fictive or not rpps_fictive(rpps))):
        raise AnswerRefused("identity-rpps")
    if not settings.account_claim:
        if not rpps:
            raise AnswerRefused("identity-rpps")
        return rpps, ""
    account = word(claims.get(settings.account_claim), 80).strip().lower()
    if not account:
        raise AnswerRefused("identity-account", settings.account_claim)
    return rpps, account
