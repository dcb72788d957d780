"""What programs change: settings, tokens, inclusion lists; nothing is done twice nor overwritten unseen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import NOW
from tests.delivery.api.conftest import Api
from tests.services.feeding import adt, assert_sound, rows

HOUR = 3_600_000_000


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


def test_an_establishment_and_its_site_are_declared(both: Api) -> None:
    """On both databases; the journal tells which token asked."""
    secret = both.token("settings:read", "settings:write")
    made = both.post("/establishments", secret, {"name": "CH Valmont", "finess": "290000017"})
    assert (made.status_code, made["Location"]) == (201, "/api/v1/establishments/1")
    site = {"name": "Site nord", "establishment": 1, "finess": "2A0000018", "zone": "Indian/Reunion"}
    assert both.post("/sites", secret, site).json() == {**site, "id": 1}
    domain = both.post(
        "/domains", secret, {"name": "cabinet", "oid": "1.2.250.1.999.2", "establishments": [1]}
    )
    assert domain.json()["authorities"] == ["1.2.250.1.999.2"]
    assert both.get("/establishments/1", secret).json()["domains"] == [2]
    operators = {row[0] for row in rows("SELECT details FROM store_journalentry WHERE event = 'add'")}
    assert all(f'"operator":"token:{secret.split("_")[1]}"'.encode() in one for one in operators)
    assert_sound()


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/establishments", {"name": "CH", "finess": "12"}),
        ("/establishments", {"name": "CH", "nom": "x"}),
        ("/establishments", {"name": "a\nb"}),
        ("/sites", {"name": "S", "establishment": "x"}),
        ("/domains", {"name": "d", "oid": "abc"}),
        ("/tokens", {"name": "t", "scopes": []}),
        ("/tokens", {"name": "t", "scopes": ["everything"]}),
        ("/tokens", {"name": "t", "scopes": ["status:read"], "days": 0}),
    ],
)
def test_what_does_not_fit_is_refused(api: Api, address: str, body: Any) -> None:
    """422 with the field at fault; nothing is written."""
    before = rows("SELECT count(*) FROM store_journalentry")[0][0]
    answer = api.post(address, api.token(), body)
    assert code(answer) == (422, "validation")
    for error in answer.json()["errors"]:
        names = [name.replace("~1", "/") for name in error["where"].split("/")[1:]]
        assert names == [] or names[0] in {**body, "finess": "", "oid": "", "scopes": "", "days": ""}
        assert error["what"] == error["what_fr"] != error["what_en"]
        assert error["what_fr"] != "la valeur ne convient pas"
    assert rows("SELECT count(*) FROM store_journalentry")[0][0] == before + 1  # the token


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/establishments", {"name": "CH Valmont"}),
        ("/sites", {"name": "Site", "establishment": 7}),
        ("/sites", {"name": "Site", "establishment": 1, "zone": "Europe/Atlantis"}),
        ("/domains", {"name": "défaut"}),
        ("/domains", {"name": "d", "establishments": [9]}),
        ("/tokens", {"name": "t", "scopes": ["status:read"], "domain": "nulle part"}),
        ("/tokens", {"name": "t", "scopes": ["status:read"], "inclusion": "nulle"}),
    ],
)
def test_what_cannot_be_done_says_why(api: Api, address: str, body: Any) -> None:
    """409 with the reason the writer gives, in both languages."""
    secret = api.token()
    assert api.post("/establishments", secret, {"name": "CH Valmont"}).status_code == 201
    answer = api.post(address, secret, body)
    assert code(answer) == (409, "act-refused")
    assert answer.json()["detail_fr"] and answer.json()["detail_en"]


def test_a_change_needs_what_was_read(api: Api) -> None:
    """If-Match: absent 428, stale 412, right 200 with the next ETag."""
    secret = api.token("settings:read", "settings:write")
    first = api.post("/establishments", secret, {"name": "CH Valmont"})["ETag"]
    assert api.get("/establishments/1", secret)["ETag"] == first
    body = {"name": "CH de Valmont", "finess": "290000017"}
    assert code(api.ask("PUT", "/establishments/1", secret, body)) == (428, "precondition-required")
    done = api.ask("PUT", "/establishments/1", secret, body, {"if-match": first})
    assert (done.status_code, done.json()["name"]) == (200, "CH de Valmont")
    assert done["ETag"] != first
    again = api.ask("PUT", "/establishments/1", secret, {"name": "X"}, {"if-match": first})
    assert code(again) == (412, "precondition-failed")
    assert again["ETag"] == done["ETag"]
    assert api.get("/establishments/1", secret).json()["name"] == "CH de Valmont"


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/establishments/1", {"name": "CH de Valmont"}),
        ("/sites/1", {"name": "Site sud"}),
        ("/domains/1", {"foreign": True}),
    ],
)
def test_a_change_made_meanwhile_is_not_overwritten(
    both: Api, monkeypatch: pytest.MonkeyPatch, address: str, body: Any
) -> None:
    """Two changes of the same reading at the same time: the writer does the first."""
    from ecluse.delivery.api import places

    secret, real = both.token(), places.act
    both.post("/establishments", secret, {"name": "CH Valmont"})
    both.post("/sites", secret, {"name": "Site nord", "establishment": 1})
    read = both.get(address, secret)["ETag"]
    other = {"oid": "1.2.250.1.999.7.9"} if address.startswith("/domains") else {"name": "Autre"}

    def late(*asked: Any) -> Any:
        monkeypatch.setattr(places, "act", real)
        assert both.ask("PUT", address, secret, other, {"if-match": read}).status_code == 200
        return real(*asked)

    monkeypatch.setattr(places, "act", late)
    answer = both.ask("PUT", address, secret, body, {"if-match": read})
    assert code(answer) == (412, "precondition-failed")
    now = both.get(address, secret)
    assert answer["ETag"] == now["ETag"] != read
    assert other.items() <= now.json().items()


def test_a_domain_becomes_foreign_at_once(api: Api) -> None:
    """Its INS wait again (rule 54); its name is not to be changed."""
    secret = api.token("settings:read", "settings:write")
    done = api.ask("PUT", "/domains/1", secret, {"foreign": True}, {"if-match": "*"})
    assert (done.status_code, done.json()["foreign"]) == (200, True)
    renamed = api.ask("PUT", "/domains/1", secret, {"name": "autre"}, {"if-match": "*"})
    assert code(renamed) == (422, "validation")


def test_a_sender_is_declared_confirmed_refused(api: Api) -> None:
    """By its number in this gateway."""
    secret = api.token("settings:read", "settings:write")
    api.gate.receive(adt())
    (known,) = api.get("/senders?status=to_confirm", secret).json()
    assert api.post(f"/senders/{known['id']}/confirm", secret, None).json()["status"] == "confirmed"
    assert api.post(f"/senders/{known['id']}/refuse", secret, None).json()["status"] == "refused"
    made = api.post("/senders", secret, {"application": "LGC", "facility": "CABINET", "policy": "strict"})
    assert made.status_code == 201
    assert api.get(made["Location"].removeprefix("/api/v1"), secret).json()["policy"] == "strict"


def test_a_key_gives_the_same_answer_again(both: Api) -> None:
    """And does not do it twice, for a day."""
    secret = both.token("settings:read", "settings:write")
    body = {"name": "CH Valmont"}
    first = both.post("/establishments", secret, body, **{"idempotency-key": "k1"})
    again = both.post("/establishments", secret, body, **{"idempotency-key": "k1"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert (again["Location"], again["ETag"], again["Idempotency-Replayed"]) == (
        first["Location"], first["ETag"], "true",
    )  # fmt: skip
    assert len(both.get("/establishments", secret).json()) == 1


def test_a_key_is_for_one_request(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another body is refused; another token has keys of its own; a refused act is remembered too."""
    secret, other = api.token(), api.token()
    key = {"idempotency-key": "k1"}
    assert api.post("/establishments", secret, {"name": "A"}, **key).status_code == 201
    assert code(api.post("/establishments", secret, {"name": "B"}, **key)) == (409, "idempotency-conflict")
    assert api.post("/establishments", other, {"name": "B"}, **key).status_code == 201
    refused = api.post("/establishments", other, {"name": "A"}, **{"idempotency-key": "k2"})
    again = api.post("/establishments", other, {"name": "A"}, **{"idempotency-key": "k2"})
    assert code(refused) == (409, "act-refused")
    assert again.content == refused.content
    monkeypatch.setattr("ecluse.delivery.api.replay.now", lambda: NOW + 25 * HOUR)
    assert api.post("/establishments", secret, {"name": "C"}, **key).status_code == 201


