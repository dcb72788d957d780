"""`ecluse pki` beside a running gateway: a test PKI made and served, a certificate asked for, imported, rotated."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ecluse.services.ask_writer import ask_writer
from ecluse.services.wire import Act
from tests.e2e.gateway import Gateway
from tests.lifeline import end_with_us

pytestmark = pytest.mark.slow

FINESS = "990000028"


@contextmanager
def serving(folder: Path, port: int) -> Iterator[None]:
    """`ecluse simulate pki`, on its folder."""
    line = [sys.executable, "-m", "ecluse", "simulate", "pki", "--folder", str(folder), "--port", str(port)]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, preexec_fn=end_with_us())
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready http=")
        yield
    finally:
        process.terminate()
        process.wait(15)


def test_from_the_test_pki_to_the_probe(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    gateway = Gateway(tmp_path / "data")
    gateway.env["ECLUSE_CERTIFICATES_ALLOWED_NETWORKS"] = "127.0.0.1"
    folder = tmp_path / "igc"

    def told(*arguments: str, code: int = 0, **more: object) -> Any:
        done = gateway.run("pki", *arguments, "--format", "json", check=False, **more)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    made = told("init-test", "--folder", str(folder), "--port", str(port))
    assert made["simulation"] is True and "SIMULATION" in (folder / "README.md").read_text()
    with gateway, serving(folder, port):
        given = {"name": "CH de Valmont", "finess": FINESS}
        assert ask_writer(
            gateway.data / "run/writer.sock", Act("cli:claire", "establishment.add", given)
        ).done
        for short, fingerprint in made["authorities"].items():
            file = folder / f"authorities/{short}.pem"
            told("authority", "add", "igc-sante-test", str(file), "--fingerprint", fingerprint)

        soon = str(folder / "certificates/soon-auth-cli.p12")
        first = told(
            "import", soon, "--use", "roc_directory", "--password-stdin", input=made["password"] + "\n"
        )
        request, answer = tmp_path / "demande.pem", tmp_path / "certificat.pem"
        asked = told("csr", "--establishment", FINESS, "--use", "roc_directory", "--out", str(request))
        platform = ("--folder", str(folder), "--csr", str(request), "--service", "Client_ROC_Annuaire_AMC")
        answer.write_text(gateway.run("simulate", "pki", *platform).stdout)
        second = told("import", str(answer), "--use", "roc_directory")
        assert (second["placed"], second["request"]) == ("next", asked["id"])

        gateway.run("pki", "rotate", "--use", "roc_directory")
        (slot,) = told("slots")["slots"]
        assert (slot["current"], slot["previous"]) == (second["fingerprint"], first["fingerprint"])
        assert told("check", "--online")["level"] == "ok"

        serial = told("show", second["fingerprint"][:16])["certificate"]["serial"]
        gateway.run("simulate", "pki", "--folder", str(folder), "--revoke", serial)
        assert told("check", "--online", code=1)["level"] == "critical"
        assert gateway.stop() == 0
    for secret in (r"PRIVATE KEY", made["password"] + r"\b"):
        assert not re.search(secret, gateway.log)
