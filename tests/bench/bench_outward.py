"""What goes out: signed webhooks per second, and an intake that ten subscribers, one of them dead, do not slow.

Real sockets, real processes. Exit code 1: a target was missed. `bench_mllp`, which fills a store, measures `by_ins`.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from ecluse.simulators.hospital import load as messages
from tests.bench.bench_mllp import ROOT, load
from tests.bench.loadgen import percentile
from tests.bench.table import Row, machine, show
from tests.e2e.gateway import Gateway
from tests.lifeline import end_with_us

EVENTS = 10_000
"""Webhooks of the measure of speed."""
SUBSCRIBERS, STEADY, SECONDS = 10, 500, 40


class Hook:
    """A receiver in a process of its own."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.hook_server"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, preexec_fn=end_with_us(),
        )  # fmt: skip
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def know(self, secret: str) -> None:
        """Give it the key of its subscriber."""
        assert self._process.stdin is not None
        self._process.stdin.write(secret + "\n")
        self._process.stdin.flush()

    def count(self) -> int:
        """Webhooks received so far."""
        assert self._process.poll() is None, "the receiver found a wrong signature"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/")
        count = int(connection.getresponse().read())
        connection.close()
        return count

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


@contextlib.contextmanager
def hooks(count: int) -> Iterator[list[Hook]]:
    """Receivers."""
    found = [Hook() for _ in range(count)]
    try:
        yield found
    finally:
        for one in found:
            one.end()


def reaching(folder: Path) -> Gateway:
    """A gateway that may call this machine."""
    one = Gateway(folder)
    one.env["ECLUSE_DELIVERIES_ALLOWED_NETWORKS"] = "127.0.0.1"
    return one


def subscribe(gateway: Gateway, name: str, port: int, *options: str) -> str:
    """Add a webhook; its secret."""
    url = f"http://127.0.0.1:{port}/hook"
    given = ("--webhook", url, "--allow-plaintext", "--format", "json", *options)
    return str(json.loads(gateway.run("subscriber", "add", name, *given).stdout)["secret"])


def behind(gateway: Gateway, name: str) -> int:
    """How many events a subscriber still lacks."""
    found = json.loads(gateway.run("subscriber", "show", name, "--format", "json").stdout)["subscriber"]
    return int(found["behind"]) + int(found["waiting"])


def speed(folder: Path) -> list[Row]:
    """One subscriber, a backlog, nothing else going on."""
    with reaching(folder / "speed") as gateway, hooks(1) as (hook,):
        hook.know(subscribe(gateway, "fast", hook.port, "--parallel", "16"))
        gateway.run("subscriber", "pause", "fast")
        load(gateway.mllp[1], count=EVENTS, seed=7, events="A28")
        while behind(gateway, "fast") < EVENTS:
            time.sleep(0.5)
        gateway.run("subscriber", "resume", "fast")
        while not hook.count():
            time.sleep(0.01)
        start, first = time.perf_counter(), hook.count()
        while (count := hook.count()) < EVENTS:
            time.sleep(0.05)
        rate = (count - first) / (time.perf_counter() - start)
        gateway.stop()
    return [Row("signed webhooks, one subscriber", f"{rate:,.0f}/s", "≥ 500/s", rate >= 500)]


def intake(folder: Path) -> list[Row]:
    """A steady intake while nine subscribers are told and the tenth is dead."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        dead = closed.getsockname()[1]
    with reaching(folder / "intake") as gateway, hooks(SUBSCRIBERS - 1) as alive:
        load(gateway.mllp[1], count=2000, seed=97)
        for number, hook in enumerate(alive):
            hook.know(subscribe(gateway, f"alive{number}", hook.port))
        subscribe(gateway, "dead", dead)
        figures = load(gateway.mllp[1], count=STEADY * SECONDS, rate=STEADY, seed=13)
        told = sum(hook.count() for hook in alive)
        gateway.stop()
    name = f"intake, steady {STEADY}/s for {SECONDS} s, {SUBSCRIBERS} subscribers, one dead: p99"
    return [
        Row("  p50 of the same", f"{figures['p50']:.2f} ms"),
        Row(name, f"{figures['p99']:.2f} ms", "≤ 10 ms", figures["p99"] <= 10),
        Row("  webhooks delivered meanwhile", f"{told:,} ({told / SECONDS:,.0f}/s)"),
    ]


def by_ins(gateway: Gateway, seed: int, count: int = 1_000) -> Row:
    """A patient by INS over REST: a search by POST on a connection kept open, each for another patient.

    :param seed: of patients that are in the store, qualified (`load` with the events A28 and A31).
    """
    known = [one.raw.decode() for one in messages(seed, 2 * count, events=["A28", "A31"])]
    wanted = [found for raw in known if "|ADT^A31" in raw for found in _ins(raw)][:count]
    secret = json.loads(
        gateway.run("token", "create", "bench", "--scopes", "patients:read", "--format", "json").stdout
    )["secret"]
    connection = http.client.HTTPConnection(urlsplit(gateway.http).netloc, timeout=10)
    took, found = [], 0
    for matricule, oid in wanted:
        status, seconds, patients = _search(connection, secret, {"ins": matricule, "ins_oid": oid})
        while status == 429:
            time.sleep(0.5)
            status, seconds, patients = _search(connection, secret, {"ins": matricule, "ins_oid": oid})
        took.append(seconds)
        found += patients
    p95 = percentile(took, 0.95) * 1000
    return Row(
        f"patient by INS over REST, p95 ({found} of {len(wanted)} found)",
        f"{p95:.2f} ms",
        "≤ 15 ms",
        p95 <= 15,
    )


def _search(
    connection: http.client.HTTPConnection, secret: str, body: dict[str, str]
) -> tuple[int, float, int]:
    """Status, seconds, patients found."""
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    start = time.perf_counter()
    connection.request("POST", "/api/v1/patients/search", json.dumps(body), headers)
    answer = connection.getresponse()
    document = json.loads(answer.read())
    seconds = time.perf_counter() - start
    return answer.status, seconds, len(document["patients"]) if answer.status == 200 else 0


def _ins(raw: str) -> list[tuple[str, str]]:
    """Matricule and OID in PID-3."""
    pid = next(line for line in raw.split("\r") if line.startswith("PID")).split("|")[3]
    parts = [one.split("^") for one in pid.split("~")]
    return [(one[0], one[3].split("&")[1]) for one in parts if one[4:] == ["INS"]]


def main() -> int:
    """Print the table; exit 1 when a target is missed."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        rows = speed(Path(temporary)) + intake(Path(temporary))
    return show(f"What goes out · {machine()}", rows, f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