def test_a_key_whose_request_runs_waits(api: Api) -> None:
    """Until it is answered, or held for lost after a minute; it is then the same request still."""
    from ecluse.services import access_replay

    asked = b"\x01" * 32
    first = access_replay.start("token:a", "k", asked, NOW)
    with pytest.raises(access_replay.StillRunning):
        access_replay.start("token:a", "k", asked, NOW + 1)
    assert access_replay.start("token:a", "k", asked, NOW + access_replay.RUNNING) == first
    access_replay.forget_old(NOW + access_replay.KEPT + 1)
    assert rows("SELECT count(*) FROM store_idempotencyrecord") == [(0,)]
    assert access_replay.start("token:a", "k", asked, NOW + access_replay.KEPT + 1) != first


@pytest.mark.parametrize("key", ["", "a b", "k" * 201, "é"])
def test_a_key_of_another_form_is_refused(api: Api, key: str) -> None:
    """Before anything is done."""
    secret = api.token()
    answer = api.post("/establishments", secret, {"name": "A"}, **{"idempotency-key": key})
    assert code(answer) == (422, "validation")
    assert api.get("/establishments", secret).json() == []


def test_a_request_that_failed_may_be_sent_again(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same key, once the writer answers."""
    from ecluse.delivery.api import acts
    from ecluse.services.ask_writer import WriterSilent

    secret, key = api.token(), {"idempotency-key": "k"}
    with monkeypatch.context() as silent:

        def nobody(*_: object) -> None:
            raise WriterSilent

        silent.setattr(acts, "ask_writer", nobody)
        answer = api.post("/establishments", secret, {"name": "A"}, **key)
        assert code(answer) == (503, "writer-unavailable")
    assert api.post("/establishments", secret, {"name": "A"}, **key).status_code == 201


def test_an_act_whose_answer_was_lost_is_not_done_again(both: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The writer did it, nobody heard so: the same key finds what became of it."""
    from ecluse.delivery.api import acts
    from ecluse.services.ask_writer import WriterSilent

    both.gate.receive(adt())
    patient, secret = both.patient(), both.token()
    asks = {
        f"/patients/{patient}/consents": {"how": "oral", "feeding": "INO"},
        "/establishments": {"name": "CH Valmont"},
        "/tokens": {"name": "t", "scopes": ["status:read"]},
    }
    real = acts.ask_writer
    for number, (address, body) in enumerate(asks.items()):
        with monkeypatch.context() as silent:

            def lost(*asked: Any) -> None:
                real(*asked)
                raise WriterSilent

            silent.setattr(acts, "ask_writer", lost)
            answer = both.post(address, secret, body, **{"idempotency-key": f"k{number}"})
            assert code(answer) == (503, "writer-unavailable")
        before = rows("SELECT count(*) FROM store_journalentry")
        other = both.post("/senders", secret, {}, **{"idempotency-key": f"k{number}"})
        assert code(other) == (409, "idempotency-conflict")
        again = both.post(address, secret, body, **{"idempotency-key": f"k{number}"})
        assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
        assert rows("SELECT count(*) FROM store_journalentry") == before
    assert again.json()["secret"] is None, "this secret is not the one of the token that was made"
    assert rows("SELECT count(*) FROM store_storedevent WHERE type = 'consent.recorded'") == [(1,)]


def test_an_answer_given_again_is_reached_and_written_down_again(both: Api) -> None:
    """Nothing of a patient is kept beside the patient: excluded meanwhile, it is not shown."""
    both.gate.receive(adt())
    patient = both.patient()
    listed = both.list_of(patient)
    secret, key = both.token("consents:write", inclusion=listed), {"idempotency-key": "k"}
    address, body = f"/patients/{patient}/consents", {"how": "oral", "feeding": "INO"}
    assert both.post(address, secret, body, **key).status_code == 201
    trail = rows("SELECT count(*) FROM store_accessline")[0][0]
    assert both.post(address, secret, body, **key)["Idempotency-Replayed"] == "true"
    assert rows("SELECT count(*) FROM store_accessline")[0][0] == trail + 1
    assert rows("SELECT headers, body FROM store_idempotencyrecord") == [(b"", b"")]
    assert both.gate.act("inclusion.exclude", list=listed, patients=[patient]).done
    assert code(both.post(address, secret, body, **key)) == (404, "patient-not-found")


def test_the_secret_of_a_token_is_told_once(api: Api) -> None:
    """It works, it is kept nowhere, and the answer given again does not have it."""
    from django.db import connection

    secret, key = api.token(), {"idempotency-key": "k"}
    body = {"name": "Holter", "scopes": ["status:read"], "days": 30}
    made = api.post("/tokens", secret, body, **key).json()
    assert api.post("/tokens", secret, body, **key).json() == {**made, "secret": None}
    assert api.get("/status", made["secret"]).status_code == 200
    assert made["token"]["expires"].startswith("2026-12-18")
    part = made["secret"].split("_", 2)[2]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {table}")
            assert part not in repr(cursor.fetchall()), table


def test_a_token_is_revoked(api: Api) -> None:
    """Refused from then on; revoking it again changes nothing."""
    secret = api.token()
    made = api.post("/tokens", secret, {"name": "Holter", "scopes": ["status:read"]}).json()
    address = f"/tokens/{made['token']['id']}"
    assert [api.ask("DELETE", address, secret).status_code for _ in range(2)] == [204, 204]
    assert code(api.get("/status", made["secret"])) == (401, "token-revoked")
    assert api.get(address, secret).json()["revoked"] is not None


def test_a_token_gives_no_more_than_it_has(api: Api) -> None:
    """Neither scopes, nor a domain, nor a list of others; what it makes is bound as it is."""
    chosen = api.list_of()
    poor = api.token("settings:read", "settings:write")
    more = api.post("/tokens", poor, {"name": "t", "scopes": ["patients:read"]})
    assert code(more) == (403, "scope-missing")
    bound = api.token(inclusion=chosen)
    free = api.post("/tokens", bound, {"name": "t", "scopes": ["patients:read"]}).json()["token"]
    assert (free["domain"], free["inclusion"]) == ("défaut", chosen)
    elsewhere = api.post(
        "/tokens", bound, {"name": "t", "scopes": ["patients:read"], "inclusion": api.list_of()}
    )
    assert code(elsewhere) == (403, "token-bound")
    assert {one["inclusion"] for one in api.get("/tokens", bound).json()} == {chosen}
    assert code(api.ask("DELETE", f"/tokens/{poor.split('_')[1]}", bound)) == (404, "not-found")


def test_patients_are_included_and_excluded(both: Api) -> None:
    """The list says since when; who was excluded with a purge is told to whoever purges."""
    from ecluse.services.queries.access import to_purge

    both.gate.receive(adt(), adt(control="C2", ipp="7002", name="AUBIN"))
    first, second = both.patient("7001"), both.patient("7002")
    secret = both.token("inclusions:read", "inclusions:write", "patients:read")
    made = both.post("/inclusion-lists", secret, {"name": "Cardiologie"})
    chosen = made.json()["id"]
    include = f"/inclusion-lists/{chosen}/patients"
    assert both.post(include, secret, {"patients": [first, second]}).json()["included"] == 2
    out = both.ask("DELETE", f"{include}/{first}?purge=true", secret)
    assert (out.json()["included"], out.json()["purge"]) == (False, True)
    page = both.get(f"{include}?limit=1", secret).json()
    rest = both.get(f"{include}?limit=1&cursor={page['next']}", secret).json()
    states = {one["patient"]: one["included"] for one in (*page["patients"], *rest["patients"])}
    assert states == {first: False, second: True}
    assert to_purge(chosen) == (first,)
    assert both.post(include, secret, {"patients": [first]}).json()["included"] == 2
    assert to_purge(chosen) == ()


def test_a_list_takes_no_patient_that_its_token_does_not_see(api: Api) -> None:
    """A token bound to a list cannot widen it; nor does a list take a patient of another domain."""
    api.gate.act("sender.add", application="LGC", facility="CABINET", domain="cabinet")
    api.gate.receive(
        adt(), adt(control="D1", ipp="9001", application="LGC", facility="CABINET", name="CARON")
    )
    here, elsewhere = api.patient("7001"), api.patient("9001")
    chosen = api.list_of()
    bound = api.token(inclusion=chosen)
    address = f"/inclusion-lists/{chosen}/patients"
    assert code(api.post(address, bound, {"patients": [here]})) == (404, "patient-not-found")
    assert code(api.post(address, api.token(), {"patients": [elsewhere]})) == (409, "act-refused")
    assert code(api.post("/inclusion-lists", bound, {"name": "autre"})) == (403, "token-bound")
    assert api.get(address, bound).json()["patients"] == []
