"""Kill a gateway under load, again and again, and check that nothing acknowledged is lost or done twice.

`make test` kills 10 times, `make crash` 500 times: `python -m tests.e2e.crash [KILLS] [SEED]`. The seed chooses the
traffic and the victims; it is printed, and ECLUSE_CRASH_SEED sets it. With ECLUSE_DATABASE_URL (an empty PostgreSQL
database), the gateway that is killed keeps its data there.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from ecluse.simulators.hospital import SENDERS as HOSPITAL
from tests.e2e.crash_checks import check
from tests.e2e.crash_traffic import Sender, Sent, Work, play_again
from tests.e2e.gateway import Gateway

SENDERS = 6
VICTIMS = ("all", "writer", "listener", "supervisor")
SERVING_SECONDS = 60.0
LEAVING_SECONDS = 30.0
"""Children whose supervisor was killed leave by themselves; until then the data folder is theirs."""


def chosen_seed() -> int:
    """ECLUSE_CRASH_SEED, else another at each run."""
    given = os.environ.get("ECLUSE_CRASH_SEED")
    return int(given) if given else random.SystemRandom().randrange(1_000_000)


def crash(kills: int, seed: int, folder: Path) -> dict[str, int]:
    """Kill `kills` times under load, then check; returns what was counted.

    :raises AssertionError: when an acknowledged message is missing or done twice, when a patient is not what its
        messages make of it, when the journal does not verify.
    """
    victims: Counter[str] = Counter()
    with Gateway(folder / "killed") as gateway:
        trust(gateway)
        acknowledged = under_fire(gateway, kills, seed, victims)
        assert gateway.stop() == 0, gateway.log[-2000:]
    reference = Gateway(folder / "reference")
    reference.env.pop("ECLUSE_DATABASE_URL", None)
    with reference:
        trust(reference)
        play_again(acknowledged, reference.mllp)
        assert reference.stop() == 0, reference.log[-2000:]
    counted = check(gateway, reference, list(itertools.chain(*acknowledged)))
    return {**counted, **{f"killed {name}": count for name, count in sorted(victims.items())}}


def trust(gateway: Gateway) -> None:
    """Declare the three senders of the hospital."""
    for sender in HOSPITAL.values():
        gateway.run("sender", "add", sender.application, sender.facility)


def under_fire(gateway: Gateway, kills: int, seed: int, victims: Counter[str]) -> list[list[Sent]]:
    """Load a gateway and kill it, each victim in turn, at random moments; what each sender had acknowledged."""
    rng = random.Random(seed)
    stop, work = threading.Event(), Work(seed)
    senders = [Sender(number, gateway.mllp, work, stop) for number in range(SENDERS)]
    for sender in senders:
        sender.start()
    order: list[str] = []
    for number in range(1, kills + 1):
        order = order or rng.sample(VICTIMS, len(VICTIMS))
        # One kill in five comes while the gateway may still be recovering from the one before.
        if rng.random() < 0.8:
            wait_for_answers(senders, rng.randint(10, 150))
        time.sleep(rng.uniform(0.0, 0.2))
        victims[kill(gateway, order.pop())] += 1
        if number % 50 == 0:
            print(f"  {number} kills", file=sys.stderr, flush=True)
    wait_for_answers(senders, 100)
    stop.set()
    for sender in senders:
        sender.join(60)
    odd = [one for sender in senders for one in sender.odd]
    assert not odd, odd[:3]
    assert not any(sender.is_alive() for sender in senders), (
        f"no answer any more; log:\n{gateway.log[-3000:]}"
    )
    return [sender.acknowledged for sender in senders]


def wait_for_answers(senders: list[Sender], more: int) -> None:
    """Wait until so many more messages are acknowledged: a kill of an idle gateway proves little.

    :raises AssertionError: when a gateway that is left alone does not serve again.
    """
    wanted = sum(len(sender.acknowledged) for sender in senders) + more
    end = time.monotonic() + SERVING_SECONDS
    while sum(len(sender.acknowledged) for sender in senders) < wanted:
        if any(sender.odd for sender in senders):
            return
        assert time.monotonic() < end, f"no {more} answers in {SERVING_SECONDS:.0f} s"
        time.sleep(0.005)


def kill(gateway: Gateway, victim: str) -> str:
    """SIGKILL to all processes at once, to the supervisor alone (then start again), or to one child."""
    if victim == "all":
        gateway.kill_all()
        gateway.start(LEAVING_SECONDS)
    elif victim == "supervisor":
        gateway.kill_supervisor()
        gateway.start(LEAVING_SECONDS)
    else:
        end = time.monotonic() + LEAVING_SECONDS
        while (pid := gateway.children().get(victim)) is None:
            assert time.monotonic() < end, f"the {victim} does not come back; log:\n{gateway.log[-3000:]}"
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
    return victim


def main(kills: int = 500, seed: int | None = None) -> None:
    """Kill, check, and say what was counted."""
    seed = chosen_seed() if seed is None else seed
    print(f"{kills} kills, seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        began = time.monotonic()
        result = crash(kills, seed, Path(temporary))
    print(
        f"done in {time.monotonic() - began:.0f} s: {', '.join(f'{count} {name}' for name, count in result.items())}"
    )
    print("every acknowledged message is there once, no effect was applied twice, the journal verifies;")
    print("rebuild, a run without kills of the same messages, and what the senders know give the same state")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
