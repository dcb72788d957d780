"""`ecluse token` and `ecluse access`, on a real gateway."""

from __future__ import annotations

import json

import httpx

from tests.delivery.cli.commands import invoke
from tests.e2e.gateway import Gateway


def status(gateway: Gateway, secret: str) -> int:
    """How the interface answers that secret."""
    address = f"{gateway.http}/api/v1/patients?identifier=7712345"
    return httpx.get(address, headers={"authorization": f"Bearer {secret}"}).status_code


def test_a_token_is_made_used_listed_and_revoked(gateway: Gateway) -> None:
    """Its secret is printed once, in the form that scripts rely on; the trail tells what it was shown."""
    made = json.loads(
        gateway.run("token", "create", "Télésuivi", "--scopes", "patients:read", "--format", "json").stdout
    )
    assert set(made) == {"id", "secret", "scopes", "expires"}
    assert made["scopes"] == ["patients:read"]
    assert status(gateway, made["secret"]) == 200
    listed = gateway.run("token", "list", "--format", "json").stdout
    (mine,) = [one for one in json.loads(listed)["tokens"] if one["id"] == made["id"]]
    assert (mine["name"], mine["revoked"]) == ("Télésuivi", None)
    assert mine["last_used"] is not None
    assert made["secret"] not in listed
    trail = json.loads(gateway.run("access", "list", "--token", made["id"], "--format", "json").stdout)
    assert [one["action"] for one in trail["lines"]] == ["patient.search"]
    patient = trail["lines"][0]["patient"]
    assert patient in gateway.run("access", "list", "--patient", patient).stdout
    assert gateway.run("token", "revoke", made["id"]).returncode == 0
    assert status(gateway, made["secret"]) == 401
    assert gateway.run("token", "revoke", made["id"], check=False).returncode == 1
    assert made["id"] in gateway.run("token", "list").stdout


def test_the_text_form_prints_the_secret_alone(gateway: Gateway) -> None:
    """On stdout, so that it can be piped; the rest is for people."""
    done = gateway.run("token", "create", "--scopes", "status:read", "--expires", "30")
    assert done.stdout.startswith("ecl_")
    assert len(done.stdout.splitlines()) == 1
    assert done.stdout.strip() not in done.stderr


def test_what_cannot_be_made_says_why(gateway: Gateway) -> None:
    """An unknown scope, domain or list; nothing is made."""
    before = gateway.run("token", "list", "--format", "json").stdout
    scope = gateway.run("token", "create", "--scopes", "everything", check=False)
    assert (scope.returncode, "patients:read" in scope.stderr) == (2, True)
    domain = gateway.run("token", "create", "--scopes", "status:read", "--domain", "nulle part", check=False)
    assert (domain.returncode, "défaut" in domain.stderr) == (1, True)
    listed = gateway.run("token", "create", "--scopes", "status:read", "--inclusion", "nulle", check=False)
    assert (listed.returncode, "inclusion create" in listed.stderr) == (2, True)
    assert gateway.run("token", "list", "--format", "json").stdout == before


def test_a_cursor_of_the_trail_is_a_number() -> None:
    """Anything else is refused in one line."""
    done = invoke("access", "list", "--after", "x")
    assert done.exit_code == 2
