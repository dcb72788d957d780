"""How fast a message is parsed, validated and read, beside python-hl7 that only parses it.

Run: `python tests/bench/bench_validate.py [count]`. Every message is distinct: names, numbers, dates, matricules.
"""

from __future__ import annotations

import gc
import itertools
import random
import sys
from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

import hl7

from ecluse.protocols.hl7 import Message
from ecluse.protocols.pam import read, validate

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


class Timing(NamedTuple):
    """What one side did: its name, µs per message (best round), what it does not do."""

    name: str
    microseconds: float
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
        rf"MSH|^~\&|GAM|CHU-ESSAI|DPI|CHU-ESSAI|{moment}||ADT^A28^ADT_A05|{number}|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR",
        f"EVN||{moment}||||{moment}",
        f"PID|1||{number:07d}^^^{authority}^PI~{matricule}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO^INS||"
        f"{family}^{given[0]}^{' '.join(given)}^^^^L~{used}^{given[0]}^^^^^D||{year}{month:02d}{day:02d}|{'MF'[sex - 1]}"
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


def _time(action: Callable[[bytes], object], raws: list[bytes], rounds: int) -> float:
    """Best µs per message over some rounds."""
    best = float("inf")
    for _ in range(rounds):
        gc.collect()
        start = perf_counter()
        for raw in raws:
            action(raw)
        best = min(best, (perf_counter() - start) / len(raws) * 1e6)
    return best


def measure(count: int = 5000, rounds: int = 3) -> list[Timing]:
    """Time each side on the same distinct messages."""
    raws = messages(count)
    texts = dict(zip(raws, (raw.decode() for raw in raws), strict=True))
    if len(texts) != count or any(validate(Message.parse(raw)).findings for raw in raws[:200]):
        raise AssertionError("the messages of the benchmark are to be distinct and clean")
    return [
        Timing(
            "python-hl7: hl7.parse", _time(lambda raw: hl7.parse(texts[raw]), raws, 1), "decode, validate"
        ),
        Timing("Message.parse", _time(Message.parse, raws, rounds), "validate"),
        Timing(
            "Message.parse + pam.validate", _time(lambda raw: validate(Message.parse(raw)), raws, rounds), "-"
        ),
        Timing(
            "Message.parse + pam.read", _time(lambda raw: read(Message.parse(raw)), raws, rounds), "validate"
        ),
        Timing("Message.parse + pam.validate + pam.read", _time(_all, raws, rounds), "-"),
    ]


def _all(raw: bytes) -> object:
    message = Message.parse(raw)
    return validate(message), read(message)


def main(count: int = 5000) -> None:
    """Print the table."""
    sizes = [len(raw) for raw in itertools.islice(messages(count), 200)]
    timings = measure(count)
    print(f"{count} distinct A28 messages, {sum(sizes) // len(sizes)} bytes on average, one core")
    print(f"{'':42} {'µs/message':>10} {'ratio':>7}   does not")
    for timing in timings:
        ratio = timings[0].microseconds / timing.microseconds
        print(f"{timing.name:42} {timing.microseconds:10.1f} {ratio:7.1f}   {timing.leaves_out}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
