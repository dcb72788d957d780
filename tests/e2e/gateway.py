"""Start and stop a real gateway, as its users do, for tests that go through sockets."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

from tests.lifeline import end_with_us

START_SECONDS = 60


class Gateway:
    """`ecluse serve` in a process group of its own, on free ports, with its secrets beside the data folder."""

    def __init__(self, data: Path, *options: str, environment: str = "test") -> None:
        self.data = data
        self._options = options
        self.env = {
            **os.environ,
            "ECLUSE_SECRETS": str(data.parent / f"{data.name}-secrets"),
            "ECLUSE_UNUSED": "",
        }
        self._environment = environment
        self.process: subprocess.Popen[str] | None = None
        self.mllp = ("127.0.0.1", 0)
        self.http = ""

    def start(self, patience: float = 0.0) -> Gateway:
        """Start it and wait for its line `ready mllp=… http=…`.

        :param patience: seconds during which a refusal to start (the folder is still held) is tried again.
        """
        end = time.monotonic() + patience
        while True:
            self._launch()
            line = self._first_line()
            if line or time.monotonic() > end:
                break
            assert self.process is not None
            self.process.wait(START_SECONDS)
            time.sleep(0.1)
        match = re.fullmatch(r"ready mllp=(.+):(\d+) http=(.+)", line)
        if match is None:
            raise AssertionError(f"no ready line but {line!r}; log:\n{self.log[-3000:]}")
        self.mllp = (match[1], int(match[2]))
        self.http = f"http://{match[3]}"
        return self

    def _launch(self) -> None:
        log = (self.data.parent / f"{self.data.name}.log").open("a")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "ecluse", "serve", "--data", str(self.data),
                "--mllp", f"127.0.0.1:{self.mllp[1]}", "--http", "127.0.0.1:0",
                "--env", self._environment, *self._options,
            ],
            stdout=subprocess.PIPE, stderr=log, text=True, env=self.env, start_new_session=True,
            preexec_fn=end_with_us(),
        )  # fmt: skip
        log.close()

    def _first_line(self) -> str:
        assert self.process is not None and self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(START_SECONDS):
                return ""
        return self.process.stdout.readline().strip()

    @property
    def log(self) -> str:
        """Everything written on stderr so far."""
        return (self.data.parent / f"{self.data.name}.log").read_text()

    def children(self) -> dict[str, int]:
        """Pids of the supervised processes by role."""
        assert self.process is not None
        found = {}
        for folder in Path("/proc").iterdir():
            if not folder.name.isdigit():
                continue
            try:
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
                command = (folder / "cmdline").read_bytes().split(b"\0")
            except (OSError, IndexError):
                continue
            if parent == self.process.pid and b"ecluse.main.children" in command:
                role = command[command.index(b"ecluse.main.children") + 1].decode()
                found[role] = int(folder.name)
        return found

    def kill_all(self) -> None:
        """SIGKILL to every process of the gateway at once: a power cut, without the loss of memory."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def kill_supervisor(self) -> None:
        """SIGKILL to the process that supervises, alone: the others are left to themselves."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)

    def run(self, *arguments: str, check: bool = True, **more: object) -> subprocess.CompletedProcess[str]:
        """A command of the same data folder, with its output."""
        done = subprocess.run(
            [sys.executable, "-m", "ecluse", *arguments, "--data", str(self.data)],
            capture_output=True, text=True, env=self.env, check=False, **more,  # type: ignore[call-overload]
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(
                f"{arguments} → {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
            )
        return done

    def __enter__(self) -> Gateway:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill_all()
