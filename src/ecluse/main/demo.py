"""`ecluse demo`: a hospital's simulated day through a real gateway, shown live, then told.

Everything sent is *simulation*: invented people, the national test authority, a store of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import selectors
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.text import Text

from ecluse.delivery.cli.errors import CannotRun
from ecluse.delivery.cli.language import t
from ecluse.main.demo_certificates import DemoPki, fill, prepare, served, show_certificates
from ecluse.main.demo_next import show_commands, show_requests
from ecluse.main.demo_people import Codes, Ready, make_people, show_people
from ecluse.main.demo_story import tell
from ecluse.main.demo_view import DayView
from ecluse.simulators.hospital import SENDERS, Manners, Outgoing, Summary, day, faults, play

SEED = 2026
PATIENTS = 60
RATE = 60.0
"""Messages per second shown live; `--once` sends as fast as the answers come."""
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A gateway started for the demonstration."""

    process: subprocess.Popen[str]
    host: str
    port: int
    http: str


def run_demo(data: Path | None, *, browser: bool, once: bool) -> int:
    """Play the demonstration; returns the exit code: 0 only if every answer was the expected one.

    :param data: data folder; None: a new temporary one.
    :param browser: open the console; once: end after the story instead of staying up.
    :raises CannotRun: when the gateway does not start.
    """
    console = Console(stderr=True, highlight=False)
    folder = data or Path(tempfile.mkdtemp(prefix="ecluse-demo-"))
    console.rule(t("[bold]Écluse · démonstration (simulation)", "[bold]Écluse · demonstration (simulation)"))
    console.print(
        t(
            "Tout ce qui suit est une simulation : hôpital simulé, personnes inventées, autorité INS de test.",
            "All that follows is a simulation: simulated hospital, invented people, INS test authority.",
        )
    )
    console.print(
        Text.assemble(t("Dossier de données : ", "Data folder: "), (str(folder), "bold")), soft_wrap=True
    )
    signal.signal(signal.SIGTERM, _leave)
    pki = prepare(folder)
    with served(pki):
        return _play(folder, pki, console, browser=browser, once=once)


def _play(folder: Path, pki: DemoPki | None, console: Console, *, browser: bool, once: bool) -> int:
    gateway = start_gateway(folder)
    try:
        label(folder)
        declare_senders(folder)
        declare_places(folder)
        fill(folder, pki)
        summary = asyncio.run(send_day(gateway, console, rate=None if once else RATE))
        story = tell(folder, summary, console)
        show_commands(folder, story, SEED, "" if once else f"{gateway.host}:{gateway.port}", console)
        show_certificates(folder, pki, console, stays=not once)
        people = make_people(folder)
        if not once:
            show_requests(folder, story, f"http://{gateway.http}", console)
            show_people(people, console)
            remain(gateway, console, browser, people)
    finally:
        stop_gateway(gateway)
        tell_where_it_is(folder, console)
    return 0 if story.as_expected else 1


def tell_where_it_is(folder: Path, console: Console) -> None:
    """Say what stays on the disk, and how to remove it."""
    line = f"rm -r {shlex.quote(str(folder))}"
    console.print(
        Text(
            t(
                f"Tout est resté dans {folder} ; pour l’effacer : ",
                f"All of it stays in {folder}; to remove it: ",
            )
        )
        + Text(line, "bold"),
        soft_wrap=True,
    )


def _leave(number: int, frame: FrameType | None) -> None:
    """On SIGTERM, end as any exit does: the gateway that was started stops too."""
    sys.exit(128 + number)


def start_gateway(folder: Path) -> Running:
    """Start `ecluse serve` on free ports, in the test environment.

    :raises CannotRun: when it does not start, with the last line of its log (`demo.log` in the folder).
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = folder / "demo.log"
    with log.open("w") as technical:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "ecluse", "serve", "--data", str(folder),
                "--mllp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--env", "test",
            ],
            stdout=subprocess.PIPE, stderr=technical, text=True, start_new_session=True,
        )  # fmt: skip
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if selector.select(START_SECONDS) else ""
    parts = dict(one.split("=", 1) for one in line.split()[1:])
    if not line.startswith("ready ") or set(parts) != {"mllp", "http"}:
        process.kill()
        process.wait()
        why = log.read_text().strip().split("\n")[-1].removeprefix("ecluse: ") or "?"
        raise CannotRun(f"la passerelle n’a pas démarré : {why}", f"the gateway did not start: {why}")
    host, _, port = parts["mllp"].rpartition(":")
    return Running(process, host, int(port), parts["http"])


def label(folder: Path) -> None:
    """Record in the store, before anything is sent to it, that what it holds is a simulation."""
    from ecluse.main.assembly import turn
    from ecluse.main.configuration import load
    from ecluse.main.django_setup import set_up

    configuration = load(folder, serving=False)
    set_up(configuration)

    from ecluse.services.mark_simulation import mark_simulation

    mark_simulation(turn(configuration), "demo")


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
            raise CannotRun(result.text_fr, result.text_en)


def declare_places(folder: Path) -> None:
    """Declare the invented hospital, its site, and the domain they share. Those of an earlier demonstration stay."""
    from ecluse.main.acting import act

    where = str(folder)
    made = act(where, "establishment.add", {"name": "CH de Valmont", "finess": "990000010"})
    if not made.done:
        return
    place = made.data["id"]
    site = {"establishment": place, "name": "Valmont Nord", "finess": "990000028", "zone": "Europe/Paris"}
    act(where, "site.add", site)

    from ecluse.services.queries.settings import domains

    for one in domains():
        if one.name == "CH de Valmont":
            kept = {
                "id": one.id,
                "oid": one.oid,
                "authorities": list(one.authorities or ()),
                "foreign": one.foreign,
            }
            act(where, "domain.edit", {**kept, "establishments": [place]})


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


def remain(gateway: Running, console: Console, browser: bool, people: tuple[Ready, ...]) -> None:
    """Leave the gateway running until Ctrl-C."""
    address = f"http://{gateway.http}/"
    console.print()
    console.print(
        t(
            "[bold]La passerelle reste ouverte.[/] Console : ",
            "[bold]The gateway stays open.[/] Console: ",
        )
        + f"[link={address}]{address}[/]"
    )
    console.print(t("Ctrl-C pour arrêter.", "Ctrl-C to stop."))
    if browser:
        with contextlib.suppress(webbrowser.Error):
            webbrowser.open(address)
    with contextlib.suppress(KeyboardInterrupt), Codes(people, console) as codes:
        while gateway.process.poll() is None:
            codes.follow()
            time.sleep(0.5)


def stop_gateway(gateway: Running) -> None:
    """Stop the gateway; what it received is kept."""
    if gateway.process.poll() is None:
        gateway.process.send_signal(signal.SIGTERM)
        gateway.process.wait(15)
