"""How fast a message is parsed, validated and read, beside python-hl7 that only parses it.

Run: `python -m tests.bench.bench_validate [count]`. Every message is distinct: names, numbers, dates, matricules.
Every side reads the same messages the same number of rounds, in turn, so that a change of the machine's speed touches
all; a ratio is the median of the ratios of each round. Exit code 1: a target was missed.
"""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable
from time import perf_counter, process_time
from typing import NamedTuple

import hl7

from ecluse.protocols.hl7 import Message
from ecluse.protocols.pam import read, validate
from tests.bench.table import Row, machine, middle, show

ROUNDS = 5
COUNT = 4000

_FAMILIES = (
    "MOULINVERT",
    "BOISCLAIR",
    "D'ARTEMIEUX",
    "LE GOUAREC",
    "PETITJEAN",
    "SAINT-AMOUR",
    "FONTVIEILLE",
)
_GIVEN = ("JEANNE", "MARIE-ODILE", "PAUL", "CECILE", "ANATOLE", "LOU", "MAHAUT", "YVES")
_STREETS = ("rue des Tanneurs", "avenue du Canal", "impasse de l'Écluse", "quai des Péniches")
_CITIES = (("PARIS", "75007", "75107"), ("LYON", "69003", "69383"), ("AJACCIO", "20000", "2A004"))


class Side(NamedTuple):
    """One thing that is measured: its name, what it does with the bytes of a message, what it leaves out."""

    name: str
    act: Callable[[bytes], object]
    leaves_out: str


def messages(count: int, seed: int = 1) -> list[bytes]:
    """Distinct A28 of about 900 bytes, clean in release 2.11, in UTF-8."""
    source = random.Random(seed)
    return [_message(number, source) for number in range(1, count + 1)]


def _message(number: int, source: random.Random) -> bytes:
    city, post, commune = source.choice(_CITIES)
    year, month, day = source.randint(1930, 2019), source.randint(1, 12), source.randint(1, 28)
    sex = source.randint(1, 2)
    matricule = f"{sex}{year % 100:02d}{month:02d}{commune}{source.randint(1, 999):03d}"
    number_only = int(matricule.replace("2A", "19").replace("2B", "18"))
    matricule += f"{97 - number_only % 97:02d}"
    family, used = source.sample(_FAMILIES, 2)
    given = source.sample(_GIVEN, 3)
    street = f"{source.randint(1, 99)} {source.choice(_STREETS)}"
    phone = source.randint(100000000, 799999999)
    moment = f"2024{source.randint(1, 12):02d}{source.randint(1, 28):02d}{source.randint(0, 23):02d}1542"
    authority = "CHU-ESSAI&1.2.250.1.999.7&ISO"
    rpps = f"8{source.randint(10000000000, 10999999999)}"
    lines = (
        rf"MSH|^~\&|GAM|CHU-ESSAI|DPI|CHU-ESSAI|{moment}||ADT^A28^ADT_A05|{number}|P|2.5^FRA^2.11"
        "|||||FRA|UNICODE UTF-8|FR",
        f"EVN||{moment}||||{moment}",
        f"PID|1||{number:07d}^^^{authority}^PI~{matricule}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO^INS||"
        f"{family}^{given[0]}^{' '.join(given)}^^^^L~{used}^{given[0]}^^^^^D||"
        f"{year}{month:02d}{day:02d}|{'MF'[sex - 1]}"
        f"|||{street}^^{city}^^{post}^FRA^H~^^{city}^^^FRA^BDL^^{commune}||^PRN^PH^^^^^^^^^0{phone}"
        f"~^PRN^CP^^^^^^^^^06{phone % 10**8:08d}||FR|M||||||||||FRA||||N||VALI|{moment}",
        "PD1||U||||||||||N",
        f"ROL||UC|ODRP|{rpps}^CLAIRVAL^Isabelle^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^L^^^RPPS",
        f"NK1|1|{used}^{given[1]}^^^^^L|SPO||^PRN^PH^^^^^^^^^0{phone}||C{'|' * 26}{number}^^^{authority}^PN",
        "PV1||N",
        f"ZFA|ACTIF|{moment}|||||||INO|{moment}|IC|{moment}",
        f"ZFD||||N|INSI|{moment}|CN",
    )
    return "".join(line + "\r" for line in lines).encode()


def _peer(raw: bytes) -> object:
    return hl7.parse(raw.decode())


def _checked(raw: bytes) -> object:
    return validate(Message.parse(raw))


def _facts(raw: bytes) -> object:
    return read(Message.parse(raw))


def _all(raw: bytes) -> object:
    message = Message.parse(raw)
    return validate(message), read(message)


SIDES = (
    Side("python-hl7: decode, hl7.parse", _peer, "validation, facts"),
    Side("Message.parse + pam.validate", _checked, "facts"),
    Side("Message.parse", Message.parse, "decoding (lazy), validation, facts"),
    Side("Message.parse + pam.read", _facts, "validation"),
    Side("Message.parse + pam.validate + pam.read", _all, "nothing"),
)
"""The first is the peer, the second what a target is set for."""


def measure(raws: list[bytes], rounds: int = ROUNDS) -> list[list[float]]:
    """µs per message of each side, by round; the sides in turn within a round."""
    times: list[list[float]] = [[] for _ in SIDES]
    for _ in range(rounds):
        for side, mine in zip(SIDES, times, strict=True):
            mine.append(_time(side.act, raws))
    return times


def _time(act: Callable[[bytes], object], raws: list[bytes]) -> float:
    """µs of processor time per message. Results are let go at once; collections count, as they would in a program."""
    gc.collect()
    start = process_time()
    for raw in raws:
        act(raw)
    return (process_time() - start) / len(raws) * 1e6


def rows(times: list[list[float]]) -> list[Row]:
    """Figures: the median time of each side, and the median of the ratios with the peer, round by round."""
    found = [
        Row(f"{side.name}; does not: {side.leaves_out}", f"{middle(mine):.1f} µs")
        for side, mine in zip(SIDES, times, strict=True)
    ]
    ratio = middle([peer / ours for peer, ours in zip(times[0], times[1], strict=True)])
    whole = middle([peer / ours for peer, ours in zip(times[0], times[-1], strict=True)])
    return [
        *found,
        Row("python-hl7 / (parse + validate)", f"{ratio:.1f} ×", "≥ 12 ×, aim 25 ×", ratio >= 12),
        Row("python-hl7 / (parse + validate + read)", f"{whole:.1f} ×"),
    ]


def main(count: int = COUNT) -> int:
    """Print the table; exit 1 when a target is missed."""
    began = perf_counter()
    raws = messages(count)
    if len(set(raws)) != count or any(validate(Message.parse(raw)).findings for raw in raws[:200]):
        raise AssertionError("the messages of the benchmark are to be distinct and clean")
    measure(raws[:200], 1)
    size = sum(map(len, raws)) // count
    title = f"Parse and validate, one core, {count:,} distinct A28 of {size} bytes, {ROUNDS} rounds each · {machine()}"
    return show(title, rows(measure(raws)), f"{perf_counter() - began:.0f} s")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT))
