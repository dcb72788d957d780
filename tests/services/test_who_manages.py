"""What an administrator of one establishment, or one person under two names, cannot have done: the writer looks."""

from __future__ import annotations

from typing import Any

import pytest

from ecluse.services.acts import perform
from ecluse.services.wire import Act, ActResult
from ecluse.store.models.access import DomainEstablishment, Establishment, Site
from ecluse.store.models.accounts import RoleGrant, User
from tests.conftest import NOW
from tests.services.feeding import Gate, adt

pytestmark = pytest.mark.usefixtures("sqlite_store")

DOCTOR = "99700000013"
INVITATION = {"invitation": "0" * 64, "until": NOW + 3_600_000_000}
ACTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("user.add", {"username": "new", "name": "New", **INVITATION, "roles": []}),
    ("user.edit", {"username": "chief", "name": "Other"}),
    ("user.roles", {"username": "local", "roles": [{"role": "administration", "establishment": None}]}),
    ("user.disable", {"username": "other"}),
    ("user.invite", {"username": "chief", **INVITATION}),
    ("user.approve-means", {"username": "chief", "means": 1, "conformity": "approved"}),
    ("user.propose-rpps", {"username": "other", "rpps": DOCTOR}),
    ("user.confirm-rpps", {"username": "other", "rpps": DOCTOR}),
    ("user.drop-rpps", {"username": "chief"}),
)


def account(
    username: str, *roles: str, place: int | None = None, by: str = "cli:claire", **told: Any
) -> User:
    made = User.objects.create(
        username=username, name=username, password="x", created=NOW, invited_by=by, **told
    )
    for role in roles:
        RoleGrant.objects.create(user=made, role=role, establishment_id=place, since=NOW, given_by=by)
    return made


@pytest.fixture
def gate() -> Gate:
    """Two establishments, one domain each; chief administers everywhere, local the first one only."""
    made = Gate()
    for number, name in ((1, "CH de Valmont"), (2, "Clinique")):
        Establishment.objects.create(id=number, name=name, finess="")
    assert made.act("domain.add", name="clinique", establishments=[2]).done
    DomainEstablishment.objects.create(domain_id=1, establishment_id=1)
    Site.objects.create(id=7, establishment_id=1, name="Site nord", zone="Europe/Paris")
    account("chief", "administration", rpps="99700000021", rpps_bound="psc")
    account("local", "administration", place=1)
    account("other", "lecture")
    return made


def asked(gate: Gate, username: str, act: str, /, **given: Any) -> ActResult:
    user = User.objects.get(username=username)
    return perform(gate.intake, Act(f"user:{user.pk}", act, given), gate.now)


@pytest.mark.parametrize(("act", "given"), ACTS)
def test_accounts_are_managed_by_who_manages_them_everywhere(
    gate: Gate, act: str, given: dict[str, Any]
) -> None:
    before = list(User.objects.order_by("pk").values()), list(RoleGrant.objects.order_by("pk").values())
    for username in ("local", "other"):
        refused = asked(gate, username, act, **given)
        assert not refused.done and "tous les établissements" in refused.text_fr, username
    User.objects.filter(username="local").update(is_active=False)
    RoleGrant.objects.update(establishment=None)
    assert not asked(gate, "local", act, **given).done, "a closed account has nothing done any more"
    User.objects.filter(username="local").update(is_active=True)
    assert list(User.objects.order_by("pk").values()) == before[0]
    if act == "user.invite":
        assert asked(gate, "chief", act, username="other", **INVITATION).done


def test_roles_stay_as_they_were_given_and_tell_by_whom(gate: Gate) -> None:
    chief = User.objects.get(username="chief")
    roles = [{"role": "lecture", "establishment": None}, {"role": "soignant", "establishment": 1, "site": 7}]
    assert asked(gate, "chief", "user.roles", username="other", roles=roles).done
    grants = {one.role: one for one in RoleGrant.objects.filter(user__username="other")}
    assert (grants["lecture"].given_by, grants["soignant"].given_by) == ("cli:claire", f"user:{chief.pk}")
    assert grants["soignant"].site_id == 7


@pytest.mark.parametrize(
    "role",
    [
        {"role": "soignant", "establishment": 2, "site": 7},
        {"role": "soignant", "establishment": None, "site": 7},
        {"role": "soignant", "establishment": 1, "site": 99},
        {"role": "soignant", "establishment": 1, "site": "7"},
        {"role": "exploitation", "establishment": 1, "site": 7},
        {"role": "administration", "establishment": 1, "site": 7},
        {"role": "soignant", "establishment": "1"},
    ],
)
def test_role_is_given_on_a_site_of_its_establishment_and_only_about_patients(
    gate: Gate, role: dict[str, Any]
) -> None:
    assert not gate.act("user.roles", username="other", roles=[role]).done


