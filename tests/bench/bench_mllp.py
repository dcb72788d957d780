"""End to end over MLLP: our gateway (validated, decided, durable) beside python-hl7's asyncio server, in one run.

Both sides get the same load generator, the same connections and messages of the same kind, round after round in turn.
python-hl7's server parses and answers; it neither validates nor stores. Exit code 1: a target was missed.

ECLUSE_BENCH_PATIENTS (default: a million) shortens the filling of the store, the longest part.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.table import Row, machine, middle, show
from tests.e2e.gateway import Gateway
from tests.lifeline import end_with_us

ROOT = Path(__file__).parents[2]
SMALL, SHORT, STORES = 1_000, 2_000, 7
"""Patients of a small store, messages of a load that measures a cost, stores (or loads) that make a median."""


def load(port: int, **options: float | str) -> dict[str, float]:
    """Run the load generator in a process of its own."""
    arguments = [f"--{name}={value}" for name, value in options.items()]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.loadgen", str(port), *arguments],
        capture_output=True, text=True, cwd=ROOT, check=True, timeout=1800,
    )  # fmt: skip
    result: dict[str, float] = json.loads(done.stdout)
    return result


@contextlib.contextmanager
def peer() -> Iterator[int]:
    """python-hl7's server; its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.peer_server"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        preexec_fn=end_with_us(),
    )
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def resident(gateway: Gateway) -> dict[str, float]:
    """MiB of memory of each process of the gateway."""
    found = {}
    for role, pid in gateway.children().items():
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                found[role] = int(line.split()[1]) / 1024
    return found


def throughput(folder: Path, rounds: int, count: int) -> list[Row]:
    """Rounds in turn, peer then gateway, so that a change of the machine's speed touches both.

    The peer gets a fifth of the messages, so that its rounds last about as long.
    """
    ours, theirs, latencies = [], [], []
    with Gateway(folder / "throughput") as gateway, peer() as port:
        load(gateway.mllp[1], count=3000, seed=99)
        for number in range(rounds):
            theirs.append(load(port, count=count // 5, seed=100 + number)["rate"])
            figures = load(gateway.mllp[1], count=count, seed=200 + number)
            assert not figures["refused"], figures
            ours.append(figures["rate"])
            latencies.append(figures["p99"])
        gateway.stop()
    ratio = middle([a / b for a, b in zip(ours, theirs, strict=True)])
    return [
        Row(
            "python-hl7's server, 50 connections; does not: validate, decide, store",
            f"{middle(theirs):,.0f} messages/s",
        ),
        Row("Écluse, 50 connections: validated, decided, durable", f"{middle(ours):,.0f} messages/s"),
        Row(f"ratio, median of {rounds} pairs", f"{ratio:.1f} ×", "≥ 6 ×, aim 12 ×", ratio >= 6),
    ]


def latency(folder: Path) -> list[Row]:
    """Steady load and a single connection."""
    with Gateway(folder / "latency") as gateway:
        load(gateway.mllp[1], count=2000, seed=98)
        steady = load(gateway.mllp[1], count=20_000, rate=1000, seed=11)
        single = load(gateway.mllp[1], count=3000, connections=1, seed=12)
        gateway.stop()
    return [
        Row("steady 1,000 messages/s, p50", f"{steady['p50']:.2f} ms"),
        Row("steady 1,000 messages/s, p99", f"{steady['p99']:.2f} ms", "≤ 10 ms", steady["p99"] <= 10),
        Row("one connection, p50", f"{single['p50']:.2f} ms"),
        Row("one connection, p99", f"{single['p99']:.2f} ms", "≤ 2 ms", single["p99"] <= 2),
    ]


def small_store(folder: Path) -> float:
    """µs per message in a store of a thousand patients (two thousand at the end of the load): the median of short
    loads, each on a fresh store whose processes have done their first messages."""
    costs = []
    for number in range(STORES):
        with Gateway(folder / f"small{number}") as gateway:
            load(gateway.mllp[1], count=SMALL, seed=1, events="A28", patients=SMALL)
            load(gateway.mllp[1], count=4 * SMALL, seed=1, events="A31", patients=SMALL)
            costs.append(_cost(gateway.mllp[1], seed=20 + number))
            gateway.stop()
    return middle(costs)


def endurance(folder: Path, patients: int) -> list[Row]:
    """Fill a store, one message for each patient; compare its cost with a small store's, and memory on the way."""
    first = small_store(folder)
    step = max(5_000, patients // 20)
    memory: list[dict[str, float]] = []
    # Imported here: that module measures with this one's generator.
    from tests.bench.bench_outward import by_ins
    from tests.bench.bench_pages import pages

    with Gateway(folder / "endurance") as gateway:
        port = gateway.mllp[1]
        gateway.run("sender", "add", "GAM-SIMU", "CH-VALMONT")
        for number in range(max(4, patients // step)):
            figures = load(port, count=step, seed=100 + number, events="A28")
            memory.append(resident(gateway))
            _progress((number + 1) * step, figures["rate"], memory[-1])
        last = middle([_cost(port, seed=40 + number) for number in range(STORES)])
        found = [by_ins(gateway, seed=40), *pages(gateway)]
        gateway.stop()
    filled = len(memory) * step
    return [
        Row(f"cost per message, store of {SMALL:,} to {2 * SMALL:,} patients", f"{first:.0f} µs"),
        Row(f"cost per message, store of {filled:,} patients", f"{last:.0f} µs"),
        Row("growth of the cost", f"{last / first:.2f} ×", "≤ 1.3 ×", last / first <= 1.3),
        *(_flat(role, memory) for role in ("listener", "writer")),
        *found,
    ]


def _cost(port: int, seed: int) -> float:
    """µs per message of ordinary traffic: creations and qualifications, too few to change the size of the store."""
    return 1e6 / load(port, count=SHORT, seed=seed)["rate"]


def _flat(role: str, memory: list[dict[str, float]]) -> Row:
    begin, end = memory[len(memory) // 4][role], memory[-1][role]
    name = f"memory of the {role}, at a quarter and at the end"
    # 4 MiB for a process so small that a tenth of it is less than one more page of the allocator.
    return Row(name, f"{begin:.0f} → {end:.0f} MiB", "flat (+ 10 % at most)", end <= begin * 1.1 + 4)


def _progress(patients: int, rate: float, memory: dict[str, float]) -> None:
    shown = ", ".join(f"{role} {size:.0f} MiB" for role, size in sorted(memory.items()))
    print(f"  {patients:>9,} patients: {rate:,.0f}/s, {shown}", file=sys.stderr, flush=True)


def main() -> int:
    """Print the tables; exit 1 when a target is missed."""
    patients = int(os.environ.get("ECLUSE_BENCH_PATIENTS", "1000000"))
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        rows = throughput(folder, rounds=5, count=30_000) + latency(folder) + endurance(folder, patients)
    title = f"MLLP, end to end · {machine()}"
    return show(title, rows, f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
