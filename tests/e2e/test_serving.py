"""`ecluse serve` as a system administrator meets it: starts, refusals to start, stops, deaths."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ecluse.transports.mllp_client import MllpClient
from tests.e2e.crash import SENDERS, trust, wait_for_answers
from tests.e2e.crash_checks import check
from tests.e2e.crash_traffic import Sender, Work
from tests.e2e.gateway import Gateway
from tests.services.feeding import adt


def refused(gateway: Gateway, *options: str, data: Path | None = None, environment: str = "test") -> str:
    """Start a `serve` that must not start: exit code 2 and one line, which is returned."""
    done = subprocess.run(
        [
            sys.executable, "-m", "ecluse", "serve", "--data", str(data or gateway.data), "--env", environment,
            "--mllp", "127.0.0.1:0", "--http", "127.0.0.1:0", *options,
        ],
        capture_output=True, text=True, env=gateway.env, timeout=30, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, ""), done.stderr[-2000:]
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_a_folder_is_served_once(gateway: Gateway) -> None:
    assert gateway.process is not None
    assert str(gateway.process.pid) in refused(gateway)


def test_a_port_in_use_is_named(gateway: Gateway, tmp_path: Path) -> None:
    port = gateway.mllp[1]
    assert f"127.0.0.1:{port}" in refused(gateway, "--mllp", f"127.0.0.1:{port}", data=tmp_path / "other")


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:99999", "192.0.2.1:2575"])
def test_an_address_that_cannot_be_served_is_named(gateway: Gateway, tmp_path: Path, address: str) -> None:
    assert address in refused(gateway, "--mllp", address, data=tmp_path / "other")


def test_the_ready_gateway_answers_and_keeps_its_environment(gateway: Gateway, tmp_path: Path) -> None:
    with MllpClient(*gateway.mllp) as client:
        assert b"MSA|AA|S1" in client.send(adt(control="S1", ipp="9001"))
    other = Gateway(tmp_path / "data").start()
    assert other.stop() == 0
    assert "production" in refused(other, environment="production")


def test_what_comes_in_pieces_or_together_is_answered_in_order(gateway: Gateway) -> None:
    frames = b"".join(b"\x0b" + adt(control=f"O{number}", ipp="9002") + b"\x1c\r" for number in range(50))
    with socket.create_connection(gateway.mllp, timeout=20) as sender:
        for start in range(0, len(frames), 1000):
            sender.sendall(frames[start : start + 1000])
        sender.shutdown(socket.SHUT_WR)
        answers = b""
        while data := sender.recv(65_536):
            answers += data
    found = [one.split(b"\r")[0] for one in answers.split(b"MSA|AA|")[1:]]
    assert found == [f"O{number}".encode() for number in range(50)]


def test_a_byte_before_every_frame_costs_no_answer(gateway: Gateway) -> None:
    with socket.create_connection(gateway.mllp, timeout=20) as sender:
        for number in range(3):
            sender.sendall(b"\x00\x0b" + adt(control=f"B{number}", ipp="9006") + b"\x1c\r")
            answer = b""
            while not answer.endswith(b"\x1c\r"):
                answer += sender.recv(65_536)
            assert b"MSA|AA|B%d" % number in answer


def test_settings_are_read_again_without_dropping_a_connection(gateway: Gateway) -> None:
    assert gateway.process is not None
    file = gateway.data / "ecluse.toml"
    before = file.read_text()
    with MllpClient(*gateway.mllp) as client:
        client.send(adt(control="H1", ipp="9003"))
        file.write_text(before.replace("[[listener]]\n", '[[listener]]\nallowed_peers = ["10.0.0.0/8"]\n', 1))
        try:
            hang_up(gateway, "settings read again", 1)
            assert b"MSA|AA|H2" in client.send(adt("A31", "H2", "9003"))
            with socket.create_connection(gateway.mllp, timeout=20) as refused_one:
                assert closed(refused_one)
        finally:
            file.write_text(before)
            hang_up(gateway, "settings read again", 2)
    with MllpClient(*gateway.mllp) as client:
        assert b"MSA|AA|H3" in client.send(adt("A31", "H3", "9003"))
    file.write_text("environment = 3\n")
    hang_up(gateway, "settings not changed", 1)
    file.write_text(before)
    with MllpClient(*gateway.mllp) as client:
        assert b"MSA|AA|H4" in client.send(adt("A31", "H4", "9003"))


def hang_up(gateway: Gateway, expected: str, count: int) -> None:
    """SIGHUP, and wait until the log says `expected` for the `count`th time."""
    assert gateway.process is not None
    gateway.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 20
    while gateway.log.count(expected) < count:
        assert time.monotonic() < end, gateway.log[-2000:]
        time.sleep(0.02)


def closed(sock: socket.socket) -> bool:
    try:
        return sock.recv(10) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("to", ["parent", pytest.param("group", marks=pytest.mark.slow)])
def test_told_to_stop_under_load_it_loses_nothing(to: str, tmp_path: Path) -> None:
    gateway = Gateway(tmp_path / "data").start()
    assert gateway.process is not None
    trust(gateway)
    stop, work = threading.Event(), Work(7)
    senders = [Sender(number, gateway.mllp, work, stop) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    wait_for_answers(senders, 60)
    children = gateway.children()
    began = time.monotonic()
    if to == "parent":
        os.kill(gateway.process.pid, signal.SIGTERM)
    else:
        os.killpg(gateway.process.pid, signal.SIGTERM)
    assert gateway.process.wait(15) == 0, gateway.log[-2000:]
    assert time.monotonic() - began < 10
    assert all(map(gone, children.values()))
    # What had no answer is sent again to the next gateway.
    with gateway:
        stop.set()
        for sender in senders:
            sender.join(30)
        assert not [one for sender in senders for one in sender.odd]
        assert gateway.stop() == 0
    assert "Traceback" not in gateway.log
    check(gateway, gateway, [one for sender in senders for one in sender.acknowledged])


@pytest.mark.slow
def test_children_leave_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path / "data").start()
    assert gateway.process is not None
    children = gateway.children()
    assert set(children) == {"writer", "listener", "web", "worker", "deliverer"}
    gateway.process.kill()
    gateway.process.wait()
    end = time.monotonic() + 12
    while not all(map(gone, children.values())):
        assert time.monotonic() < end, [role for role, pid in children.items() if not gone(pid)]
        time.sleep(0.05)
    # The folder is free again.
    assert gateway.start().stop() == 0


def test_a_full_disk_gives_ar_207_and_service_comes_back(gateway: Gateway) -> None:
    writer = str(gateway.children()["writer"])
    with MllpClient(*gateway.mllp) as client:
        assert b"MSA|AA|" in client.send(adt(control="D0", ipp="9004"))
        wal = (gateway.data / "ecluse.db-wal").stat().st_size
        subprocess.run(["prlimit", "--pid", writer, f"--fsize={wal // 2}:unlimited"], check=True)
        try:
            for number in range(3):
                assert b"MSA|AR|D1" in client.send(
                    adt(control="D1", ipp="9005", street=f"{number} RUE DU BAC")
                )
        finally:
            subprocess.run(["prlimit", "--pid", writer, "--fsize=unlimited:unlimited"], check=True)
        assert b"MSA|AA|D1" in client.send(adt(control="D1", ipp="9005"))
    assert gateway.children()["writer"] == int(writer)
    store = sqlite3.connect(gateway.data / "ecluse.db")
    rows = store.execute("SELECT answer FROM store_journalentry WHERE control_id = 'D1'").fetchall()
    store.close()
    assert rows == [("AA",)]
