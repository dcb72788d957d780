"""Accounts as another software wants them: the plan tells the acts, and gives no administration."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ecluse.services.accounts.codes import Invitation
from ecluse.services.provisioning import (
    Grant,
    Plan,
    Unwanted,
    Wanted,
    departures,
    plan,
    read_grant,
    write_grant,
)
from ecluse.services.queries.users import GrantDocument, UserDocument
from ecluse.services.read_user_file import read_user_file

CODE = Invitation("ABCDE", "0" * 64, 1)
CLAIRE = Wanted(
    "c.moreau",
    "Claire Moreau",
    "c@ch.example",
    "10",
    "Cardiologie",
    "E1",
    roles=frozenset({Grant("soignant")}),
)


def account(**changed: object) -> UserDocument:
    values: dict[str, object] = dict.fromkeys((one.name for one in dataclasses.fields(UserDocument)), "")
    values |= {
        "id": 7, "username": "c.moreau", "name": "Claire Moreau", "email": "c@ch.example", "profession": "10",
        "unit": "Cardiologie", "external": "E1", "state": "active",
        "roles": (GrantDocument("soignant", None, None, ""),),
    }  # fmt: skip
    return UserDocument(**{**values, **changed})  # type: ignore[arg-type]


def acts(made: Plan) -> list[str]:
    return [one.act for one in made.steps]


def test_arrival_makes_the_account_with_everything() -> None:
    made = plan(CLAIRE, None, CODE)
    assert (made.kind, acts(made), made.invites) == ("create", ["user.add"], True)
    assert made.steps[0].arguments == {
        "username": "c.moreau", "name": "Claire Moreau", "email": "c@ch.example", "profession": "10",
        "unit": "Cardiologie", "external": "E1", "roles": [{"role": "soignant", "establishment": None, "site": None}],
        "invitation": "0" * 64, "until": 1,
    }  # fmt: skip


def test_nothing_to_change_is_nothing_to_do() -> None:
    made = plan(CLAIRE, account(), CODE)
    assert (made.kind, made.steps, made.fields) == ("none", (), ())


def test_change_names_what_changes() -> None:
    made = plan(CLAIRE, account(unit="Pédiatrie", roles=()), CODE)
    assert (made.kind, made.fields, acts(made)) == ("change", ("unit", "roles"), ["user.edit", "user.roles"])


def test_roles_that_are_not_told_stay() -> None:

    made = plan(dataclasses.replace(CLAIRE, roles=None), account(roles=()), CODE)
    assert made.kind == "none"


@pytest.mark.parametrize(("active", "state", "kind", "last"), [
    (False, "active", "close", "user.disable"), (False, "invited", "close", "user.disable"),
    (True, "closed", "reopen", "user.invite"), (True, "locked", "none", ""), (False, "closed", "none", ""),
])  # fmt: skip
def test_departure_closes_and_return_opens_again(active: bool, state: str, kind: str, last: str) -> None:

    made = plan(dataclasses.replace(CLAIRE, active=active), account(state=state), CODE)
    assert (made.kind, [*acts(made), ""][-2:][0] if acts(made) else "") == (kind, last)


@pytest.mark.parametrize("roles", [{Grant("administration")}, {Grant("administration", 3)}, {Grant("roi")}])
def test_administration_is_not_given_from_outside(roles: set[Grant]) -> None:

    for now in (None, account()):
        with pytest.raises(Unwanted):
            plan(dataclasses.replace(CLAIRE, roles=frozenset(roles)), now, CODE)


def test_administration_is_not_taken_away_from_outside_either() -> None:
    administrator = account(roles=(GrantDocument("administration", None, None, ""),))
    with pytest.raises(Unwanted):
        plan(CLAIRE, administrator, CODE)


@pytest.mark.parametrize(
    "changed",
    [
        {"active": False},
        {"profession": "60"},
        {"unit": "Direction"},
        {"roles": frozenset()},
        {"active": True},
    ],
)
def test_administrator_is_neither_closed_nor_changed_from_outside(changed: dict[str, Any]) -> None:
    state = "closed" if changed.get("active") else "active"
    administrator = account(roles=(GrantDocument("administration", None, None, ""),), state=state)
    same = dataclasses.replace(CLAIRE, roles=None, active=state == "active")
    assert plan(dataclasses.replace(same, name="Claire Moreau-Petit"), administrator, CODE).kind == "change"
    with pytest.raises(Unwanted):
        plan(dataclasses.replace(same, **changed), administrator, CODE)
    assert departures([], [administrator]) == (), "nor does it leave with the file"


def test_only_provisioned_accounts_leave_with_the_file() -> None:
    accounts = [account(), account(username="local", external=""), account(username="parti", state="closed")]
    (left,) = departures(["autre"], accounts)
    assert (left.username, left.kind) == ("c.moreau", "close")
    assert departures([" C.Moreau "], accounts) == ()


def test_role_may_be_for_one_establishment() -> None:
    for text, grant in (
        ("soignant", Grant("soignant")),
        ("soignant:3", Grant("soignant", 3)),
        ("soignant:3/7", Grant("soignant", 3, 7)),
    ):
        assert read_grant(text) == grant
        assert write_grant(grant) == text
    for wrong in ("soignant:nord", "soignant:3/", "soignant:/7", "soignant:3/nord"):
        with pytest.raises(Unwanted):
            read_grant(wrong)


def test_file_is_read_by_its_columns() -> None:
    content = (
        "\ufeffIdentifiant;Nom;Unité;Rôles;Actif;Autre\r\n"
        'C.Moreau;"Moreau; Claire";Cardiologie;soignant lecture:2;oui;x\r\n'
        "\r\n"
        "p.durand;Paul Durand;;;non;\r\n"
    )
    claire, paul = read_user_file(content.encode())
    assert claire.wanted == Wanted(
        "c.moreau",
        "Moreau; Claire",
        unit="Cardiologie",
        roles=frozenset({Grant("soignant"), Grant("lecture", 2)}),
    )
    assert paul.wanted == Wanted("p.durand", "Paul Durand", active=False, roles=frozenset())
    assert (claire.number, paul.number) == (2, 4)


def test_file_without_column_of_roles_leaves_them() -> None:
    (one,) = read_user_file(b"username,name\nc.moreau,Claire\n")
    assert one.wanted is not None
    assert one.wanted.roles is None


def test_wrong_lines_are_told_by_number_and_the_others_read() -> None:
    lines = read_user_file("identifiant;nom;actif\na;A;peut-être\nb;B;oui\nb;B2;oui\n".encode())
    assert [(one.number, one.wanted is None) for one in lines] == [(2, True), (3, False), (4, True)]
    assert "écrivez oui ou non" in lines[0].text_fr


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"nom;prenom\n", b'identifiant;nom\n"a;b', b"a\x00;nom\n"]
)
def test_file_that_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(Unwanted):
        read_user_file(content)
