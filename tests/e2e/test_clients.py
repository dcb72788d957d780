"""The programs of docs/clients.md, extracted and run as they stand there, in each language."""

from __future__ import annotations

import http.client
import json
import re
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.delivery.cli.people import AUBERT, GIRAUD, Person, created, qualified
from tests.e2e.gateway import Gateway
from tests.lifeline import end_with_us
from tests.services.delivering import until
from tests.services.receivers import free_port

pytestmark = pytest.mark.slow
"""Each starts gateways of its own, several seconds apiece: for `make test-all`."""

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
OID = "1.2.250.1.213.1.4.10"
PATIENCE = 30.0
GIRAUD_INS = f"{GIRAUD.matricule}{97 - int(GIRAUD.matricule) % 97:02d}"


class Client:
    """A program of the page and the gateway it speaks to."""

    def __init__(self, command: list[str], gateway: Gateway, token: str) -> None:
        self.command = command
        self.env = {**gateway.env, "ECLUSE": gateway.http, "TOKEN": token}

    def run(self, *arguments: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            [*self.command, *arguments],
            capture_output=True,
            text=True,
            env=self.env,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    @contextmanager
    def running(self, *arguments: str) -> Iterator[Callable[[int], list[dict[str, Any]]]]:
        """The program while it runs; call to read that many of its lines."""
        process = subprocess.Popen(
            [*self.command, *arguments], stdout=subprocess.PIPE, env=self.env, preexec_fn=end_with_us()
        )
        try:
            yield lambda count: [_line(process) for _ in range(count)]
        finally:
            process.kill()
            process.wait()


def _line(process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The next line, read byte by byte so that none waits in a buffer that `select` does not see."""
    assert process.stdout is not None
    line, end = b"", time.monotonic() + PATIENCE
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            assert selector.select(max(0.0, end - time.monotonic())), f"it said no more than {line!r}"
            byte = process.stdout.raw.read(1)  # type: ignore[attr-defined]
            assert byte, "it ended"
            line += byte
    found = json.loads(line)
    assert isinstance(found, dict)
    return found


class Place(NamedTuple):
    """A gateway with one qualified patient, and a token."""

    gateway: Gateway
    token: str
    folder: Path

    def receive(self, *messages: bytes) -> None:
        for number, message in enumerate(messages):
            (self.folder / f"{number}.hl7").write_bytes(message)
            self.gateway.run(
                "send", "--to", "{}:{}".format(*self.gateway.mllp), str(self.folder / f"{number}.hl7")
            )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("clients")
    gateway = Gateway(folder / "data")
    gateway.env["ECLUSE_DELIVERIES_ALLOWED_NETWORKS"] = "127.0.0.1"
    with gateway:
        gateway.run("sender", "add", "GAM", "CH-EXEMPLE")
        given = ("--scopes", "patients:read,events:read", "--format", "json")
        token = json.loads(gateway.run("token", "create", "clients", *given).stdout)["secret"]
        found = Place(gateway, token, folder)
        found.receive(created(GIRAUD), qualified(GIRAUD))
        yield found


@pytest.fixture(params=["python", "javascript"])
def client(request: pytest.FixtureRequest, place: Place, tmp_path: Path) -> Client:
    """The program in one language."""
    blocks = re.findall(
        rf"^```{request.param}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert len(blocks) == 1
    name, runs = ("client.py", sys.executable) if request.param == "python" else ("client.mjs", "node")
    (tmp_path / name).write_text(blocks[0], "utf-8")
    return Client([runs, str(tmp_path / name)], place.gateway, place.token)


def test_a_patient_is_found_by_number_and_by_ins(client: Client) -> None:
    (found,) = client.run("patient", GIRAUD.local)
    assert (found["name"], found["ins"]["matricule"]) == ("GIRAUD", GIRAUD_INS)
    assert client.run("ins", GIRAUD_INS, OID) == [found]
    assert client.run("patient", "nobody") == []
    client.env["TOKEN"] = "ecl_wrong"
    with pytest.raises(AssertionError, match=r"token[^\n]*: "):
        client.run("patient", GIRAUD.local)


def test_the_feed_is_followed_from_where_it_was_left(client: Client, place: Place, tmp_path: Path) -> None:
    kept = tmp_path / "cursor"
    with client.running("follow", str(kept)) as lines:
        first = lines(2)
        assert [one["type"] for one in first] == [
            "fr.ecluse.patient.created.v1",
            "fr.ecluse.patient.updated.v1",
        ]
        until(lambda: kept.exists() and kept.read_text() == newest(place.gateway))
    newcomer = Person(str(free_port()), *AUBERT[1:])
    place.receive(created(newcomer))
    with client.running("follow", str(kept)) as lines:
        (told,) = lines(1)
    assert told["type"] == "fr.ecluse.patient.created.v1"
    assert client.run("patient", newcomer.local)[0]["id"] == told["patient"]


def test_a_lost_cursor_has_the_patients_read_again(client: Client, place: Place, tmp_path: Path) -> None:
    """All those of the token, then the events from where the gateway says."""
    (giraud,) = client.run("patient", GIRAUD.local)
    kept = tmp_path / "cursor"
    kept.write_text("0123456789ab-1")
    with client.running("follow", str(kept)) as lines:
        assert lines(1) == [{"again": giraud["id"], "ins": giraud["ins"], "merged_into": None}]
        until(lambda: kept.read_text() == newest(place.gateway))


def test_the_patients_of_a_list_are_read_again(client: Client, place: Place) -> None:
    """Those included, with who took their place in a merge, and nobody else."""
    run = place.gateway.run
    gone, survivor = (Person(str(free_port()), *AUBERT[1:]) for _ in range(2))
    place.receive(created(gone), created(survivor), created(Person(str(free_port()), *AUBERT[1:])))
    place.receive(merged(gone, survivor))
    ids = [client.run("patient", one.local)[0]["id"] for one in (gone, survivor)]
    name = f"list{gone.local}"
    list_id = json.loads(run("inclusion", "create", name, "--format", "json").stdout)["id"]
    run("inclusion", "include", name, ids[0])
    given = ("--scopes", "patients:read,inclusions:read,events:read", "--inclusion", name, "--format", "json")
    client.env["TOKEN"] = json.loads(run("token", "create", name, *given).stdout)["secret"]
    client.env["LIST"] = list_id
    expected = [
        {"again": ids[0], "ins": None, "merged_into": ids[1]},
        {"again": ids[1], "ins": None, "merged_into": None},
    ]
    assert client.run("again") == expected
    del client.env["LIST"]
    assert {one["again"] for one in client.run("again")} == set(ids)


def test_a_webhook_is_believed_only_with_its_signature(client: Client, place: Place) -> None:
    port = free_port()
    name = f"client{port}"
    given = (
        "--webhook",
        f"http://127.0.0.1:{port}/",
        "--allow-plaintext",
        "--from-start",
        "--format",
        "json",
    )
    client.env["SECRET"] = json.loads(place.gateway.run("subscriber", "add", name, *given).stdout)["secret"]
    with client.running("receive", str(port)) as lines:
        assert lines(1)[0]["type"] == "fr.ecluse.patient.created.v1"
        assert post(port, b"{}", {"webhook-id": "x", "webhook-timestamp": str(int(time.time()))}) == 401
        old = {"webhook-id": "x", "webhook-timestamp": "1700000000", "webhook-signature": "v1,AAAA"}
        assert post(port, b"{}", old) == 401
    place.gateway.run("subscriber", "remove", name, "--yes")


def merged(gone: Person, survivor: Person) -> bytes:
    """An A40."""
    lines = created(survivor).decode().replace("ADT^A28^ADT_A05", "ADT^A40^ADT_A39").split("\r")[:3]
    return "\r".join([*lines, f"MRG|{gone.local}^^^CH-EXEMPLE&1.2.250.1.999.9.1&ISO^PI", ""]).encode()


def newest(gateway: Gateway) -> str:
    """The cursor of the last event."""
    page = json.loads(gateway.run("events", "list", "--format", "json").stdout)
    return str(page["next"])


def post(port: int, body: bytes, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("POST", "/", body, headers)
    status = connection.getresponse().status
    connection.close()
    return status
