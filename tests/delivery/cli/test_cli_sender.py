"""`ecluse sender`: the same acts through the writer of a running gateway, or without any gateway."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.e2e.gateway import Gateway
from tests.main.certificates import make_pems


def _senders(gateway: Gateway) -> dict[str, dict[str, str]]:
    listed = json.loads(gateway.run("sender", "list", "--format", "json").stdout)
    return {one["application"]: one for one in listed["senders"]}


def test_a_running_gateway_takes_the_acts_in(gateway: Gateway) -> None:
    done = json.loads(
        gateway.run("sender", "add", "LABO", "CH-EXEMPLE", "--policy", "strict", "--format", "json").stdout
    )
    assert done["done"] is True and done["seq"] > 0
    assert (
        _senders(gateway)["LABO"]["status"] == "confirmed" and _senders(gateway)["LABO"]["policy"] == "strict"
    )
    gateway.run("sender", "refuse", "LABO", "CH-EXEMPLE")
    assert _senders(gateway)["LABO"]["status"] == "refused"


@pytest.mark.slow
def test_without_gateway_the_act_is_kept_and_the_next_gateway_knows_it(tmp_path: Path) -> None:
    stopped = Gateway(tmp_path / "data")
    stopped.run(
        "sender",
        "add",
        "LGC",
        "CABINET",
        "--domain",
        "cabinet",
        "--domain-oid",
        "1.2.250.1.999.9.2",
        "--foreign",
    )
    assert _senders(stopped)["LGC"]["domain"] == "cabinet"
    assert stopped.run("journal", "verify").returncode == 0
    with stopped as started:
        assert _senders(started)["LGC"]["domain"] == "cabinet"
        assert started.stop() == 0


def test_an_unknown_sender_exits_1(gateway: Gateway) -> None:
    done = gateway.run("sender", "confirm", "NOBODY", "NOWHERE", check=False)
    assert done.returncode == 1 and "NOBODY" in done.stderr and done.stdout == ""


def test_an_oid_that_is_none_exits_2(gateway: Gateway) -> None:
    done = gateway.run("sender", "add", "A", "B", "--domain", "c", "--domain-oid", "c.d", check=False)
    assert done.returncode == 2 and "OID" in done.stderr


def test_a_certificate_that_expired_is_not_bound(tmp_path: Path) -> None:
    expired = make_pems(tmp_path, timedelta(days=-1)).certificate
    arguments = ("sender", "add", "GAM", "CH-EXEMPLE", "--certificate", str(expired))
    done = Gateway(tmp_path / "data").run(*arguments, check=False)
    assert done.returncode == 2 and "expired" in done.stderr


def test_a_certificate_is_not_bound_where_no_listener_would_ask_for_it(
    gateway: Gateway, tmp_path: Path
) -> None:
    current = make_pems(tmp_path).certificate
    done = gateway.run("sender", "add", "SEUL", "CH-EXEMPLE", "--certificate", str(current), check=False)
    assert done.returncode == 1 and "tls_client_ca" in done.stderr
    assert "SEUL" not in _senders(gateway)


def test_the_zone_of_a_sender_is_listed(gateway: Gateway) -> None:
    gateway.run("sender", "add", "GAM-GP", "CH-EXEMPLE", "--timezone", "America/Guadeloupe")
    assert _senders(gateway)["GAM-GP"]["timezone"] == "America/Guadeloupe"
    assert "America/Guadeloupe" in gateway.run("sender", "list").stdout
    wrong = gateway.run("sender", "add", "GAM-GP", "CH-EXEMPLE", "--timezone", "Guadeloupe", check=False)
    assert wrong.returncode == 1 and "America/Guadeloupe" in wrong.stderr
