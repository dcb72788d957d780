"""Signatures that the reference library of Standard Webhooks accepts, and refuses when anything changed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from ecluse.protocols.webhooks import headers, read_secret, write_secret

KEY = bytes(range(32))


@given(key=st.binary(min_size=24, max_size=64), body=st.text())
def test_the_reference_library_accepts_the_signature(key: bytes, body: str) -> None:
    content = body.encode()
    sent = headers("evt_1", int(time.time()), content, (key,))
    Webhook(write_secret(key)).verify(content, sent, json_parse=False)


def test_either_key_is_enough_while_one_replaces_the_other() -> None:
    sent = headers("evt_1", int(time.time()), b"{}", (KEY, bytes(32)))
    for key in (KEY, bytes(32)):
        assert Webhook(write_secret(key)).verify(b"{}", sent) == {}


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body", "key"])
def test_nothing_can_be_changed(changed: str) -> None:
    sent = headers("evt_1", int(time.time()), b"{}", (KEY,))
    body, key = b"{}", KEY
    if changed == "body":
        body = b"[]"
    elif changed == "key":
        key = bytes(32)
    else:
        sent[changed] = "evt_2" if changed == "webhook-id" else str(int(sent[changed]) + 1)
    with pytest.raises(WebhookVerificationError):
        Webhook(write_secret(key)).verify(body, sent)


def test_an_ambiguous_id_is_refused() -> None:
    with pytest.raises(ValueError, match="dot"):
        headers("evt.1", 0, b"", (KEY,))


@pytest.mark.parametrize(
    "text", ["", "whsec_", "whsec_AAAA", "whsec_!!", write_secret(KEY)[6:], write_secret(bytes(65))]
)
def test_a_secret_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        read_secret(text)


def test_a_secret_is_read_back() -> None:
    assert read_secret(write_secret(KEY)) == KEY
