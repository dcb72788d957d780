"""The demonstration ends with lines that work: pasted in a shell, each answers what it promises."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import httpx
import pyotp
import pytest

from tests.lifeline import end_with_us

pytestmark = pytest.mark.slow
"""It plays the whole demonstration first, which `make test` does besides: for `make test-all`."""

PATIENCE = 60.0


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What the demonstration printed, while its gateway stays open."""
    folder = tmp_path_factory.mktemp("demo")
    printed = folder / "told.txt"
    with printed.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "ecluse", "demo", "--no-browser", "--data", str(folder / "data")],
            stdout=out, stderr=subprocess.PIPE, text=True, preexec_fn=end_with_us(),
            env={**os.environ, "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"},
        )  # fmt: skip
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if "Ctrl-C" in line:
            break
    yield "".join(lines)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) in (0, 128 + signal.SIGTERM)


def _answers(told: str) -> dict[str, object]:
    """The JSON that each line of curl answers, by its path; read as a shell would, asked without curl."""
    token, *pasted = re.findall(r"^(?:TOKEN=|curl ).*$", told, re.M)
    found: dict[str, object] = {}
    for line in pasted:
        curl, quiet, option, header, address = shlex.split(
            line.replace("$TOKEN", token.removeprefix("TOKEN="))
        )
        assert (curl, quiet, option) == ("curl", "-sS", "-H")
        name, value = header.split(": ")
        request = urllib.request.Request(address, headers={name: value})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            found[address[address.index("/", 8) :]] = json.load(answer)
    return found


def test_each_line_answers_what_it_promises(told: str) -> None:
    answers = _answers(told)
    (patient,) = {path.rsplit("/", 1)[1] for path in answers if path.startswith("/fhir/Patient/")}
    by_path: dict[str, dict[str, object]] = {
        path: dict(one) for path, one in answers.items() if isinstance(one, dict)
    }
    assert by_path[f"/api/v1/patients/{patient}"]["id"] == patient
    assert by_path[f"/fhir/Patient/{patient}"]["resourceType"] == "Patient"
    encounters = by_path[f"/fhir/Encounter?patient={patient}"]["entry"]
    stays = answers[f"/api/v1/patients/{patient}/stays"]
    assert isinstance(encounters, list) and isinstance(stays, list) and len(encounters) == len(stays) == 1
    assert stays[0]["situation"]["status"] == "discharged"
    assert by_path[f"/api/v1/patients/{patient}/consents"]["by_stay"]
    assert by_path["/api/v1/events?limit=5&wait=10"]["events"]


def test_the_stay_told_has_a_transfer_taken_back(told: str) -> None:
    story = told[told.index("A stay: ") :]
    rows = re.findall(r"^ +[\d:.]+ +(A\d\d) +line \d+ ", story, re.M)
    assert rows[0] in ("A01", "A05") and {"A02", "A12", "A03"} <= set(rows)
    assert "again " in story and "DMP, for this stay: " in story
    assert "Every answer is the one the national text lets expect." in told


@pytest.mark.parametrize(
    ("username", "opened", "closed"),
    [
        ("ingenieur", "/flux/messages/", "/patients/"),
        ("identito", "/patients/doublons/", "/reglages/utilisateurs/"),
        ("soignant", "/consentements/", "/flux/messages/"),
    ],
)
def test_each_person_of_the_demonstration_signs_in_and_sees_her_work(
    told: str, username: str, opened: str, closed: str
) -> None:
    shown = re.search(rf"^{username} .*\n +password +(\S+)\n +authenticator key +([A-Z2-7]+)$", told, re.M)
    console = re.search(r"Console: (http://\S+)/", told)
    assert shown and console, told
    with httpx.Client(base_url=console[1], follow_redirects=True, timeout=PATIENCE) as visitor:
        _post(visitor, "/connexion/", {"login": username, "password": shown[1]})
        _post(visitor, "/connexion/second-facteur/", {"code": pyotp.TOTP(shown[2]).now()})
        assert visitor.get(opened).status_code == 200
        assert visitor.get(closed).status_code == 403


def _post(visitor: httpx.Client, address: str, fields: dict[str, str]) -> None:
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', visitor.get(address).text)
    assert token, address
    answer = visitor.post(address, data={**fields, "csrfmiddlewaretoken": token[1]})
    assert str(answer.url.path) != address, re.findall(r"<li>.*?</li>", answer.text)
