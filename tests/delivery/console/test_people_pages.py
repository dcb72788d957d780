"""The pages on the accounts of others: a person with her profession, invited on a site; a fresh proof first."""

from __future__ import annotations

import html
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.delivery.console.acted import acting
from tests.delivery.console.conftest import Gateway, SignedIn
from tests.delivery.console.people import PASSWORD

if TYPE_CHECKING:
    from tests.services.feeding import Gate

HERE = "/reglages/utilisateurs/"
GIVEN = {
    "username": "N.Petit", "name": "Nadia Petit", "profession": "60", "unit": "Cardiologie", "roles": ["soignant"],
    "place": "1/1",
}  # fmt: skip


@pytest.fixture
def gate(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gate:
    gate = acting(monkeypatch)
    gate.now = time.time_ns() // 1000  # invitations last from the pages' clock
    assert gate.act("establishment.add", name="CH de Valmont").done
    assert gate.act("site.add", establishment=1, name="Site nord").done
    return gate


@pytest.fixture
def admin(gate: Gate, signed_in: SignedIn) -> Client:
    visitor = signed_in("administration")
    assert visitor.post("/compte/confirmer/", {"password": PASSWORD}).status_code == 302
    return visitor


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def account(username: str = "n.petit") -> Any:
    from ecluse.services.queries.users import named

    found = named(username, 0)
    assert found is not None
    return found


def test_person_is_invited_with_her_profession_on_one_site(admin: Client) -> None:
    assert "72" in text(admin.post(f"{HERE}ajouter/", GIVEN))
    made = account()
    (grant,) = made.roles
    assert (made.profession, made.unit, grant.place) == ("60", "Cardiologie", "CH de Valmont, Site nord")
    shown = text(admin.get(f"{HERE}n.petit/"))
    assert "CH de Valmont, Site nord" in shown and '<option value="60" selected>' in shown
    changed = {"name": "Nadia Petit", "profession": "10", "unit": "Urgences"}
    assert admin.post(f"{HERE}n.petit/modifier/", changed).status_code == 302
    assert (account().profession, account().unit) == ("10", "Urgences")
    assert admin.post(f"{HERE}n.petit/modifier/", {**changed, "profession": "médecin"}).status_code == 422
    admin.post(f"{HERE}n.petit/roles/", {"role": "lecture", "place": "1"})
    assert [(one.role, one.establishment_id, one.site_id) for one in account().roles] == [
        ("soignant", 1, 1),
        ("lecture", 1, None),
    ]


@pytest.mark.parametrize(
    "wrong", [{"place": "1/99"}, {"place": "99"}, {"username": "n petit"}, {"profession": "x"}]
)
def test_form_that_names_nothing_known_makes_nobody(admin: Client, wrong: dict[str, str]) -> None:
    from ecluse.store.models.accounts import User

    assert admin.post(f"{HERE}ajouter/", {**GIVEN, **wrong}).status_code == 422
    assert User.objects.count() == 1


@pytest.mark.parametrize("address", ["ajouter/", "n.petit/modifier/", "n.petit/roles/", "n.petit/moyens/"])
def test_open_session_alone_changes_no_account(gate: Gate, signed_in: SignedIn, address: str) -> None:
    answer = signed_in("administration").post(f"{HERE}{address}", GIVEN)
    assert answer.status_code == 302 and answer["Location"].startswith("/compte/confirmer/")
