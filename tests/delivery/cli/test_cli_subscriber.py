"""`ecluse subscriber`: what an integrator types, what comes of it, and what a mistake says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.cli.people import GIRAUD, created
from tests.e2e.gateway import Gateway
from tests.services.delivering import until
from tests.services.receivers import HttpReceiver, free_port


@pytest.fixture
def reaching(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway that may call this machine, and knows one patient."""
    one = Gateway(tmp_path / "data")
    one.env["ECLUSE_DELIVERIES_ALLOWED_NETWORKS"] = "127.0.0.1"
    with one:
        (tmp_path / "a28.hl7").write_bytes(created(GIRAUD))
        one.run("send", "--to", "{}:{}".format(*one.mllp), str(tmp_path / "a28.hl7"))
        yield one


def shown(gateway: Gateway, name: str) -> dict[str, object]:
    found = json.loads(gateway.run("subscriber", "show", name, "--format", "json").stdout)["subscriber"]
    assert isinstance(found, dict)
    return found


def test_a_webhook_from_its_declaration_to_its_end(reaching: Gateway) -> None:
    url = f"http://127.0.0.1:{free_port()}/hook"
    given = ("--webhook", url, "--allow-plaintext", "--from-start", "--format", "json")
    secret = json.loads(reaching.run("subscriber", "add", "telesuivi", *given).stdout)["secret"]
    until(lambda: int(str(shown(reaching, "telesuivi")["waiting"])) > 0)
    port = int(url.split(":")[2].split("/")[0])
    with HttpReceiver(secret, port=port) as receiver:
        until(lambda: receiver.accepted)
        until(lambda: shown(reaching, "telesuivi")["waiting"] == 0)
        assert receiver.wrong == []
        assert receiver.accepted[0]["type"] == "fr.ecluse.patient.created.v1"
        patient = receiver.accepted[0]["subject"]
        told = json.loads(reaching.run("subscriber", "shared", patient, "--format", "json").stdout)
        assert [(one["subscriber"], one["ins_sent"]) for one in told["with"]] == [("telesuivi", 0)]
        assert "telesuivi" in reaching.run("subscriber", "shared", patient).stdout
        reaching.run("subscriber", "pause", "telesuivi")
        assert shown(reaching, "telesuivi")["status"] == "paused"
        reaching.run("subscriber", "resume", "telesuivi")
        reaching.run("subscriber", "replay", "telesuivi", "--after", "0")
        until(lambda: len(receiver.accepted) >= 2)
    assert "telesuivi" in reaching.run("subscriber", "list").stdout
    assert reaching.run("subscriber", "rotate", "telesuivi").stdout.startswith("whsec_")
    reaching.run("subscriber", "remove", "telesuivi", "--yes")
    assert json.loads(reaching.run("subscriber", "list", "--format", "json").stdout) == {"subscribers": []}
    assert secret not in reaching.run("journal", "list", "--format", "json").stdout
    assert reaching.run("journal", "verify").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("add", "x"), 2, "--webhook URL"),
        (("add", "x", "--webhook", "https://a.example/", "--relay", "a:1"), 2, "--webhook URL"),
        (("add", "x", "--webhook", "http://a.example/"), 1, "encryption"),
        (("add", "x", "--relay", "nowhere"), 1, "HOST:PORT"),
        (("add", "x", "--relay", "a:1", "--domain", "none"), 1, "Unknown domain"),
        (("add", "x", "--webhook", "https://a.example/", "--inclusion", "none"), 2, "no list"),
        (("show", "nobody"), 1, "No subscriber"),
        (("shared", "nobody"), 1, "Nothing was delivered"),
        (("pause", "nobody"), 1, "Unknown subscriber"),
        (("replay", "nobody"), 2, "--after"),
        (("replay", "nobody", "--since", "yesterday"), 2, "zone"),
        (("skip", "nobody", "--position", "1"), 1, "Unknown subscriber"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(
    gateway: Gateway, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = gateway.run("subscriber", *arguments, check=False)
    assert done.returncode == code and said in done.stderr and "Traceback" not in done.stderr


def test_no_subscriber_yet_says_how_to_have_one(gateway: Gateway) -> None:
    assert "subscriber add" in gateway.run("subscriber", "list").stdout
