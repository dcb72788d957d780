"""Subscribers by REST: the same acts as by the command, and nothing shown that must not be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.delivery.api.conftest import Api
from tests.services.feeding import adt, assert_sound, rows

if TYPE_CHECKING:
    from ecluse.services.wire import ActResult

SECRET_URL = "https://telesuivi.example/ecluse?cle=tres-secret"


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


@pytest.fixture
def shared(api: Api, tmp_path: Path) -> Api:
    """A gateway whose keys are in a folder of the test."""
    return with_keys(api, tmp_path)


def with_keys(api: Api, folder: Path) -> Api:
    from ecluse.delivery.api import settings

    settings.use(replace(settings.current(), secrets=folder / "keys"))
    return api


def add(api: Api, secret: str, **given: Any) -> Any:
    body = {"name": "telesuivi", "kind": "webhook", "target": SECRET_URL, **given}
    return api.post("/subscribers", secret, body)


def published(api: Api, number: int) -> None:
    """Events of that many new patients."""
    from tests.services.delivering import publish

    api.gate.receive(*[adt(control=f"P{n}", ipp=f"71{n:02d}") for n in range(number)])
    publish()


def test_a_webhook_is_declared_and_its_key_shown_once(both: Api, tmp_path: Path) -> None:
    """The key opens what was sealed; no answer, journal nor base has it, nor the query string of its address."""
    from ecluse.services.deliveries.subscribers import owner
    from ecluse.services.vault import Vault
    from ecluse.store.models.deliveries import Subscriber

    api = with_keys(both, tmp_path)
    secret = api.token("settings:read", "settings:write", "events:read")
    made = add(api, secret, types=["patient.qualified"], parallel=4)
    assert made.status_code == 201, made.content
    key, one = made.json()["secret"], made.json()["subscriber"]
    assert key.startswith("whsec_")
    assert (one["target"], one["options"]["types"]) == (
        "https://telesuivi.example/ecluse?…", ["patient.qualified"],
    )  # fmt: skip
    assert made["Location"] == f"/api/v1/subscribers/{one['id']}"
    row = Subscriber.objects.get()
    assert row.target == SECRET_URL
    assert Vault(tmp_path / "keys").open(bytes(row.secret), owner(row.id)).decode() == key
    for address in ("", "/telesuivi", f"/{one['id']}", "/telesuivi/failures"):
        shown = api.get(f"/subscribers{address}", secret).content.decode()
        assert "tres-secret" not in shown and key not in shown
    assert key.encode() not in b"".join(one for (one,) in rows("SELECT details FROM store_journalentry"))
    assert_sound()


@pytest.mark.parametrize(
    ("allowed", "target", "warned"),
    [
        ((), "https://10.1.2.3/ecluse", True),
        ((), "https://[::1]/ecluse", True),
        (("10.1.0.0/16",), "https://10.1.2.3/ecluse", False),
        ((), SECRET_URL, False),
    ],
)
def test_a_closed_address_is_told_at_once(
    shared: Api, allowed: tuple[str, ...], target: str, warned: bool
) -> None:
    """As by the command: declared all the same, with the setting that opens it."""
    from ecluse.delivery.api import settings

    settings.use(replace(settings.current(), allowed_networks=allowed))
    made = add(shared, shared.token(), target=target)
    assert made.status_code == 201
    warning = made.json()["warning"]
    assert (warning is not None) is warned
    if warned:
        assert "n’est pas une adresse publique" in warning["fr"] and "is no public address" in warning["en"]
        assert "allowed_networks" in warning["fr"] and "allowed_networks" in warning["en"]


def test_a_key_is_not_given_again(shared: Api) -> None:
    """The same POST with its Idempotency-Key: one subscriber, and no secret in what is kept."""
    secret = shared.token("settings:read", "settings:write", "events:read")
    body = {"name": "telesuivi", "kind": "webhook", "target": SECRET_URL}
    first = shared.post("/subscribers", secret, body, **{"idempotency-key": "s1"})
    again = shared.post("/subscribers", secret, body, **{"idempotency-key": "s1"})
    assert again["Idempotency-Replayed"] == "true"
    assert again.json() == {**first.json(), "secret": None}
    assert again["ETag"] == first["ETag"]
    assert len(shared.get("/subscribers", secret).json()) == 1
    rotated = shared.post("/subscribers/telesuivi/rotate", secret, None, **{"idempotency-key": "s2"})
    assert rotated.json()["secret"] not in (None, first.json()["secret"])
    again = shared.post("/subscribers/telesuivi/rotate", secret, None, **{"idempotency-key": "s2"})
    assert again.json() == {**rotated.json(), "secret": None}
    assert again.json()["subscriber"]["revision"] == 1


def test_a_relay_has_no_key_and_shows_no_path(shared: Api) -> None:
    """Its PEM files are given to the command only, and only told to be there."""
    secret = shared.token("settings:read", "settings:write", "events:read", "messages:read")
    made = add(shared, secret, name="dpi", kind="relay", target="10.1.2.3:2575", tls=True)
    assert (made.status_code, made.json()["secret"]) == (201, None)
    assert made.json()["subscriber"]["options"]["parallel"] == 1
    files = {
        "authorities": "/etc/pki/secret-ca.pem",
        "certificate": "/etc/pki/me.pem",
        "key": "/etc/pki/me.key",
    }
    done = shared.gate.act(
        "subscriber.add", name="labo", kind="relay", target="10.1.2.4:2575", options={"tls": True, **files}
    )
    assert done.done, done.text_en
    answer = shared.get("/subscribers/labo", secret)
    assert "/etc/pki" not in answer.content.decode()
    options = answer.json()["options"]
    assert (options["own_authorities"], options["own_certificate"]) == (True, True)
    assert code(shared.post("/subscribers/labo/rotate", secret, None)) == (409, "act-refused")
    assert code(add(shared, secret, authorities="/etc/passwd")) == (422, "validation")


@pytest.mark.parametrize(
    ("given", "scopes", "said"),
    [
        ({"full": True}, ("events:read", "stays:read", "consents:read"), "patients:read"),
        ({"kind": "relay", "target": "10.1.2.3:2575"}, ("events:read",), "messages:read"),
        ({}, ("messages:read",), "events:read"),
    ],
)
def test_a_token_has_nobody_told_more_than_it_may_read(
    shared: Api, given: dict[str, Any], scopes: tuple[str, ...], said: str
) -> None:
    """Else `settings:write` would open everything."""
    secret = shared.token("settings:write", *scopes)
    answer = add(shared, secret, **given)
    assert code(answer) == (403, "scope-missing")
    assert said in answer.json()["detail"]
    assert rows("SELECT id FROM store_subscriber") == []


@pytest.mark.parametrize("bound", ["domain", "inclusion"])
def test_a_bound_token_changes_no_subscriber(shared: Api, bound: str) -> None:
    """It sees those of its domain; an inclusion list sees none."""
    free = shared.token()
    add(shared, free, domain="défaut")
    add(shared, free, name="tout")
    chosen = {"domain": "défaut", "inclusion": shared.list_of()}[bound]
    secret = shared.token(**{bound: chosen})
    seen = [one["name"] for one in shared.get("/subscribers", secret).json()]
    assert seen == (["telesuivi"] if bound == "domain" else [])
    assert code(add(shared, secret, name="autre")) == (403, "token-bound")
    bodies = {"release": {}, "skip": {"position": 1}, "replay": {"after": ""}}
    for name in ("pause", "resume", "release", "skip", "replay", "rotate"):
        answer = shared.post(f"/subscribers/telesuivi/{name}", secret, bodies.get(name))
        assert code(answer) == (403, "token-bound"), name
    assert code(shared.ask("DELETE", "/subscribers/telesuivi", secret)) == (403, "token-bound")


def test_a_change_can_rest_on_what_was_read(shared: Api) -> None:
    """If-Match on every act; a removal, which loses what waits, demands it."""
    secret = shared.token("settings:read", "settings:write", "events:read")
    first = add(shared, secret)["ETag"]
    assert shared.get("/subscribers/telesuivi", secret)["ETag"] == first
    paused = shared.post("/subscribers/telesuivi/pause", secret, None, **{"if-match": first})
    assert (paused.status_code, paused.json()["status"]) == (200, "paused")
    assert paused["ETag"] != first
    stale = shared.post("/subscribers/telesuivi/resume", secret, None, **{"if-match": first})
    assert code(stale) == (412, "precondition-failed")
    assert stale["ETag"] == paused["ETag"]
    assert shared.post("/subscribers/telesuivi/resume", secret, None).json()["status"] == "active"
    assert code(shared.ask("DELETE", "/subscribers/telesuivi", secret)) == (428, "precondition-required")
    stale = shared.ask("DELETE", "/subscribers/telesuivi", secret, headers={"if-match": first})
    assert code(stale) == (412, "precondition-failed")
    latest = shared.get("/subscribers/telesuivi", secret)["ETag"]
    done = shared.ask("DELETE", "/subscribers/telesuivi", secret, headers={"if-match": latest})
    assert done.status_code == 204
    assert code(shared.get("/subscribers/telesuivi", secret)) == (404, "not-found")


@pytest.mark.parametrize(("method", "address"), [("POST", "/rotate"), ("POST", "/resume"), ("DELETE", "")])
def test_what_changes_between_the_look_and_the_act_is_not_overwritten(
    shared: Api, monkeypatch: pytest.MonkeyPatch, method: str, address: str
) -> None:
    """Only the writer can compare: somebody else's pause comes first, after this request was looked at."""
    from ecluse.delivery.api import acts
    from ecluse.services.wire import Act

    secret = shared.token("settings:read", "settings:write", "events:read")
    first = add(shared, secret)["ETag"]
    write = acts.ask_writer

    def pause_before(place: Path, wanted: Act, patience: float) -> ActResult:
        assert write(place, Act("cli", "subscriber.pause", {"name": "telesuivi"}), patience).done
        return write(place, wanted, patience)

    monkeypatch.setattr(acts, "ask_writer", pause_before)
    late = shared.ask(method, f"/subscribers/telesuivi{address}", secret, headers={"if-match": first})
    assert code(late) == (412, "precondition-failed")
    now = shared.get("/subscribers/telesuivi", secret)
    assert (now.json()["status"], now.json()["revision"], now["ETag"]) == ("paused", 1, late["ETag"])


