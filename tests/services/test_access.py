"""Tokens, what they reach, and the trail of what they were shown."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection

from ecluse.rules.identity.vocabulary import MERGED
from ecluse.services import access, access_trail
from tests.conftest import NOW
from tests.store.databases import StorePlace

SECOND = 1_000_000
NOBODY = access.Caller("token:x", "x", frozenset(), None, "", "")


@pytest.fixture(autouse=True)
def usual_rate() -> None:
    """Buckets are full at the start of each test."""
    access.use(access.AccessSettings())


def token(**given: Any) -> access.NewSecret:
    """Keep a token; returns its secret."""
    from ecluse.store.models.access import Token

    new = access.new_secret()
    values: dict[str, Any] = {
        "id": new.id, "name": "Télésuivi", "digest": bytes.fromhex(new.digest), "scopes": "patients:read stays:read",
        "certificate": "", "created": NOW,
    }  # fmt: skip
    Token(**{**values, **given}).save(force_insert=True)
    return new


def patient(id_: str, merged_into: str = "", domain: int = 1) -> None:
    """Keep a patient, as far as reach is concerned."""
    from ecluse.store.models import PatientState, StoredEvent

    PatientState(id=id_, domain_id=domain, version=1, merged_into=merged_into, state=b"{}").save()
    if merged_into:
        data = json.dumps({"survivor": merged_into, "merged": id_}).encode()
        number = StoredEvent.objects.count() + 1
        told = {"domain_id": domain, "type": MERGED, "version": 1, "at": NOW, "data": data}
        StoredEvent(id=number, patient=merged_into, **told).save()


def included(**patients: bool) -> access.Reach:
    """What a token bound to a list of these patients (included or excluded) reaches."""
    from ecluse.store.models.access import Inclusion, InclusionList

    InclusionList(id="list1", name="Cardiologie", domain_id=1, created=NOW).save()
    for one, inside in patients.items():
        Inclusion(list_id="list1", patient=one, included=inside, since=NOW).save()
    return access.Reach(None, "list1")


def test_a_secret_opens_what_its_token_was_given(store: StorePlace) -> None:
    """The caller carries the scopes and the domain; the secret is kept nowhere."""
    new = token(domain_id=1)
    found = access.authenticate(new.secret, NOW, "")
    expected = frozenset({"patients:read", "stays:read"})
    assert found == access.Caller(f"token:{new.id}", "Télésuivi", expected, 1, "", "")
    assert new.secret.startswith(f"ecl_{new.id}_")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM store_token")
        assert new.secret.split("_", 2)[2] not in repr(cursor.fetchall())


@pytest.mark.parametrize("wrong", ["", "ecl_", "x" * 5000, "ecl_aaaaaaaaaa_" + "A" * 43, "é\x00ecl_"])
def test_a_secret_that_is_none_opens_nothing(store: StorePlace, wrong: str) -> None:
    """Whatever its form."""
    token()
    assert access.authenticate(wrong, NOW, "") == access.Denied("token-unknown")


def test_another_secret_with_the_same_id_opens_nothing(store: StorePlace) -> None:
    """The readable part is no secret."""
    new = token()
    assert access.authenticate(f"ecl_{new.id}_{'A' * 43}", NOW, "") == access.Denied("token-unknown")


def test_a_token_ends(store: StorePlace) -> None:
    """At the very moment of its expiry, or when it was revoked."""
    ending = token(expires=NOW + SECOND)
    assert isinstance(access.authenticate(ending.secret, NOW, ""), access.Caller)
    assert access.authenticate(ending.secret, NOW + SECOND, "") == access.Denied("token-expired")
    revoked = token(revoked=NOW)
    assert access.authenticate(revoked.secret, NOW, "") == access.Denied("token-revoked")


def test_a_bound_token_needs_its_certificate(store: StorePlace) -> None:
    """Its secret alone, or another certificate, opens nothing."""
    bound = token(certificate="ab" * 32)
    for certificate in ("", "cd" * 32):
        assert access.authenticate(bound.secret, NOW, certificate) == access.Denied("token-certificate")
    assert isinstance(access.authenticate(bound.secret, NOW, "ab" * 32), access.Caller)


def test_last_use_is_written_once_a_minute(store: StorePlace) -> None:
    """So that a busy token does not write at each request."""
    from ecluse.store.models.access import Token

    new = token()
    seen = []
    for seconds in (0, 59, 60, 61):
        access.authenticate(new.secret, NOW + seconds * SECOND, "")
        seen.append((Token.objects.get(id=new.id).last_used or 0) - NOW)
    assert seen == [0, 0, 60 * SECOND, 60 * SECOND]


def test_a_token_that_asks_too_often_waits(store: StorePlace) -> None:
    """It is told how long; another token is not concerned; time gives back."""
    access.use(access.AccessSettings(rate=2.0, burst=3))
    busy, other = token(), token()
    for _ in range(3):
        assert isinstance(access.authenticate(busy.secret, NOW, ""), access.Caller)
    assert access.authenticate(busy.secret, NOW, "") == access.Denied("rate-limited", 0.5)
    assert isinstance(access.authenticate(other.secret, NOW, ""), access.Caller)
    assert isinstance(access.authenticate(busy.secret, NOW + SECOND // 2, ""), access.Caller)


def test_reach_without_list_is_the_domain(store: StorePlace) -> None:
    """Or everywhere."""
    assert access.Reach(None, "").everywhere
    assert access.Reach(None, "").only() is None
    assert access.Reach(1, "").sees("p1", 1)
    assert not access.Reach(1, "").sees("p1", 2)


def test_an_inclusion_list_shows_only_its_patients(store: StorePlace) -> None:
    """Those included and not excluded since."""
    reach = included(p1=True, p2=False)
    assert [reach.sees(one, 1) for one in ("p1", "p2", "p3")] == [True, False, False]
    assert reach.everyone() == {"p1"}
    assert not access.Reach(2, "list1").sees("p1", 1)


def test_a_merge_does_not_lose_an_included_patient(store: StorePlace) -> None:
    """The survivor is the same person, unless it was excluded itself."""
    patient("p1", merged_into="p2")
    patient("p2", merged_into="p3")
    patient("p3")
    patient("p4", merged_into="p5")
    patient("p5")
    reach = included(p1=True, p4=True, p5=False)
    assert reach.everyone() == {"p1", "p2", "p3", "p4"}
    assert reach.sees("p3", 1)
    assert not reach.sees("p5", 1)


def test_what_is_visible_of_several_patients_is_what_is_seen_of_each(store: StorePlace) -> None:
    """Asked together or one by one; an id that nobody has is never visible."""
    from ecluse.services.queries.access import visible
    from ecluse.store.models import Domain

    Domain(id=2, name="cabinet").save()
    patient("p1", merged_into="p2")
    patient("p2")
    patient("p3")
    patient("p4", domain=2)
    reach = included(p1=True, p3=False, p4=True)
    ids = ["p1", "p2", "p3", "p4", "nobody", "\x00"]
    for one in (reach, access.Reach(2, "list1"), access.Reach(1, ""), access.Reach(None, "")):
        together = visible(one, ids)
        assert together == {id_ for id_ in ids if visible(one, [id_])}
        assert "nobody" not in together
    assert visible(reach, ids) == {"p1", "p2", "p4"}
    assert visible(access.Reach(2, "list1"), ids) == {"p4"}


def test_the_trail_keeps_each_patient_shown(store: StorePlace) -> None:
    """And a search that found nobody."""
    from ecluse.store.models.access import AccessLine

    caller = access.Caller("token:ab", "Télésuivi", frozenset(), None, "", "Dr AUBERT")
    access.record(caller, "patient.search", ["p1", "p2", "p1"], NOW, "POST /patients/search")
    access.record(caller, "patient.search", [], NOW + 1)
    rows = AccessLine.objects.order_by("id").values_list("at", "caller", "on_behalf_of", "action", "patient")
    assert list(rows) == [
        (NOW, "token:ab", "Dr AUBERT", "patient.search", "p1"),
        (NOW, "token:ab", "Dr AUBERT", "patient.search", "p2"),
        (NOW + 1, "token:ab", "Dr AUBERT", "patient.search", ""),
    ]


def test_a_trail_that_cannot_be_written_says_so(store: StorePlace) -> None:
    """The read is then to be refused; the next line is written again."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE store_accessline RENAME TO elsewhere")
    with pytest.raises(access.TrailUnavailable):
        access.record(NOBODY, "patient.read", ["p1"], NOW)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE elsewhere RENAME TO store_accessline")
    access.record(NOBODY, "patient.read", ["p1"], NOW)


