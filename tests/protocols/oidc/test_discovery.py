"""A discovery document is used only when it is the provider's own, complete, and leads nowhere without TLS."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ecluse.protocols.oidc import MetadataRefused, is_secure, issuer_of, read_keys, read_metadata
from tests.protocols.oidc.signing import key, published

ADDRESS = (
    "https://auth.bas.psc.esante.gouv.fr/auth/realms/esante-wallet/.well-known/wallet-openid-configuration"
)
REALM = "https://auth.bas.psc.esante.gouv.fr/auth/realms/esante-wallet"


def document(**changed: Any) -> bytes:
    """The document of the sandbox of Pro Santé Connect, in short; a member changed to None is left out."""
    told = {
        "issuer": REALM,
        "authorization_endpoint": "https://wallet.bas.psc.esante.gouv.fr/auth",
        "token_endpoint": f"{REALM}/protocol/openid-connect/token",
        "userinfo_endpoint": f"{REALM}/protocol/openid-connect/userinfo",
        "jwks_uri": f"{REALM}/protocol/openid-connect/certs",
        "end_session_endpoint": f"{REALM}/protocol/openid-connect/logout",
        "revocation_endpoint": f"{REALM}/protocol/openid-connect/revoke",
        "response_types_supported": ["code", "none"],
        "id_token_signing_alg_values_supported": ["PS384", "RS256"],
        **changed,
    }
    return json.dumps({name: value for name, value in told.items() if value is not None}).encode()


def refused(content: bytes, address: str = ADDRESS) -> str:
    """Code with which a document is refused."""
    with pytest.raises(MetadataRefused) as caught:
        read_metadata(content, address)
    return caught.value.code


def test_sandbox_of_pro_sante_connect_is_read() -> None:
    told = read_metadata(document(), ADDRESS)
    assert told.issuer == REALM
    assert told.authorization == "https://wallet.bas.psc.esante.gouv.fr/auth"
    assert told.token == told.token_mtls == f"{REALM}/protocol/openid-connect/token"
    assert told.end_session == f"{REALM}/protocol/openid-connect/logout"
    assert not told.names_itself


def test_clients_with_a_certificate_have_their_own_token_endpoint() -> None:
    alias = "https://mtls.example/token"
    told = read_metadata(document(mtls_endpoint_aliases={"token_endpoint": alias}), ADDRESS)
    assert told.token_mtls == alias and told.token != alias


def test_addresses_that_are_not_announced_are_empty() -> None:
    told = read_metadata(document(end_session_endpoint=None, revocation_endpoint=7), ADDRESS)
    assert (told.end_session, told.revocation) == ("", "")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"issuer": "https://hostile.example"}, "metadata-issuer"),
        ({"issuer": f"{REALM}/"}, "metadata-issuer"),
        ({"issuer": None}, "metadata-issuer"),
        ({"token_endpoint": None}, "metadata-missing"),
        ({"authorization_endpoint": ["https://a.example"]}, "metadata-missing"),
        ({"userinfo_endpoint": ""}, "metadata-missing"),
        ({"jwks_uri": None}, "metadata-missing"),
        ({"token_endpoint": "http://auth.example/token"}, "metadata-insecure"),
        ({"jwks_uri": "file:///etc/passwd"}, "metadata-insecure"),
        ({"end_session_endpoint": "javascript:alert(1)"}, "metadata-insecure"),
        ({"authorization_endpoint": "https://a@b.example/auth"}, "metadata-insecure"),
        ({"authorization_endpoint": "https://a.example/auth#x"}, "metadata-insecure"),
        ({"mtls_endpoint_aliases": {"token_endpoint": "http://a.example"}}, "metadata-insecure"),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, "metadata-unsupported"),
        ({"id_token_signing_alg_values_supported": "RS256"}, "metadata-unsupported"),
        ({"response_types_supported": ["id_token"]}, "metadata-unsupported"),
    ],
)
def test_wrong_document_is_refused_with_its_own_code(changed: dict[str, Any], code: str) -> None:
    assert refused(document(**changed)) == code


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"<html>", b"\xff", b"[" * 100_000, b'{"issuer":1,"issuer":1}']
)
def test_what_is_no_document_is_refused(content: bytes) -> None:
    assert refused(content) == "metadata-unreadable"


def test_plain_http_is_for_this_very_machine_only() -> None:
    for good in ("https://a.example/x", "http://localhost:8080/x", "http://127.0.0.1/x", "http://[::1]:1/x"):
        assert is_secure(good), good
    for bad in (
        "http://a.example/x", "http://localhost.example/x", "http://127.0.0.1.example/x", "http://10.0.0.1/x", "//a/x",
        "https:///x", "https://", "ftp://localhost/x", "", "https://a b/", "https://[::1", "https://a.example:port/",
        "https://a.example/\n", "http://0.0.0.0/x",
    ):  # fmt: skip
        assert not is_secure(bad), bad


def test_issuer_is_never_plain_http_beyond_this_machine() -> None:
    with pytest.raises(MetadataRefused) as caught:
        issuer_of("http://auth.example/realms/esante-wallet/.well-known/wallet-openid-configuration")
    assert caught.value.code == "metadata-insecure"
    with pytest.raises(MetadataRefused) as caught:
        issuer_of("https://auth.example/realms/esante-wallet")
    assert caught.value.code == "metadata-unreadable"


def test_only_keys_that_may_have_signed_are_kept() -> None:
    good = json.loads(published("psc-1"))["keys"][0]
    others = [
        {**good, "kid": "encrypts", "use": "enc"},
        {**good, "kid": "other algorithm", "alg": "PS256"},
        {**good, "kid": "small", "n": good["n"][:100]},
        {**good, "kid": "huge", "n": good["n"] * 20},
        {**good, "kid": "nothing", "e": "AA"},
        {**good, "kid": "even", "e": "BA"},
        {**good, "kid": "other letters", "n": "é" + good["n"][1:]},
        {**good, "kid": "no text", "n": 7},
        {**key("psc-1").as_dict(private=True), "kid": "leaked"},
        {"kty": "oct", "kid": "secret", "k": "AAAA"},
        {"kty": "EC", "kid": "curve", "crv": "P-256", "x": "AA", "y": "AA"},
        "text", None, [],
    ]  # fmt: skip
    read = read_keys(json.dumps({"keys": [*others, good]}).encode())
    assert len(read) == 1 and read.find("psc-1") is not None


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"keys": {}}', b'{"keys": []}', b'{"keys": [1, null]}', b"[" * 99999]
)
def test_documents_without_a_usable_key_are_refused(content: bytes) -> None:
    with pytest.raises(MetadataRefused) as caught:
        read_keys(content)
    assert caught.value.code == "keys-unreadable"
