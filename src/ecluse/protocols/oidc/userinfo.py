"""The answer of the userinfo endpoint: JSON, or a token signed by the provider (OpenID Connect Core 1.0, 5.3.2)."""

from __future__ import annotations

from typing import Any

from ecluse.protocols.oidc.documents import read_object
from ecluse.protocols.oidc.errors import AnswerRefused
from ecluse.protocols.oidc.id_token import Expected, read_signed
from ecluse.protocols.oidc.keys import ProviderKeys


def read_userinfo(
    body: bytes, media_type: str, keys: ProviderKeys, expected: Expected, subject: str
) -> dict[str, Any]:
    """The claims about the person who signed in.

    :param media_type: the Content-Type received; subject: of the id_token, which the answer must repeat exactly, else
        it may be about somebody else.
    :raises AnswerRefused: it cannot be read, its signature or its parties are wrong, or it is about another person.
    :raises UnknownKey: it is signed by a key that is not among those read.
    """
    if media_type.partition(";")[0].strip().lower() == "application/jwt":
        claims = read_signed(body.decode("ascii", "replace"), keys)
        audience = claims.get("aud", expected.client_id)
        if claims.get("iss", expected.issuer) != expected.issuer or (
            expected.client_id != audience
            and not (isinstance(audience, list) and expected.client_id in audience)
        ):
            raise AnswerRefused("userinfo-unreadable", "iss, aud")
    else:
        try:
            claims = read_object(body)
        except ValueError as error:
            raise AnswerRefused("userinfo-unreadable", str(error)) from None
    if claims.get("sub") != subject:
        raise AnswerRefused("userinfo-subject")
    return claims
