"""OpenID Connect, the side of a relying party: Pro Santé Connect, and an establishment's own identity provider.

Pure: the moment, the random texts and the bytes received are arguments; a refusal is an `OidcError` with its code.
Source: OpenID Connect Core 1.0 and Discovery 1.0; RFC 6749, 7636, 7517, 8705, 9207; OAuth 2.0 Security (RFC 9700).
"""

from ecluse.protocols.oidc.answers import Answer, Tokens, code_of, read_answer, read_tokens, refusal
from ecluse.protocols.oidc.client import (
    Attempt,
    Authentication,
    Client,
    FormRequest,
    authorization_address,
    exchange_code,
    exchange_refresh,
    logout_address,
    revoke,
)
from ecluse.protocols.oidc.discovery import ProviderMetadata, is_secure, issuer_of, read_metadata
from ecluse.protocols.oidc.errors import (
    AnswerRefused,
    MetadataRefused,
    OidcError,
    ProviderSaysNo,
    ProviderSilent,
    UnknownKey,
    error_texts,
)
from ecluse.protocols.oidc.id_token import Expected, IdToken, check_id_token
from ecluse.protocols.oidc.keys import ProviderKeys, read_keys
from ecluse.protocols.oidc.professional import (
    Activity,
    Exercice,
    Professional,
    Structure,
    read_professional,
    read_rpps,
)
from ecluse.protocols.oidc.userinfo import read_userinfo

__all__ = [
    "Activity",
    "Answer",
    "AnswerRefused",
    "Attempt",
    "Authentication",
    "Client",
    "Exercice",
    "Expected",
    "FormRequest",
    "IdToken",
    "MetadataRefused",
    "OidcError",
    "Professional",
    "ProviderKeys",
    "ProviderMetadata",
    "ProviderSaysNo",
    "ProviderSilent",
    "Structure",
    "Tokens",
    "UnknownKey",
    "authorization_address",
    "check_id_token",
    "code_of",
    "error_texts",
    "exchange_code",
    "exchange_refresh",
    "is_secure",
    "issuer_of",
    "logout_address",
    "read_answer",
    "read_keys",
    "read_metadata",
    "read_professional",
    "read_rpps",
    "read_tokens",
    "read_userinfo",
    "refusal",
    "revoke",
]
