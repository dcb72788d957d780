"""What a gateway really runs with is what `doctor` examines."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from ecluse.main import opening, running
from ecluse.main.configuration import Configuration, Listener
from tests.e2e.gateway import Gateway


def test_doctor_examines_the_gateway_that_runs(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path / "data")
    with gateway:
        found = json.loads(gateway.run("doctor", "--format", "json", "--lang", "en").stdout)
        texts = {one["check"]: one["text"] for one in found["checks"]}
        mllp = "{}:{}".format(*gateway.mllp)
        assert f"main {mllp} (setting: 127.0.0.1:2575)" in texts["running"]
        assert texts["listener-main"] == f"main: {mllp}, this machine only."
        file = gateway.data / "run" / running.FILE
        assert file.stat().st_mode & 0o777 == 0o600
        assert gateway.stop() == 0
    assert not file.exists()
    found = json.loads(gateway.run("doctor", "--format", "json").stdout)
    assert "running" not in {one["check"] for one in found["checks"]}


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configuration:
    """Settings of a folder that this very process serves."""
    (tmp_path / "run").mkdir()
    monkeypatch.setattr(opening, "served", lambda _configuration: os.getpid())
    return Configuration(
        data=tmp_path, listeners=(Listener(), Listener(name="lab", address="127.0.0.1:2576"))
    )


def test_no_password_is_written(configuration: Configuration) -> None:
    secret = replace(configuration, database_url="postgresql://ecluse:s3cret@db/ecluse")
    running.write_running(secret, ["127.0.0.1:1", "127.0.0.1:2"], "127.0.0.1:3")
    assert "s3cret" not in (configuration.run / running.FILE).read_text()
    found = running.read_running(configuration)
    assert found is not None and [one.address for one in found.listeners] == ["127.0.0.1:1", "127.0.0.1:2"]
    assert found.http == "127.0.0.1:3" and found.database_url


def test_what_a_killed_gateway_left_is_not_believed(
    configuration: Configuration, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.write_running(configuration, ["127.0.0.1:1", "127.0.0.1:2"], "127.0.0.1:3")
    monkeypatch.setattr(opening, "served", lambda _configuration: os.getpid() + 1)
    assert running.read_running(configuration) is None
    monkeypatch.setattr(opening, "served", lambda _configuration: None)
    assert running.read_running(configuration) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"pid":"x","configuration":{}}'])
def test_a_damaged_file_is_as_good_as_none(configuration: Configuration, content: bytes) -> None:
    (configuration.run / running.FILE).write_bytes(content)
    assert running.read_running(configuration) is None
