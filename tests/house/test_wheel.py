"""The wheel is the product: same sources, same bytes; alone in a new environment, it serves from `/`."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lifeline import end_with_us

ROOT = Path(__file__).resolve().parents[2]
DATE = "1767225600"
READY = re.compile(r"^ready mllp=(?P<mllp>\S+:\d+) http=(?P<http>\S+:\d+)$")
PATIENCE = 120


def _build(folder: Path, date: str = DATE) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": date}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree."""
    return _build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the programs of a new environment holding the wheel and its locked packages, nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    install = [
        str(folder / "bin" / "python"),
        "-m",
        "pip",
        "--disable-pip-version-check",
        "install",
        "-qq",
    ]
    lock = str(ROOT / "requirements" / "runtime.txt")
    subprocess.run([*install, "--require-hashes", "-r", lock], check=True, stdin=subprocess.DEVNULL)
    subprocess.run([*install, "--no-deps", "--no-index", str(wheel)], check=True, stdin=subprocess.DEVNULL)
    return folder / "bin"


def _environment(home: Path) -> dict[str, str]:
    """What a service manager gives: a path, a home, nothing of the workshop."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8"}


def test_the_same_sources_give_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    """Anyone can rebuild the published wheel and compare (SOURCE_DATE_EPOCH)."""
    again = _build(tmp_path)
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_the_wheel_carries_its_data_and_licences_and_no_test(wheel: Path) -> None:
    """Tables, migrations and notices travel with the code."""
    names = zipfile.ZipFile(wheel).namelist()
    sources = ROOT / "src"
    expected = {
        path.relative_to(sources).as_posix()
        for path in (sources / "ecluse").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected <= set(names)
    assert not [name for name in names if name.startswith(("tests/", "scripts/"))]
    for licence in ("LICENSE", "NOTICE", "THIRD_PARTY_NOTICES.txt"):
        assert any(name.endswith(f"licenses/{licence}") for name in names)


def test_the_wheel_alone_explains_its_commands(installed: Path, tmp_path: Path) -> None:
    """Every import of the command line is satisfied by the locked packages."""
    result = subprocess.run(
        [installed / "ecluse", "--help"], cwd="/", env=_environment(tmp_path), capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    assert "serve" in result.stdout


@pytest.fixture
def served(installed: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A gateway started from `/` by the wheel alone, with its HTTP address; killed if the test leaves it."""
    command = [str(installed / "ecluse"), "serve", "--data", str(tmp_path / "data")]
    addresses = ["--mllp", "127.0.0.1:0", "--http", "127.0.0.1:0"]
    errors = (tmp_path / "stderr").open("w+")
    process = subprocess.Popen(
        [*command, *addresses],
        cwd="/",
        env=_environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        start_new_session=True,
        preexec_fn=end_with_us(),
    )
    guard = threading.Timer(PATIENCE, process.kill)
    guard.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        ready = READY.match(line)
        assert ready, f"no ready line but {line!r}; stderr: {(tmp_path / 'stderr').read_text()}"
        yield process, ready["http"]
    finally:
        guard.cancel()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        errors.close()


def test_the_wheel_alone_serves_from_the_root_folder(served: tuple[subprocess.Popen[str], str]) -> None:
    """It says where it listens, answers on HTTP, and leaves with 0 when asked to stop."""
    process, address = served
    for path in ("/health/live", "/"):
        with urllib.request.urlopen(f"http://{address}{path}", timeout=PATIENCE) as answer:
            assert answer.status == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=PATIENCE) == 0