def test_a_webhook_is_replayed_from_a_cursor_of_its_readers(shared: Api) -> None:
    """As `GET /events` gives them: the epoch is checked, a cursor of another store is refused with where to go on."""
    secret = shared.token()
    published(shared, 3)
    add(shared, secret)
    page = shared.get("/events?limit=1", secret).json()
    done = shared.post("/subscribers/telesuivi/replay", secret, {"after": page["next"]})
    assert (done.status_code, done.json()["position"], done.json()["behind"]) == (200, 1, 2)
    strange = shared.post("/subscribers/telesuivi/replay", secret, {"after": "0123456789ab-1"})
    assert code(strange) == (409, "events-unknown")
    assert strange.json()["resume"]
    broken = shared.post("/subscribers/telesuivi/replay", secret, {"after": "12"})
    assert code(broken) == (400, "events-cursor-malformed")
    further = shared.get("/events", secret).json()["next"]
    assert code(shared.post("/subscribers/telesuivi/replay", secret, {"after": further})) == (
        409, "act-refused",
    )  # fmt: skip
    assert shared.get("/subscribers/telesuivi", secret).json()["position"] == 1


def test_replays_from_a_date_and_from_a_line(shared: Api) -> None:
    """A date for both kinds; a relay follows the journal."""
    secret = shared.token()
    published(shared, 2)
    add(shared, secret)
    add(shared, secret, name="dpi", kind="relay", target="10.1.2.3:2575", allow_plaintext=True)
    old = {"since": "2000-01-01T00:00:00Z"}
    for name in ("telesuivi", "dpi"):
        assert shared.post(f"/subscribers/{name}/replay", secret, old).json()["position"] == 0
    add(shared, secret, name="labo", kind="relay", target="10.1.2.4:2575", allow_plaintext=True)
    assert shared.post("/subscribers/labo/replay", secret, {"line": 1}).json()["position"] == 1
    for name, body in (
        ("telesuivi", {}), ("telesuivi", {"line": 1}), ("labo", {"after": ""}),
        ("labo", {"line": 1, **old}), ("labo", {"since": "2026-02-31T00:00:00Z"}),
    ):  # fmt: skip
        answer = shared.post(f"/subscribers/{name}/replay", secret, body)
        assert code(answer) == (422, "validation"), (name, body)


