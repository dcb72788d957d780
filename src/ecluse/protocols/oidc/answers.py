"""What a provider answers: the code brought back by the browser, then tokens, or its own refusals."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from ecluse.protocols.oidc.discovery import ProviderMetadata
from ecluse.protocols.oidc.documents import moment, read_object, word
from ecluse.protocols.oidc.errors import AnswerRefused, OidcError, ProviderSaysNo

_LONGEST_QUERY = 16_384
_LONGEST_TOKEN = 65_536
_CLIENT_ERRORS = frozenset({"invalid_client", "unauthorized_client"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the browser brought back (OpenID Connect Core 1.0, 3.1.2.5). Absent members are empty texts."""

    state: str
    code: str = field(repr=False)
    error: str
    issuer: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of one session. expires, refresh_expires: seconds they last from now; None: not said."""

    access: str = field(repr=False)
    expires: int | None
    refresh: str = field(repr=False)
    refresh_expires: int | None
    id_token: str = field(repr=False)


def read_answer(query: str) -> Answer:
    """The answer in the address the browser came back to.

    :param query: the query of that address, without its question mark.
    :raises AnswerRefused: it cannot be read, or gives a parameter twice (RFC 6749, 3.1).
    """
    if len(query) > _LONGEST_QUERY:
        raise AnswerRefused("answer-unreadable", "length")
    try:
        pairs = parse_qsl(query, errors="strict", max_num_fields=30)
    except ValueError:
        raise AnswerRefused("answer-unreadable") from None
    told = dict(pairs)
    if len(told) != len(pairs):
        raise AnswerRefused("answer-unreadable", "parameter given twice")
    state, code, error, issuer = (word(told.get(name), 4096) for name in ("state", "code", "error", "iss"))
    return Answer(state, code, error, issuer)


def code_of(answer: Answer, provider: ProviderMetadata) -> str:
    """The code of an answer whose state is known to be right.

    :raises AnswerRefused: it names another issuer than the provider that was asked, or none where it should (RFC
        9207, 2.4).
    :raises ProviderSaysNo: it is a refusal.
    """
    if answer.issuer != provider.issuer and (answer.issuer or provider.names_itself):
        raise AnswerRefused("answer-issuer")
    if answer.error == "access_denied":
        raise ProviderSaysNo("answer-denied", answer.error)
    if answer.error:
        raise ProviderSaysNo("answer-error", answer.error)
    if not answer.code:
        raise AnswerRefused("answer-unreadable", "code")
    return answer.code


def read_tokens(body: bytes) -> Tokens:
    """The tokens of a successful answer (RFC 6749, 5.1).

    :raises AnswerRefused: it cannot be read, has no access token, or one that is not a bearer token.
    """
    try:
        told = read_object(body)
    except ValueError as error:
        raise AnswerRefused("token-unreadable", str(error)) from None
    access, refresh, id_token = (
        word(told.get(name), _LONGEST_TOKEN) for name in ("access_token", "refresh_token", "id_token")
    )
    if not access or not access.isascii():
        raise AnswerRefused("token-unreadable", "access_token")
    if word(told.get("token_type")).lower() != "bearer":
        raise AnswerRefused("token-unreadable", "token_type")
    return Tokens(
        access, moment(told.get("expires_in")), refresh, moment(told.get("refresh_expires_in")), id_token
    )


def refusal(body: bytes) -> OidcError:
    """The error that a refusal of the token endpoint stands for (RFC 6749, 5.2)."""
    try:
        error = word(read_object(body).get("error"))
    except ValueError:
        return AnswerRefused("token-unreadable")
    if error == "invalid_grant":
        return ProviderSaysNo("token-grant", error)
    return ProviderSaysNo("token-client" if error in _CLIENT_ERRORS else "token-error", error)
