"""The OpenAPI document is what the gateway answers: schemathesis asks a real one whatever the document allows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ecluse.delivery.cli.token import SCOPES
from tests.delivery.cli.people import AUBERT, GIRAUD, created, qualified
from tests.e2e.gateway import Gateway

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,unsupported_method,ignored_auth"
)
"""All but these: positive_data_acceptance (an id made up is not found, an act may be refused), missing_required_header
(it knows no 428), and those that follow links, which the document has none of."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A real gateway that knows two patients and does not mind being asked a lot."""
    folder = tmp_path_factory.mktemp("contract")
    data = folder / "data"
    data.mkdir(mode=0o700)
    (data / "ecluse.toml").write_text("[api]\nrate = 100000.0\nburst = 100000\n")
    with Gateway(data) as running:
        running.run("sender", "add", "GAM", "CH-EXEMPLE")
        messages = [created(GIRAUD), qualified(GIRAUD), created(AUBERT)]
        for number, content in enumerate(messages):
            (folder / f"{number}.hl7").write_bytes(content)
        files = [str(folder / f"{number}.hl7") for number in range(len(messages))]
        running.run("send", "--to", "{}:{}".format(*running.mllp), *files)
        yield running
        assert running.stop() == 0


@pytest.fixture(scope="module")
def secret(gateway: Gateway) -> str:
    """The secret of a token with every scope, made by the command."""
    made = json.loads(gateway.run("token", "create", "--scopes", ",".join(SCOPES), "--format", "json").stdout)
    assert set(made) == {"id", "secret", "scopes", "expires"}
    return str(made["secret"])


def ask_everything(gateway: Gateway, secret: str, *options: str) -> None:
    """Run schemathesis on the document of the gateway; its report is the failure."""
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")), "run", f"{gateway.http}/api/v1/openapi.json",
            "--header", f"Authorization: Bearer {secret}", "--checks", CHECKS, "--generation-deterministic",
            # Its own token must live; a wait would only be slow, and is tested where nobody waits for real.
            "--exclude-operation-id", "revoke_token", "--exclude-operation-id", "list_events", "--no-color", *options,
        ],
        capture_output=True, text=True, check=False, cwd=gateway.data.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]


@pytest.mark.parametrize(
    ("language", "program", "suffix"), [("python", sys.executable, "py"), ("javascript", "node", "mjs")]
)
def test_the_clients_of_the_documentation_work(
    gateway: Gateway, secret: str, tmp_path: Path, language: str, program: str, suffix: str
) -> None:
    """As they are printed in docs/api.md."""
    page = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")
    (sample,) = re.findall(rf"```{language}\n(.*?)```", page, flags=re.DOTALL)
    file = tmp_path / f"client.{suffix}"
    file.write_text(sample, "utf-8")
    with httpx.Client(base_url=gateway.http, headers={"authorization": f"Bearer {secret}"}) as client:
        assert client.get("/api/v1/events", params={"wait": 30}, timeout=40).json()["events"]
    environment = {**os.environ, "ECLUSE": gateway.http, "TOKEN": secret}
    done = subprocess.run([program, str(file)], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "GIRAUD" in done.stdout


def test_what_was_asked_is_in_no_log(gateway: Gateway, secret: str) -> None:
    """A matricule in an address reaches neither the log nor the trail; the trail tells who was shown."""
    number = GIRAUD.matricule
    ins = f"{number}{97 - int(number) % 97:02d}"
    with httpx.Client(base_url=gateway.http, headers={"authorization": f"Bearer {secret}"}) as client:
        found = client.get("/api/v1/patients", params={"ins": ins}).json()["patients"]
        client.get("/api/v1/patients", params={"ins": ins, "wrong": "x"})
        client.get(f"/api/v1/nowhere?ins={ins}")
    assert number not in gateway.log
    listed = json.loads(gateway.run("access", "list", "--patient", found[0]["id"], "--format", "json").stdout)
    assert listed["lines"][0]["action"] == "patient.search"
    assert number not in json.dumps(listed)
    database = b"".join(one.read_bytes() for one in gateway.data.glob("ecluse.db*"))
    assert secret.split("_", 2)[2].encode() not in database


def test_the_gateway_answers_as_its_document_says(gateway: Gateway, secret: str) -> None:
    """No failure of the server, no answer of another form, no wrong request accepted, no token ignored."""
    ask_everything(gateway, secret, "--phases", "fuzzing", "--max-examples", "5")


@pytest.mark.slow
def test_the_gateway_answers_as_its_document_says_for_long(gateway: Gateway, secret: str) -> None:
    """The same with every boundary of every field, and many more requests."""
    ask_everything(gateway, secret, "--phases", "examples,coverage,fuzzing", "--max-examples", "25")
