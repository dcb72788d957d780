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


@pytest.fixture(scope="module")
def reaching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that may call this machine, and knows one patient."""
    folder = tmp_path_factory.mktemp("reaching")
    one = Gateway(folder / "data")
    one.env["ECLUSE_DELIVERIES_ALLOWED_NETWORKS"] = "127.0.0.1"
    with one:
        (folder / "a28.hl7").write_bytes(created(GIRAUD))
        one.run("send", "--to", "{}:{}".format(*one.mllp), str(folder / "a28.hl7"))
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
        (("add", "x", "--relay", "a:1", "--tls", "--domain", "none"), 1, "Unknown domain"),
        (("add", "x", "--relay", "10.1.2.3:2575"), 1, "--tls"),
        (("add", "x", "--relay", "[::1:2575"), 1, "HOST:PORT"),
        (("add", "x", "--relay", "127.0.0.1:1", "--full"), 1, "full"),
        (("add", "x", "--relay", "127.0.0.1:1", "--event", "patient.created"), 1, "trigger event"),
        (("add", "x", "--webhook", "https://a.example/", "--tls"), 1, "relays only"),
        (("add", "x", "--webhook", "https://a.example/", "--event", "A31"), 1, "patient.qualified"),
        (("add", "x", "--webhook", "https://[::1"), 1, "https URL"),
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


def test_an_address_that_no_setting_opens_is_told_at_once(reaching: Gateway) -> None:
    closed = reaching.run("subscriber", "add", "a", "--webhook", "https://10.1.2.3/hook").stderr
    assert "10.1.2.3" in closed and "allowed_networks" in closed and "registered" in closed
    for name, url in (("b", "https://127.0.0.1/"), ("c", "https://a.example/"), ("d", "https://8.8.8.8/")):
        assert "allowed_networks" not in reaching.run("subscriber", "add", name, "--webhook", url).stderr


def test_a_file_of_tls_means_tls_and_a_relay_has_one_message_on_its_way(
    reaching: Gateway, tmp_path: Path
) -> None:
    (tmp_path / "ca.pem").write_text("synthetic")
    reaching.run("subscriber", "add", "dpi", "--relay", "10.1.2.3:2575", "--tls-ca", str(tmp_path / "ca.pem"))
    options = shown(reaching, "dpi")["options"]
    assert isinstance(options, dict) and options["tls"] and options["parallel"] == 1


def test_what_leaves_for_a_subscriber_is_shown(reaching: Gateway) -> None:
    """For whom, of what, how whole and whether in clear: a person reads the text, not the JSON."""
    reaching.run("inclusion", "create", "Cardiologie")
    given = ("--inclusion", "Cardiologie", "--full", "--event", "patient.qualified", "--parallel", "3")
    reaching.run(
        "subscriber", "add", "whole", "--webhook", "http://127.0.0.1:9/hook", "--allow-plaintext", *given
    )
    reaching.run("subscriber", "add", "relayed", "--relay", "10.1.2.3:2575", "--tls")
    list_ = str(shown(reaching, "whole")["options"]["inclusion"])  # type: ignore[index]
    text = reaching.run("subscriber", "show", "whole").stdout
    lines = {line[:18].strip(): line[19:] for line in text.splitlines()}
    assert lines["Inclusion list"] == f"Cardiologie ({list_})"
    assert (lines["Documents"], lines["Events"]) == ("whole", "patient.qualified")
    assert (lines["Encryption"], lines["At the same time"]) == ("none: all leaves in plain text", "3")
    text = reaching.run("subscriber", "show", "relayed").stdout
    lines = {line[:18].strip(): line[19:] for line in text.splitlines()}
    assert (lines["Encryption"], lines["At the same time"], lines["Events"]) == ("TLS", "1", "all")
    assert "Inclusion list" not in lines and lines["INS of an A47"] == "sent"
    table = reaching.run("subscriber", "list").stdout
    for said in ("Cardiologie", "patient.qualified", "whole", "plain"):
        assert said in table


def test_no_subscriber_yet_says_how_to_have_one(gateway: Gateway) -> None:
    assert "subscriber add" in gateway.run("subscriber", "list").stdout
