"""The act that binds an RPPS to an account: valid, nobody else's, never over another."""

from __future__ import annotations

from typing import Any

from ecluse.store.models.accounts import User
from tests.conftest import NOW
from tests.services.feeding import Gate, assert_sound
from tests.store.databases import StorePlace

DOCTOR, NURSE = "99700000013", "99700000021"


def account(username: str, **told: Any) -> User:
    return User.objects.create(username=username, name=username, password="!", created=NOW, **told)


def test_an_rpps_is_bound_and_kept_in_the_journal(store: StorePlace) -> None:
    gate, user = Gate(), account("v.essai")
    result = gate.act("user.bind-rpps", user=user.pk, rpps=DOCTOR)
    assert result.done and DOCTOR in result.text_fr
    user.refresh_from_db()
    assert (user.rpps, user.rpps_bound) == (DOCTOR, "psc")
    assert_sound()


def test_a_wrong_or_taken_rpps_is_refused(sqlite_store: StorePlace) -> None:
    gate, user, other = Gate(), account("v.essai"), account("a.essai", rpps=NURSE)
    closed = account("closed", is_active=False)
    for given in (
        {"user": user.pk, "rpps": "99700000014"},
        {"user": user.pk, "rpps": ""},
        {"user": user.pk, "rpps": None},
        {"user": str(user.pk), "rpps": DOCTOR},
        {"user": user.pk, "rpps": NURSE},
        {"user": other.pk, "rpps": DOCTOR},
        {"user": closed.pk, "rpps": DOCTOR},
        {"user": 10**6, "rpps": DOCTOR},
        {},
    ):
        assert not gate.act("user.bind-rpps", **given).done, given
    assert sorted(User.objects.values_list("rpps", flat=True)) == ["", "", NURSE]


def test_two_administrators_bind_an_rpps_and_its_holder_is_to_be_told(store: StorePlace) -> None:
    gate, user = Gate(), account("v.essai")
    given = {"username": "v.essai", "rpps": DOCTOR}
    assert gate.act("user.propose-rpps", **given, checked="active").done
    user.refresh_from_db()
    assert (user.rpps, user.rpps_proposed, user.rpps_checked) == ("", DOCTOR, "active")
    alone = gate.act("user.confirm-rpps", **given)
    assert not alone.done and "un autre administrateur" in alone.text_fr
    User.objects.filter(pk=user.pk).update(rpps_proposed_by="user:99")
    assert not gate.act("user.confirm-rpps", **{**given, "rpps": NURSE}).done, "another than the one shown"
    assert gate.act("user.confirm-rpps", **given).done
    user.refresh_from_db()
    assert (user.rpps, user.rpps_bound, user.rpps_proposed, user.rpps_told) == (
        DOCTOR,
        "administrators",
        "",
        False,
    )
    assert gate.act("user.drop-rpps", username="v.essai").done
    user.refresh_from_db()
    assert (user.rpps, user.rpps_bound) == ("", "")
    assert_sound()
