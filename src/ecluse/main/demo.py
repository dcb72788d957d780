"""`ecluse demo`: a hospital's simulated day through a real gateway, shown live, then told.

Everything sent is *simulation*: invented people, the national test authority, a store of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import selectors
import signal
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ecluse.main.demo_story import tell
from ecluse.main.demo_view import DayView
from ecluse.simulators.hospital import SENDERS, Manners, Outgoing, Summary, day, faults, play

SEED = 2026
PATIENTS = 60
RATE = 120.0
"""Messages per second shown live; `--once` sends as fast as the answers come."""
START_SECONDS = 60.0


class DemoError(Exception):
    """The demonstration cannot run; the message says why."""


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway started for the demonstration."""

    process: subprocess.Popen[str]
    host: str
    port: int
    http: str


def run_demo(data: Path | None, *, browser: bool, once: bool) -> int:
    """Play the demonstration; returns the exit code.

    :param data: data folder; None: a new temporary one.
    :param browser: open the status page; once: end after the story instead of staying up.
    :raises DemoError: when the gateway does not start.
    """
    console = Console(stderr=True)
    folder = data or Path(tempfile.mkdtemp(prefix="ecluse-demo-"))
    console.rule("[bold]Écluse · démonstration (simulation)")
    console.print(f"Dossier de données : [bold]{folder}[/] ; personnes inventées, autorité INS de test.\n")
    gateway = start_gateway(folder)
    try:
        declare_senders(folder)
        summary = asyncio.run(send_day(gateway, console, rate=None if once else RATE))
        done = tell(folder, summary, console)
        if once:
            return 0 if done else 1
        stay(gateway, folder, console, browser)
    finally:
        stop_gateway(gateway)
    return 0


def start_gateway(folder: Path) -> Running:
    """Start `ecluse serve` on free ports, in the test environment."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "ecluse", "serve", "--data", str(folder),
            "--mllp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--env", "test",
        ],
        stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if selector.select(START_SECONDS) else ""
    parts = dict(one.split("=", 1) for one in line.split()[1:])
    if not line.startswith("ready ") or set(parts) != {"mllp", "http"}:
        process.kill()
        raise DemoError("the gateway did not start; its log is above")
    host, _, port = parts["mllp"].rpartition(":")
    return Running(process, host, int(port), parts["http"])


def declare_senders(folder: Path) -> None:
    """Declare the three simulated senders, the general practitioner's in a domain of its own."""
    from ecluse.main.acting import act

    for sender in SENDERS.values():
        wanted = {
            "application": sender.application,
            "facility": sender.facility,
            "domain": "Cabinet des Tilleuls" if sender.id == "lgc" else "CH de Valmont",
            "domain_oid": sender.authority.oid,
            "authorities": [sender.authority.oid, sender.authority.name],
        }
        result = act(str(folder), "sender.add", wanted)
        if not result.done:
            raise DemoError(result.text_en)


def traffic() -> Iterator[Outgoing]:
    """The day, then one of each fault met in real life."""
    return itertools.chain(day(SEED, PATIENTS), faults(SEED))


async def send_day(gateway: Running, console: Console, rate: float | None) -> Summary:
    """Send the day over the real socket, shown live."""
    messages = list(traffic())
    with DayView(console, len(messages)) as view:
        return await play(
            messages,
            gateway.host,
            gateway.port,
            manners=Manners(rate=rate, silence=0.5),
            progress=view.answered,
        )


def stay(gateway: Running, folder: Path, console: Console, browser: bool) -> None:
    """Leave the gateway running until Ctrl-C, and say what to try."""
    address = f"{gateway.host}:{gateway.port}"
    console.print("\n[bold]La passerelle reste ouverte.[/] À essayer dans un autre terminal :")
    for line in (
        f"ecluse patients list --data {folder}",
        f"ecluse journal list --answer AE --data {folder}",
        f"ecluse send --to {address} MESSAGE.hl7",
        "ecluse validate MESSAGE.hl7",
        f"ecluse journal verify --data {folder}",
    ):
        console.print(f"  [cyan]{line}[/]", soft_wrap=True)
    console.print(
        f"Page d’état : [link=http://{gateway.http}/]http://{gateway.http}/[/] · Ctrl-C pour arrêter."
    )
    if browser:
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(f"http://{gateway.http}/")
    with contextlib.suppress(KeyboardInterrupt):
        while gateway.process.poll() is None:
            time.sleep(0.5)


def stop_gateway(gateway: Running) -> None:
    """Stop the gateway; what it received is kept."""
    if gateway.process.poll() is None:
        gateway.process.send_signal(signal.SIGTERM)
        gateway.process.wait(15)
