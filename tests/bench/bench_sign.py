"""How many tokens a key of the house signs in a second on one core, beside openssl on the same key size.

Run: `python -m tests.bench.bench_sign [seconds]`. Both sides sign in turn within each round, so that a change of the
machine's speed touches both; the figure is the median of the rounds. Exit code 1: the target was missed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from time import perf_counter, process_time

from ecluse.protocols.x509 import read_certificate
from ecluse.protocols.x509.keys import LoadedKey
from tests.bench.table import Row, machine, middle, show
from tests.pki_kit import TestPki

ROUNDS = 5
SECONDS = 1
WANTED = 1000
"""Signatures a second on one core, of a key that is parsed once."""
TOKEN = b"<saml2:Assertion/>" * 120
"""About the size of a VIHF whose digest is signed."""


def rate(act: Callable[[bytes], object], seconds: float) -> float:
    """Times a second of processor that `act` runs, measured over so many seconds."""
    count, start, until = 0, process_time(), perf_counter() + seconds
    while perf_counter() < until:
        for _ in range(20):
            act(TOKEN)
        count += 20
    return count / (process_time() - start)


def openssl_rate(seconds: int) -> float:
    """Signatures a second that `openssl speed rsa2048` says, on one core."""
    command = ["openssl", "speed", "-seconds", str(seconds), "rsa2048"]
    written = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"^rsa\s+2048 bits\s+\S+\s+\S+\s+([0-9.]+)", written, re.MULTILINE)
    if found is None:
        raise SystemExit(f"openssl speed says nothing of rsa2048:\n{written}")
    return float(found[1])


def measure(seconds: int = SECONDS, rounds: int = ROUNDS) -> tuple[list[float], list[float], float]:
    """Rates of the loaded key and of openssl by round, and the seconds that parsing a key takes."""
    held = TestPki.make().sign()
    certificate, key = read_certificate(held.der), held.key_der
    start = process_time()
    signer = LoadedKey(key, certificate)
    parsing = process_time() - start
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(rate(signer.sign, seconds))
        theirs.append(openssl_rate(seconds))
    return ours, theirs, parsing


def main(seconds: int = SECONDS) -> int:
    """Measure and print; the exit code."""
    start = perf_counter()
    ours, theirs, parsing = measure(seconds)
    figure, peer = middle(ours), middle(theirs)
    share = middle([one / other for one, other in zip(ours, theirs, strict=True)])
    rows = [
        Row("LoadedKey.sign, RSA 2048, SHA-256", f"{figure:,.0f} /s", f"≥ {WANTED:,} /s", figure >= WANTED),
        Row("openssl speed rsa2048", f"{peer:,.0f} /s"),
        Row("LoadedKey beside openssl", f"{share:.2f}"),
        Row("Parsing the key, once", f"{parsing * 1000:.0f} ms"),
    ]
    took = f"{perf_counter() - start:.0f} s, {ROUNDS} rounds, one core: {machine()}"
    return show("Signatures", rows, took)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