@pytest.mark.parametrize("failure", [DatabaseError, OSError, ValueError, RuntimeError])
def test_lines_that_come_together_are_written_together(
    monkeypatch: pytest.MonkeyPatch, failure: type[Exception]
) -> None:
    """While one commit runs, the others gather; each request learns what became of its own lines."""
    began, release = threading.Event(), threading.Event()
    batches: list[int] = []

    class Rows:
        def bulk_create(self, rows: list[Any]) -> None:
            began.set()
            assert release.wait(10)
            batches.append(len(rows))
            if len(batches) == 2:
                raise failure

    class Turnless:
        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    from ecluse.store.models.access import AccessLine

    monkeypatch.setattr(access_trail, "writing", Turnless)
    monkeypatch.setattr(AccessLine, "objects", Rows())
    refused: list[int] = []

    def ask(number: int) -> None:
        try:
            access.record(NOBODY, "patient.read", [f"p{number}"], NOW)
        except access.TrailUnavailable:
            refused.append(number)

    first = threading.Thread(target=ask, args=(0,))
    first.start()
    assert began.wait(10)
    others = [threading.Thread(target=ask, args=(number,)) for number in (1, 2, 3)]
    for one in others:
        one.start()
    while len(access_trail._trail._waiting) < 3:
        threading.Event().wait(0.001)
    release.set()
    for one in (first, *others):
        one.join(10)
    assert batches == [1, 3]
    assert sorted(refused) == [1, 2, 3]


def test_what_a_caller_declares_fits(store: StorePlace, tmp_path: Path) -> None:
    """A text too long for its column is cut, not refused by the database."""
    from ecluse.store.models.access import AccessLine

    access.record(
        access.Caller("token:a", "n" * 999, frozenset(), None, "", "b" * 999), "a" * 99, ["p"], NOW, "d" * 999
    )
    row = AccessLine.objects.get()
    assert (len(row.name), len(row.on_behalf_of), len(row.action), len(row.detail)) == (200, 200, 60, 200)