def test_parked_deliveries_are_released_or_given_up(shared: Api) -> None:
    """By their position; one that does not wait is said so."""
    from ecluse.store.models.deliveries import PendingDelivery

    secret = shared.token()
    one = add(shared, secret).json()["subscriber"]["id"]
    for position in (1, 2, 3):
        PendingDelivery(
            subscriber=one, position=position, keys=b'["p"]', attempts=9, next_at=0, since=1, parked=True,
            reason="HTTP 400",
        ).save(force_insert=True)  # fmt: skip
    assert len(shared.get("/subscribers/telesuivi/failures", secret).json()) == 3
    assert shared.post("/subscribers/telesuivi/release", secret, {"position": 1}).json()["parked"] == 2
    skipped = shared.post("/subscribers/telesuivi/skip", secret, {"position": 2})
    assert (skipped.status_code, skipped.json()["waiting"], skipped.json()["parked"]) == (200, 2, 1)
    assert shared.post("/subscribers/telesuivi/release", secret, {}).json()["parked"] == 0
    again = shared.post("/subscribers/telesuivi/skip", secret, {"position": 2})
    assert code(again) == (409, "act-refused")
    assert code(shared.post("/subscribers/telesuivi/skip", secret, {})) == (422, "validation")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"target": "http://telesuivi.example/"}, (409, "act-refused")),
        ({"target": "https://moi:mot@telesuivi.example/"}, (409, "act-refused")),
        ({"domain": "nulle part"}, (409, "act-refused")),
        ({"inclusion": "nulle"}, (409, "act-refused")),
        ({"types": ["patient.nothing"]}, (409, "act-refused")),
        ({"target": "https://telesuivi.example/\n"}, (422, "validation")),
        ({"tls": True}, (409, "act-refused")),
        ({"kind": "relay", "target": "10.1.2.3:2575", "inclusion": "x"}, (409, "act-refused")),
        ({"kind": "relay", "target": "10.1.2.3:2575", "full": True}, (409, "act-refused")),
        ({"parallel": 65}, (422, "validation")),
        ({"timeout": 0}, (422, "validation")),
        ({"key": "/etc/passwd"}, (422, "validation")),
    ],
)
def test_what_cannot_be_a_subscriber(shared: Api, given: dict[str, Any], expected: tuple[int, str]) -> None:
    """Refused with the reason, and nothing is declared."""
    answer = add(shared, shared.token(), **given)
    assert code(answer) == expected
    assert answer.json()["detail_fr"] and answer.json()["detail_en"]
    assert rows("SELECT id FROM store_subscriber") == []


def test_two_subscribers_do_not_share_a_name(shared: Api) -> None:
    """The name is an address."""
    secret = shared.token()
    assert add(shared, secret).status_code == 201
    assert code(add(shared, secret)) == (409, "act-refused")
