"""Every address of the console, asked by every role and by nobody: what a new view forgets to guard fails here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from ecluse.services.accounts.roles import roles
from tests.delivery.console.conftest import Gateway, SignedIn, browser

MACHINES = ("api/", "fhir", "scim/", "health/", "metrics", "static/")
"""Where programs come: they have tests of their own."""
PUBLIC = {
    "premiere-visite/", "premiere-visite/compte/", "invitation/", "invitation/compte/", "connexion/",
    "connexion/carte/",
    "connexion/second-facteur/", "connexion/ferme/", "compte/apparence", "accessibilite/",
    "connexion/psc/", "connexion/psc/retour", "connexion/etablissement/", "connexion/etablissement/retour",
    "deconnexion/fournisseur/",
}  # fmt: skip
"""What must be open to whoever has not signed in yet."""
FILLED = {"int": "1", "str": "x", "slug": "x", "path": "x", "uuid": "00000000-0000-0000-0000-000000000000"}


def views() -> Iterator[tuple[str, Any]]:
    """Route and view of each page of the console."""
    yield from _within("", get_resolver().url_patterns)


def _within(prefix: str, patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, Any]]:
    for one in patterns:
        route = prefix + str(one.pattern).lstrip("^")
        if route.startswith(MACHINES):
            continue
        if isinstance(one, URLResolver):
            yield from _within(route, one.url_patterns)
        else:
            yield route, one.callback


def address(route: str) -> str:
    """An address of that route."""
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda found: FILLED[found[1] or "str"], route)


def test_every_view_says_who_may_see_it(gateway: Gateway) -> None:
    silent = [route for route, view in views() if not hasattr(view, "right")]
    assert silent == [], "decorate these views (delivery/console/guard.py)"
    open_to_all = {route for route, view in views() if view.right is None}
    assert open_to_all <= PUBLIC, "a page open to everybody is added to PUBLIC by somebody who thought of it"


def test_nobody_sees_anything_before_signing_in(gateway: Gateway, signed_in: SignedIn) -> None:
    signed_in("administration")  # there is an account: the first visit is over
    for route, view in views():
        if view.right is None:
            continue
        for method in ("get", "post", "put", "delete"):
            answer = getattr(browser(), method)(address(route))
            assert answer.status_code == 302, (method, route)
            assert answer["Location"].startswith("/connexion/"), (method, route)


@pytest.mark.parametrize("role", [*roles(), ""])
def test_a_role_opens_what_its_rights_say_and_nothing_else(signed_in: SignedIn, role: str) -> None:
    visitor = signed_in(*([role] if role else []))
    rights = roles()[role].rights if role else frozenset()
    for route, view in views():
        if not view.right:
            continue
        for method in ("get", "post"):
            status = getattr(visitor, method)(address(route)).status_code
            if view.right in rights:
                assert status != 403 and status < 500, (method, route, status)
            else:
                assert status == 403, (method, route, status)


def test_an_act_is_not_done_without_its_token(signed_in: SignedIn) -> None:
    """Another site cannot have a visitor's browser act: every POST is checked (CSRF)."""
    visitor = signed_in(*roles())
    visitor.handler.enforce_csrf_checks = True
    for route, view in views():
        if view.right is None:
            continue
        answer = visitor.post(address(route), {"name": "x"})
        assert answer.status_code == 403, route
        assert "pas été reconnu" in answer.content.decode(), route
