"""An id_token is believed when every check of OpenID Connect Core 1.0, 3.1.3.7 passes; each refusal has its code."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.protocols.oidc import OidcError, UnknownKey, check_id_token, error_texts
from tests.protocols.oidc.signing import (
    CLIENT,
    NOW,
    claims,
    encoded,
    expected,
    key,
    keys,
    token,
    unsigned,
)


def refused(text: str, **changed: Any) -> str:
    """Code with which a token is refused."""
    with pytest.raises(OidcError) as caught:
        check_id_token(text, keys(), expected(**changed))
    return caught.value.code


def test_good_token_tells_who_signed_in_and_how() -> None:
    told = check_id_token(token(claims(amr=["pwd", "hwk"], sid="s1")), keys(), expected())
    assert told.subject == "f:0f1e:899700000013"
    assert (told.acr, told.amr, told.authenticated, told.session) == ("eidas1", ("pwd", "hwk"), NOW - 5, "s1")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": "https://auth.example/auth/realms/other"}, "id-token-issuer"),
        ({"iss": None}, "id-token-issuer"),
        ({"aud": "another"}, "id-token-audience"),
        ({"aud": None}, "id-token-audience"),
        ({"aud": [], "azp": None}, "id-token-audience"),
        ({"aud": {"x": CLIENT}}, "id-token-audience"),
        ({"aud": [CLIENT, "another"], "azp": None}, "id-token-azp"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "id-token-azp"),
        ({"azp": "another"}, "id-token-azp"),
        ({"sub": None}, "id-token-claims"),
        ({"sub": "x" * 256}, "id-token-claims"),
        ({"sub": 7}, "id-token-claims"),
        ({"exp": None}, "id-token-claims"),
        ({"exp": str(NOW + 300)}, "id-token-claims"),
        ({"exp": True}, "id-token-claims"),
        ({"iat": None}, "id-token-claims"),
        ({"auth_time": "yesterday"}, "id-token-claims"),
        ({"exp": NOW - 30}, "id-token-expired"),
        ({"iat": NOW + 31}, "id-token-future"),
        ({"nbf": NOW + 31}, "id-token-future"),
        ({"auth_time": NOW + 31}, "id-token-future"),
        ({"nonce": "another"}, "id-token-nonce"),
        ({"nonce": None}, "id-token-nonce"),
        ({"nonce": ["n-0S6_WzA2Mj"]}, "id-token-nonce"),
        ({"nonce": "\ud800é"}, "id-token-nonce"),
        ({"acr": None}, "id-token-acr-missing"),
        ({"acr": ["eidas1"]}, "id-token-acr-missing"),
        ({"acr": "eidas0"}, "id-token-acr"),
    ],
)
def test_wrong_claim_is_refused_with_its_own_code(changed: dict[str, Any], code: str) -> None:
    assert refused(token(claims(**changed))) == code


def test_clocks_may_differ_by_the_tolerance_and_not_more() -> None:
    check_id_token(token(claims(exp=NOW - 29, iat=NOW + 30)), keys(), expected())
    assert refused(token(claims(exp=NOW - 29)), skew=0) == "id-token-expired"


def test_other_audiences_are_accepted_when_the_token_was_issued_to_us() -> None:
    told = check_id_token(token(claims(aud=[CLIENT, "another"], azp=CLIENT)), keys(), expected())
    assert told.acr == "eidas1"


def test_new_authentication_is_required_when_it_was_asked_for() -> None:
    check_id_token(token(claims(auth_time=NOW)), keys(), expected(authenticated_since=NOW))
    assert refused(token(claims(auth_time=NOW - 31)), authenticated_since=NOW) == "id-token-old"
    assert refused(token(claims(auth_time=None)), authenticated_since=NOW) == "id-token-old"


def test_access_token_must_be_the_one_of_the_digest() -> None:
    # OpenID Connect Core 1.0, A.3: the example of the standard.
    access, digest = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "77QmUPtjPfzWtF2AnpK9RQ"
    check_id_token(token(claims(at_hash=digest)), keys(), expected(access=access))
    assert refused(token(claims(at_hash=digest)), access="another") == "id-token-access-token"
    assert refused(token({**claims(), "at_hash": None}), access=access) == "id-token-access-token"


def test_missing_and_encrypted_tokens_are_told_apart() -> None:
    assert refused("") == "id-token-missing"
    assert refused("a.b.c.d.e") == "id-token-encrypted"
    assert refused("abc") == "id-token-unreadable"


def test_unsigned_token_is_refused_however_none_is_written() -> None:
    for none in ("none", "None", "NONE", "", None, ["RS256"], {"alg": "RS256"}):
        assert refused(unsigned({"alg": none, "kid": "psc-1"})) in {
            "id-token-algorithm",
            "id-token-unreadable",
        }
    assert refused(unsigned({"alg": "none"})) == "id-token-algorithm"
    assert refused(unsigned({"kid": "psc-1"})) == "id-token-unreadable"


def test_public_key_is_never_taken_for_a_secret() -> None:
    public = key("psc-1").public_key
    for form in (
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ):
        assert refused(unsigned({"alg": "HS256", "kid": "psc-1"}, form)) == "id-token-algorithm"
        assert refused(unsigned({"alg": "RS256", "kid": "psc-1"}, form)) == "id-token-signature"


def test_other_signatures_of_the_same_key_are_refused() -> None:
    for algorithm in ("RS384", "RS512", "PS256", "ES256"):
        assert refused(unsigned({"alg": algorithm, "kid": "psc-1"}, b"x")) == "id-token-algorithm"


def test_signature_of_another_key_is_refused_under_any_name() -> None:
    assert refused(token(signed_by="hostile", kid="psc-1")) == "id-token-signature"
    with pytest.raises(UnknownKey):
        check_id_token(token(signed_by="hostile"), keys(), expected())


def test_keys_that_a_token_brings_along_are_not_looked_at() -> None:
    own = key("hostile").as_dict(private=False)
    text = token(signed_by="hostile", kid="psc-1", jwk=own, jku="https://hostile.example/keys")
    assert refused(text) == "id-token-signature"


def test_claims_changed_after_the_signature_are_refused() -> None:
    head, _, signature = token().split(".")
    assert refused(
        f"{head}.{encoded(json.dumps(claims(sub='f:0f1e:899700000021')).encode())}.{signature}"
    ) == ("id-token-signature")


def test_unnamed_key_is_found_only_when_it_is_the_only_one() -> None:
    unnamed = token(kid=None)
    assert check_id_token(unnamed, keys(), expected()).acr == "eidas1"
    with pytest.raises(UnknownKey):
        check_id_token(unnamed, keys("psc-1", "psc-2"), expected())


def test_tokens_of_another_type_are_refused() -> None:
    for kind in ("at+jwt", "logout+jwt"):
        assert refused(token(typ=kind)) == "id-token-unreadable"


def test_what_must_be_understood_and_is_not_is_refused() -> None:
    assert refused(token(crit=["b64"], b64=True)) == "id-token-unreadable"


@pytest.mark.parametrize(
    "payload",
    [
        b"[]", b"null", b"\xff", b"", b'{"iss": NaN}', b'{"sub": "a", "sub": "b"}',
        b'{"a":' * 50_000, b'{"exp": ' + b"9" * 5000 + b"}", b'{"exp": 1e999}',
    ],
)  # fmt: skip
def test_signed_nonsense_is_refused(payload: bytes) -> None:
    if len(payload) > 128_000:
        payload = payload[:120_000]
    assert refused(token(payload)) in {"id-token-unreadable", "id-token-issuer", "id-token-signature"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
NAMES = (
    "iss",
    "sub",
    "aud",
    "azp",
    "exp",
    "iat",
    "nbf",
    "nonce",
    "acr",
    "amr",
    "auth_time",
    "sid",
    "at_hash",
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), JSON, min_size=1, max_size=4))
def test_signed_claims_of_any_shape_are_read_or_refused_never_a_crash(changed: dict[str, Any]) -> None:
    try:
        told = check_id_token(token({**claims(), **changed}), keys(), expected(access="a"))
    except OidcError as error:
        assert error.code in error_texts()
    else:
        assert told.acr == "eidas1" and told.subject


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | st.binary(max_size=60).map(lambda one: f"{encoded(one)}.{encoded(one)}.AA"))
def test_any_text_is_refused_never_a_crash(text: str) -> None:
    refused(text)


@settings(max_examples=150, deadline=None)
@given(JSON)
def test_headers_of_any_shape_are_refused_never_a_crash(header: Any) -> None:
    refused(f"{encoded(json.dumps(header).encode())}.{encoded(b'{}')}.AA")
    refused(f"{encoded(json.dumps({'alg': 'RS256', 'kid': header}).encode())}.{encoded(b'{}')}.AA")
