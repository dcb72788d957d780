"""What may be declared as a subscriber, and what is refused with a sentence that says what to do."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ecluse.services.acts.subscribers import new_id
from ecluse.services.deliveries.subscribers import Options, SubscriberRecord, all_subscribers
from tests.services.feeding import Gate, rows
from tests.store.databases import StorePlace

HTTPS = "https://example.org/hook"


def webhook(**given: Any) -> dict[str, Any]:
    sealed = base64.b64encode(b"sealed").decode()
    return {"name": "w", "kind": "webhook", "target": HTTPS, "id": new_id(), "secret": sealed, **given}


def relay(**given: Any) -> dict[str, Any]:
    return {"name": "r", "kind": "relay", "target": "127.0.0.1:2575", **given}


def kept(arguments: dict[str, Any]) -> SubscriberRecord:
    done = Gate().act("subscriber.add", **arguments)
    assert done.done, done.text_en
    return all_subscribers()[0]


def refused(arguments: dict[str, Any]) -> str:
    done = Gate().act("subscriber.add", **arguments)
    assert not done.done and rows("SELECT COUNT(*) FROM store_subscriber") == [(0,)]
    return done.text_en


@pytest.mark.parametrize(("option", "value"), [("inclusion", "list-1"), ("full", True)])
def test_a_relay_ignores_nothing_that_would_limit_it(
    sqlite_store: StorePlace, option: str, value: object
) -> None:
    said = refused(relay(options={option: value}))
    assert "every patient" in said and option in said


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("tls", True),
        ("authorities", "/ca.pem"),
        ("certificate", "/c.pem"),
        ("server_name", "x"),
        ("ins_in_deletion", "withheld"),
    ],
)
def test_a_webhook_takes_no_option_of_a_relay(sqlite_store: StorePlace, option: str, value: object) -> None:
    said = refused(webhook(options={option: value}))
    assert "relays only" in said and option in said


@pytest.mark.parametrize(
    "files", [{"authorities": "/ca.pem"}, {"certificate": "/c.pem", "key": "/k.pem"}, {"server_name": "dpi"}]
)
def test_files_of_tls_mean_tls(sqlite_store: StorePlace, files: dict[str, str]) -> None:
    assert kept(relay(target="10.1.2.3:2575", options=files)).options.tls


def test_a_key_without_its_certificate_is_refused(sqlite_store: StorePlace) -> None:
    assert "certificate" in refused(relay(options={"key": "/k.pem"}))


@pytest.mark.parametrize("target", ["10.1.2.3:2575", "dpi.example:2575", "[2a01:e0a::1]:2575", "128.0.0.1:1"])
def test_a_relay_in_clear_beyond_this_machine_must_be_confirmed(
    sqlite_store: StorePlace, target: str
) -> None:
    assert "--tls" in refused(relay(target=target))
    assert "--tls" in refused(relay(target=target, plaintext="false"))
    assert not kept(relay(target=target, plaintext=True)).options.tls


@pytest.mark.parametrize("target", ["127.0.0.1:2575", "127.9.9.9:1", "[::1]:2575", "localhost:2575"])
def test_a_relay_on_this_machine_needs_no_tls(sqlite_store: StorePlace, target: str) -> None:
    one = kept(relay(target=target))
    assert (one.target, one.options) == (target, Options(parallel=1))


def test_a_webhook_has_eight_deliveries_on_their_way(sqlite_store: StorePlace) -> None:
    assert kept(webhook(options={"types": ["patient.qualified"]})).options.parallel == 8


@pytest.mark.parametrize(
    "target",
    [
        "[::1:2575",
        "[::1]x:2575",
        "h h:2575",
        "h:0",
        "h:65536",
        "h:",
        "h",
        ":2575",
        "h:2575/x",
        "me@h:2575",
        "[::g]:1",
        "[1.2.3.4]:1",
        "h:٢٥",
        "::1:2575",
    ],
)
def test_a_relay_is_a_host_and_a_port(sqlite_store: StorePlace, target: str) -> None:
    assert "HOST:PORT" in refused(relay(target=target, plaintext=True))


@pytest.mark.parametrize(
    "target",
    [
        "https://[::1",
        "https://[::1]x/",
        "https://h/a b",
        "https://h h/",
        "https://",
        "https://h:0/",
        "https://h:99999/",
        "https://h\\@x/",
        "https://me@h/",
        "https://[x]/",
        "//h/",
    ],
)
def test_a_webhook_is_a_url(sqlite_store: StorePlace, target: str) -> None:
    assert "https URL" in refused(webhook(target=target))


@pytest.mark.parametrize(
    "target", ["https://h.example:8443/a?b=c", "https://[2a01:e0a::1]/", "https://télé.fr"]
)
def test_an_ordinary_url_is_kept_as_it_is(sqlite_store: StorePlace, target: str) -> None:
    assert kept(webhook(target=target)).target == target


@pytest.mark.parametrize("position", ["abc", True, 1.5, -1, 2**70, [1]])
def test_a_position_is_a_whole_number(sqlite_store: StorePlace, position: object) -> None:
    assert "whole number" in refused(relay(position=position))
    kept(relay())
    gate = Gate()
    for act in ("replay", "skip", "release"):
        done = gate.act(f"subscriber.{act}", name="r", position=position)
        assert not done.done and "whole number" in done.text_en


@pytest.mark.parametrize("types", [["patient.created"], ["a31"], ["A3"], ["A311"], ["A31\0"], [""]])
def test_a_relay_takes_trigger_events(sqlite_store: StorePlace, types: list[str]) -> None:
    assert "trigger event" in refused(relay(options={"types": types}))


@pytest.mark.parametrize("types", [["A31"], ["patient.exploded"], ["patient.created", ""]])
def test_a_webhook_takes_types_of_events(sqlite_store: StorePlace, types: list[str]) -> None:
    assert "patient.qualified" in refused(webhook(options={"types": types}))


@pytest.mark.parametrize("option", [{"former_secret": "AAAA"}, {"former_until": 9**15}])
def test_a_former_key_is_not_given_from_outside(sqlite_store: StorePlace, option: dict[str, Any]) -> None:
    assert "Unknown option" in refused(webhook(options=option))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": "x" * 201}, "200 characters"),
        ({"name": "a\0b"}, "name"),
        ({"domain": {"a": 1}}, "domain"),
        ({"domain": "a\0b"}, "domain"),
        ({"options": ["full"]}, "options"),
        ({"options": {"server_name": "a\0b"}}, "server_name"),
        ({"id": "sub_x"}, "id"),
        ({"id": 7}, "id"),
        ({"kind": ["relay"]}, "kind"),
    ],
)
def test_nonsense_is_refused(sqlite_store: StorePlace, given: dict[str, Any], said: str) -> None:
    assert said in refused(relay(**given))


def test_an_id_serves_once(sqlite_store: StorePlace) -> None:
    first = kept(webhook())
    done = Gate().act("subscriber.add", **webhook(name="second", id=first.id))
    assert not done.done and "id" in done.text_en


def test_a_name_of_two_hundred_characters_is_kept(sqlite_store: StorePlace) -> None:
    assert kept(relay(name="x" * 200)).name == "x" * 200
