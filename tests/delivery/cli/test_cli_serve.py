"""`ecluse serve`: one ready line on stdout, one clear line when it cannot start."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.delivery.cli.conftest import to
from tests.e2e.gateway import Gateway


def _fails(gateway: Gateway, *options: str) -> str:
    """The line of a gateway that does not start."""
    done = gateway.run("serve", *options, check=False, timeout=60)
    assert done.returncode == 2 and done.stdout == "", done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1 and lines[0].startswith("ecluse: ")
    return lines[0]


def test_the_ready_line_is_alone_on_stdout_and_a_signal_stops_cleanly(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path / "data")
    with gateway:
        assert gateway.process is not None and gateway.process.stdout is not None
        assert gateway.stop() == 0
        assert gateway.process.stdout.read() == ""
        assert gateway.log.count(f"keys are in {gateway.env['ECLUSE_SECRETS']}") == 1
    settings = gateway.data / "ecluse.toml"
    assert settings.read_text("utf-8").startswith("#") and settings.stat().st_mode & 0o777 == 0o600
    assert gateway.data.stat().st_mode & 0o777 == 0o700


def test_a_served_folder_is_not_served_twice(gateway: Gateway) -> None:
    assert str(gateway.data) in _fails(gateway, "--mllp", "127.0.0.1:0", "--http", "127.0.0.1:0")


def test_a_port_in_use_is_named(gateway: Gateway, tmp_path: Path) -> None:
    other = Gateway(tmp_path / "other")
    assert to(gateway) in _fails(other, "--mllp", to(gateway), "--http", "127.0.0.1:0")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert str(port) in _fails(other, "--mllp", "127.0.0.1:0", "--http", f"127.0.0.1:{port}")


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1", "127.0.0.1:70000", "192.0.2.77:2575"])
def test_a_wrong_address_is_named(tmp_path: Path, address: str) -> None:
    assert address in _fails(Gateway(tmp_path / "data"), "--mllp", address, "--http", "127.0.0.1:0")


def test_a_setting_that_cannot_be_read_is_named_with_its_line(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path / "data")
    gateway.data.mkdir()
    for content in ("# settings\nlog_level = 3\n", "log_level = \n", "color = 1\n"):
        (gateway.data / "ecluse.toml").write_text(content)
        assert "ecluse.toml" in _fails(gateway)


def test_the_environment_is_for_the_life_of_the_store(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path / "data")
    gateway.run("sender", "add", "GAM", "CH-EXEMPLE")
    assert "production" in _fails(
        gateway, "--env", "production", "--mllp", "127.0.0.1:0", "--http", "127.0.0.1:0"
    )


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert str(tmp_path / "file") in _fails(Gateway(tmp_path / "file" / "data"))


def test_an_unknown_option_exits_2() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ecluse", "serve", "--port", "1"], capture_output=True, check=False
    )
    assert done.returncode == 2