def test_two_names_of_one_person_do_not_bind_an_rpps(gate: Gate) -> None:
    """Whoever made an account may have kept its means of sign-in."""
    chief = User.objects.get(username="chief")
    account("puppet", "administration", by=f"user:{chief.pk}")
    puppet = User.objects.get(username="puppet")
    account("second", "administration", by=f"user:{puppet.pk}")
    account("twin", "administration", by=f"user:{chief.pk}")
    account("free", "administration")
    for proposes, confirms in (
        ("chief", "puppet"), ("puppet", "chief"), ("chief", "second"), ("puppet", "twin"), ("second", "twin"),
    ):  # fmt: skip
        given = {"username": "other", "rpps": DOCTOR}
        assert asked(gate, proposes, "user.propose-rpps", **given, checked="active").done
        refused = asked(gate, confirms, "user.confirm-rpps", **given)
        assert not refused.done and "deux personnes" in refused.text_fr, (proposes, confirms)
    # The server vouches for who was invited and named from there.
    assert gate.act("user.invite", username="twin", **INVITATION).done
    roles = [{"role": "administration", "establishment": None}]
    assert gate.act("user.roles", username="twin", roles=roles).done
    assert asked(gate, "twin", "user.confirm-rpps", **given).done
    assert gate.act("user.drop-rpps", username="other").done
    assert asked(gate, "free", "user.propose-rpps", **given, checked="active").done
    assert asked(gate, "chief", "user.invite", username="free", **INVITATION).done
    assert not asked(gate, "chief", "user.confirm-rpps", **given).done, "invited anew by the one who confirms"


@pytest.mark.parametrize("act", ["user.invite", "user.disable"])
def test_account_that_changes_hands_has_no_rpps_any_more(gate: Gate, act: str) -> None:
    account("doctor", "soignant", rpps=DOCTOR, rpps_bound="psc", rpps_told=False)
    assert gate.act(act, username="doctor", **INVITATION).done
    doctor = User.objects.get(username="doctor")
    assert (doctor.rpps, doctor.rpps_bound, doctor.rpps_told) == ("", "", True)
    assert doctor.invited_by == "cli:claire"


def test_rpps_is_bound_to_ones_own_account(gate: Gate) -> None:
    other = User.objects.get(username="other")
    assert not asked(gate, "local", "user.bind-rpps", user=other.pk, rpps=DOCTOR).done
    assert asked(gate, "other", "user.bind-rpps", user=other.pk, rpps=DOCTOR).done


def test_sender_of_another_domain_is_out_of_reach_whatever_it_is_called(gate: Gate) -> None:
    gate.receive(adt())
    name = {"application": "GAM", "facility": "VALMONT"}
    (mine,) = gate.intake.senders.senders.values()
    assert gate.act("sender.add", **name, listener="other", domain="clinique").done
    elsewhere = next(one for one in gate.intake.senders.senders.values() if one.listener == "other")
    for act, given in (
        ("sender.confirm", {}),
        ("sender.refuse", {"listener": "other"}),
        ("sender.edit", {"sender": elsewhere.id, "policy": "strict"}),
        ("sender.add", {"listener": "other", "domain": gate.intake.senders.domains[1].name}),
        ("sender.add", {"application": "NEW", "domain": "clinique"}),
        ("sender.add", {"application": "NEW", "domain": "invented"}),
        ("sender.edit", {"sender": mine.id, "domain": "clinique"}),
    ):
        refused = asked(gate, "local", act, **{**name, **given})
        assert not refused.done and "autre établissement" in refused.text_fr, (act, given)
    assert asked(gate, "local", "sender.confirm", **name, sender=mine.id).done
    told = {one.listener: one.status for one in gate.intake.senders.senders.values()}
    assert told == {"main": "confirmed", "other": "confirmed"}
    assert asked(gate, "local", "sender.refuse", **name, sender=mine.id).done
    told = {one.listener: one.status for one in gate.intake.senders.senders.values()}
    assert told == {"main": "refused", "other": "confirmed"}, "that sender, and no other of its name"


def test_nobody_gives_a_token_more_than_she_has(gate: Gate) -> None:
    given = {"id": "a" * 10, "digest": "0" * 64, "name": "t", "expires": None}
    assert not asked(gate, "chief", "token.create", **given, scopes=["patients:read"]).done
    assert not asked(gate, "local", "token.create", **given, scopes=["settings:read"]).done
    assert asked(gate, "chief", "token.create", **given, scopes=["settings:read", "users:write"]).done
