"""Acts on accounts: invited by a code, given roles, the last administrator kept, former means forgotten."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from ecluse.services.accounts import enrol, invitations, settings
from ecluse.services.accounts.codes import Invitation, new_invitation
from ecluse.services.accounts.visitor import visitor
from ecluse.services.queries import users
from ecluse.services.wire import ActResult
from ecluse.store.models.access import DomainEstablishment, Establishment
from ecluse.store.models.accounts import Means, User
from tests.conftest import NOW
from tests.services.feeding import Gate, assert_sound, journal
from tests.store.databases import StorePlace


@pytest.fixture(autouse=True)
def _secrets(store: StorePlace) -> None:
    settings.use(replace(settings.current(), secrets=store.secrets))


class House:
    """Accounts asked of the writer."""

    def __init__(self) -> None:
        self.gate = Gate()

    def invite(self, username: str, *roles: Any, act: str = "user.add") -> tuple[Invitation, ActResult]:
        one = new_invitation(NOW, 72)
        asked = {"username": username, "name": username, "invitation": one.digest, "until": one.until}
        told = [one if isinstance(one, dict) else {"role": one, "establishment": None} for one in roles]
        return one, self.gate.act(act, **asked, roles=told)

    def enter(self, username: str, *roles: Any) -> User:
        one, result = self.invite(username, *roles)
        assert result.done, result.text_en
        return self.accept(username, one)

    def accept(self, username: str, one: Invitation) -> User:
        invited = invitations.invited(username, one.code, NOW)
        assert invited is not None
        return enrol.accept_invitation(invited, "corridor-violet-42", "JBSWY3DPEHPK3PXP", NOW)


def test_an_invited_person_chooses_her_means_and_the_code_serves_once() -> None:
    house = House()
    one, result = house.invite("C.Moreau", "soignant")
    assert result.done
    assert [found.state for found in users.every(NOW)] == ["invited"]
    assert invitations.invited("c.moreau", "AAAAA-BBBBB-CCCCC-DDDDD", NOW) is None
    assert invitations.invited("c.moreau", one.code, one.until) is None, "too late"
    user = house.accept("c.moreau", one)
    assert [found.state for found in users.every(NOW)] == ["active"]
    assert invitations.invited("c.moreau", one.code, NOW) is None
    assert {row.kind for row in Means.objects.filter(user=user, revoked=None)} == {
        "password-totp",
        "recovery",
    }
    assert "patients.read" in visitor(user).rights
    assert_sound()


def test_neither_the_journal_nor_the_store_holds_a_secret_in_clear() -> None:
    house = House()
    one, _ = house.invite("c.moreau", "soignant")
    house.accept("c.moreau", one)
    kept = " ".join(str(line) for line in journal())
    assert one.code not in kept and one.code.replace("-", "") not in kept
    for row in Authenticator.objects.all():
        assert "JBSWY3DPEHPK3PXP" not in str(row.data)


def test_roles_of_an_establishment_hold_on_its_domains_only() -> None:
    house = House()
    place = Establishment.objects.create(id=1, name="CH de Valmont", finess="")
    DomainEstablishment.objects.create(domain_id=1, establishment=place)
    user = house.enter("c.moreau", {"role": "soignant", "establishment": 1}, "lecture")
    found = visitor(user)
    assert found.reach("patients.read").sees("p1", 1)
    assert not found.reach("patients.read").sees("p1", 2)
    assert found.granted["status.read"] is None, "the role of reading holds everywhere"
    assert not found.reach("audit.read").sees("p1", 1)


def test_the_last_administrator_who_can_sign_in_keeps_the_role_and_the_account() -> None:
    house = House()
    house.enter("c.moreau", "administration")
    house.invite("p.durand", "administration")  # invited, cannot sign in yet
    assert not house.gate.act("user.disable", username="c.moreau").done
    assert not house.gate.act("user.roles", username="c.moreau", roles=[]).done
    house.enter("a.petit", "administration")
    assert house.gate.act("user.disable", username="c.moreau").done
    assert [one.state for one in users.every(NOW)] == ["active", "closed", "invited"]


def test_whoever_is_invited_anew_has_lost_every_former_means() -> None:
    house = House()
    house.enter("a.petit", "administration")
    user = house.enter("c.moreau", "soignant")
    one, result = house.invite("c.moreau", act="user.invite")
    assert result.done
    assert not Authenticator.objects.filter(user_id=user.pk).exists()
    assert not Means.objects.filter(user=user, revoked=None).exists()
    assert Means.objects.filter(user=user).count() == 2, "the register keeps what was struck out"
    assert users.named("c.moreau", NOW).state == "invited"  # type: ignore[union-attr]
    house.accept("c.moreau", one)
    assert [grant.role for grant in users.named("c.moreau", NOW).roles] == ["soignant"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "c moreau"},
        {"username": "<b>"},
        {"roles": [{"role": "root", "establishment": None}]},
        {"roles": [{"role": "soignant", "establishment": 99}]},
        {"invitation": "zz"},
        {"until": NOW - 1},
        {"name": ""},
    ],
)
def test_what_cannot_be_an_account_is_refused_and_leaves_nothing(wrong: dict[str, Any]) -> None:
    house = House()
    one = new_invitation(NOW, 72)
    asked = {
        "username": "c.moreau",
        "name": "Claire",
        "invitation": one.digest,
        "until": one.until,
        "roles": [],
    }
    result = house.gate.act("user.add", **{**asked, **wrong})
    assert not result.done and result.text_fr and result.text_en
    assert not User.objects.exists()
