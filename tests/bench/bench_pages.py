"""How long the server works for each page of the console, on a store that was filled.

`bench_mllp`, which fills a store with a million patients, measures its pages; alone, this module fills a smaller one
(ECLUSE_BENCH_PATIENTS, 50,000 unless said) and measures that.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import httpx
import pyotp

from tests.bench.loadgen import percentile
from tests.bench.table import Row, machine, show
from tests.e2e.gateway import Gateway

PASSWORD = "barrage-amont-aval-7"
ROLES = ("exploitation", "identitovigilance", "administration", "conformite", "soignant")
ROUNDS = 30
TARGET = 100.0
"""Milliseconds, at the 95th percentile."""

PAGES = (
    "/", "/flux/", "/flux/emetteurs/", "/flux/messages/", "/flux/messages/?reponse=AE", "/rejets/", "/patients/",
    "/patients/doublons/", "/consentements/", "/journal/", "/journal/acces/", "/reglages/", "/reglages/utilisateurs/",
    "/aide/", "/aide/regles/",
)  # fmt: skip


def sign_in(gateway: Gateway) -> httpx.Client:
    """Somebody who may see every page, signed in as people are."""
    roles = [word for role in ROLES for word in ("--role", role)]
    told = gateway.run("user", "add", "mesure", "--name", "Camille Roche", *roles, "--format", "json")
    visitor = httpx.Client(base_url=gateway.http, follow_redirects=True, timeout=60)
    _post(visitor, "/invitation/", {"username": "mesure", "code": json.loads(told.stdout)["code"]})
    page = visitor.get("/invitation/compte/").text
    found = re.search(r'class="mono secret">([A-Z2-7]+)<', page)
    assert found, page
    given = {"password": PASSWORD, "again": PASSWORD, "totp": pyotp.TOTP(found[1]).now()}
    _post(visitor, "/invitation/compte/", given)
    return visitor


def _post(visitor: httpx.Client, address: str, fields: dict[str, str]) -> httpx.Response:
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', visitor.get(address).text)
    assert token
    answer = visitor.post(address, data={**fields, "csrfmiddlewaretoken": token[1]})
    assert answer.status_code == 200, (address, answer.status_code, answer.text[:2000])
    return answer


def pages(gateway: Gateway) -> list[Row]:
    """The 95th percentile of each page, pages of a patient and of a message among them, the slowest first."""
    with contextlib.closing(sign_in(gateway)) as visitor:
        lines = visitor.get("/flux/messages/").text
        message = re.search(r'href="(/flux/messages/\d+/)"', lines)
        assert message, lines
        told = gateway.run("patients", "list", "--format", "json")
        patient = json.loads(told.stdout)["patients"][0]["id"]
        known = (*PAGES, message[1], f"{message[1]}?vue=arbre", f"/patients/{patient}/")
        took = {address: _measure(visitor, address) for address in known}
        slow = sorted(took.items(), key=lambda one: -one[1])
    return [
        Row(
            f"page {re.sub('[0-9a-f]{16,}', '…', address)}, p95",
            f"{time_:.0f} ms",
            f"≤ {TARGET:.0f} ms",
            time_ <= TARGET,
        )
        for address, time_ in slow
    ]


def _measure(visitor: httpx.Client, address: str) -> float:
    took = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        answer = visitor.get(address)
        took.append(time.perf_counter() - start)
        assert answer.status_code == 200, (address, answer.status_code)
    return percentile(took, 0.95) * 1000


def main() -> int:
    """Print the table; exit 1 when a target is missed."""
    from tests.bench.bench_mllp import load

    count = int(os.environ.get("ECLUSE_BENCH_PATIENTS", "50000"))
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary, Gateway(Path(temporary) / "pages") as gateway:
        gateway.run("sender", "add", "GAM-SIMU", "CH-VALMONT")
        load(gateway.mllp[1], count=count, seed=7, events="A28")
        rows = pages(gateway)
        gateway.stop()
    return show(
        f"Pages of the console, {count:,} patients · {machine()}", rows, f"{time.monotonic() - began:.0f} s"
    )


if __name__ == "__main__":
    sys.exit(main())
