"""`ecluse sender`: the same acts through the writer of a running gateway, or without any gateway."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.gateway import Gateway


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
