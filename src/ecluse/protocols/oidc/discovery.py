"""What a provider announces of itself: its discovery document, read and checked.

Two traps of Pro Santé Connect are met here. The name of its document is not `openid-configuration` but
`wallet-openid-configuration`, so the whole address of the document is a setting; and the host of its authorization
endpoint is not the host of its issuer, so no address is ever derived from the issuer.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ecluse.protocols.oidc.documents import read_object, word, words
from ecluse.protocols.oidc.errors import MetadataRefused

WELL_KNOWN = "/.well-known/"
ALGORITHM = "RS256"
"""The only signature accepted, whatever a token says of itself (RFC 8725, 3.1)."""


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """A provider as it announces itself (OpenID Connect Discovery 1.0, 3). Addresses it does not announce are empty.

    token_mtls: token endpoint for clients with a certificate (RFC 8705, 5), the plain one when there is none;
    names_itself: its answers name their issuer (RFC 9207).
    """

    issuer: str
    authorization: str
    token: str
    token_mtls: str
    userinfo: str
    keys: str
    end_session: str
    revocation: str
    names_itself: bool


def issuer_of(address: str) -> str:
    """The issuer that must stand in the document of an address (OpenID Connect Discovery 1.0, 4.3).

    :raises MetadataRefused: the address is not one of a discovery document.
    """
    issuer, well_known, _ = address.partition(WELL_KNOWN)
    if not well_known or not is_secure(address):
        raise MetadataRefused("metadata-insecure" if well_known else "metadata-unreadable", "discovery")
    return issuer


def is_secure(address: str) -> bool:
    """Whether an address is https, or http to this very machine (tests), and names neither user nor fragment."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or not address.isprintable() or " " in address or parts.fragment or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_metadata(document: bytes, address: str) -> ProviderMetadata:
    """The provider of a discovery document.

    :param document: as received; address: where it was read.
    :raises MetadataRefused: it is unreadable, names another issuer, misses an address or announces an insecure one,
        or offers neither the code flow nor RS256.
    """
    issuer = issuer_of(address)
    try:
        told = read_object(document)
    except ValueError as error:
        raise MetadataRefused("metadata-unreadable", str(error)) from None
    if told.get("issuer") != issuer:
        raise MetadataRefused("metadata-issuer")
    _check_offer(told)
    token = _address(told, "token_endpoint")
    aliases = told.get("mtls_endpoint_aliases")
    return ProviderMetadata(
        issuer=issuer,
        authorization=_address(told, "authorization_endpoint"),
        token=token,
        token_mtls=_optional(aliases, "token_endpoint") or token if isinstance(aliases, dict) else token,
        userinfo=_address(told, "userinfo_endpoint"),
        keys=_address(told, "jwks_uri"),
        end_session=_optional(told, "end_session_endpoint"),
        revocation=_optional(told, "revocation_endpoint"),
        names_itself=told.get("authorization_response_iss_parameter_supported") is True,
    )


def _check_offer(told: dict[str, Any]) -> None:
    for member, needed in (
        ("response_types_supported", "code"),
        ("id_token_signing_alg_values_supported", ALGORITHM),
    ):
        if needed not in words(told.get(member)):
            raise MetadataRefused("metadata-unsupported", member)


def _address(told: dict[str, Any], member: str) -> str:
    found = _optional(told, member)
    if not found:
        raise MetadataRefused("metadata-missing", member)
    return found


def _optional(told: dict[str, Any], member: str) -> str:
    found = word(told.get(member))
    if found and not is_secure(found):
        raise MetadataRefused("metadata-insecure", member)
    return found
