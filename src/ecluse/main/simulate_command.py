"""`ecluse simulate`: one simulator alone, against any address."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from ecluse.delivery.cli import options, output
from ecluse.delivery.cli.language import language, t
from ecluse.delivery.cli.tools import tools
from ecluse.main.simulate_pki import pki

if TYPE_CHECKING:
    from ecluse.simulators.hospital import Answer, Outgoing, Summary


@click.group(
    short_help=t("Lancer un simulateur seul.", "Run one simulator alone."),
    help=t(
        "Lancer un simulateur seul ; tout ce qu’il envoie est une simulation.",
        "Run one simulator alone; all it sends is a simulation.",
    ),
    epilog=options.examples(
        "ecluse simulate hospital",
        "ecluse simulate hospital --faults --to 10.0.0.5:2575",
        "ecluse simulate pki --folder /tmp/igc",
    ),
)
def simulate() -> None:
    """Group of the simulators."""


simulate.add_command(pki)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What the hospital sends."""

    seed: int
    patients: int
    faults: bool
    load: int | None
    stays: bool


@simulate.command(
    short_help=t("Jouer la journée d’un hôpital.", "Play the day of a hospital."),
    help=t(
        "Jouer la journée d’un hôpital (trois émetteurs, des personnes inventées, leurs séjours), ou le catalogue des "
        "défauts du terrain "
        "(--faults), ou N messages conformes distincts (--load N). La même graine donne les mêmes octets. "
        "Code de sortie 1 : "
        "une réponse inattendue. "
        "Les émetteurs, à déclarer avant pour que leurs INS servent : GAM-SIMU CH-VALMONT et DPI-SIMU CHV-SOINS, du "
        "même domaine ; LGC-SIMU CABINET-TILLEULS, d’un domaine à lui (voir les exemples).",
        "Play the day of a hospital (three senders, invented people, their stays), or the catalogue of real-world "
        "faults "
        "(--faults), or N "
        "distinct conforming messages (--load N). The same seed gives the same bytes. Exit code 1: an "
        "unexpected answer. The senders, to be declared first so that their INS are usable: GAM-SIMU CH-VALMONT and "
        "DPI-SIMU CHV-SOINS, of one domain; LGC-SIMU CABINET-TILLEULS, of a domain of its own (see the examples).",
    ),
    epilog=options.examples(
        "ecluse sender add GAM-SIMU CH-VALMONT",
        "ecluse sender add DPI-SIMU CHV-SOINS",
        "ecluse sender add LGC-SIMU CABINET-TILLEULS --domain cabinet --domain-oid 1.2.250.1.999.3.1",
        "ecluse simulate hospital --patients 200 --rate 20",
        "ecluse simulate hospital --no-stays",
        "ecluse simulate hospital --faults --show",
        "ecluse simulate hospital --load 100000 --connections 50 --format json",
    ),
)
@options.data
@options.output
@click.option(
    "--to",
    default="127.0.0.1:2575",
    show_default=True,
    metavar="HOST:PORT",
    help=t("Destinataire.", "Receiver."),
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help=t("Graine.", "Seed."))
@click.option(
    "--patients",
    type=click.IntRange(1),
    default=60,
    show_default=True,
    help=t("Histoires racontées.", "Stories told."),
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    help=t(
        "Messages par seconde (à défaut : au rythme des réponses).",
        "Messages per second (default: as answers come).",
    ),
)
@click.option(
    "--connections",
    type=click.IntRange(1, 1000),
    help=t("Connexions (à défaut : une par émetteur).", "Connections (default: one per sender)."),
)
@click.option("--faults", is_flag=True, help=t("Le catalogue des défauts.", "The catalogue of faults."))
@click.option(
    "--load",
    type=click.IntRange(1),
    metavar="N",
    help=t("N messages conformes distincts.", "N distinct conforming messages."),
)
@click.option(
    "--stays/--no-stays",
    default=True,
    show_default=True,
    help=t(
        "La journée avec les séjours (ITI-31) ; les identités (ITI-30) sont les mêmes sans.",
        "The day with its stays (ITI-31); the identities (ITI-30) are the same without.",
    ),
)
@click.option(
    "--show",
    is_flag=True,
    help=t("Montrer chaque message et sa réponse.", "Show every message and its answer."),
)
def hospital(
    data: str | None, form: str, to: str, seed: int, patients: int, rate: float | None, connections: int | None,
    faults: bool, load: int | None, stays: bool, show: bool,
) -> None:  # fmt: skip
    """Play traffic and tell what was answered."""
    from ecluse.simulators.hospital import Manners

    if faults and load:
        raise click.UsageError(t("--faults et --load s’excluent.", "--faults and --load exclude each other."))
    host, port = options.address(to, "--to")
    tools().connect(host, port, None, 5.0).close()  # nobody there: one line now rather than retries
    traffic = Traffic(seed, patients, faults, load, stays)
    summary = _play(traffic, host, port, Manners(rate=rate, connections=connections), show)
    if form == "json":
        output.document(_document(summary))
    else:
        _print(summary)
    raise click.exceptions.Exit(1 if summary.unexpected_count else 0)


def _messages(traffic: Traffic) -> Iterator[Outgoing]:
    from ecluse.simulators import hospital

    if traffic.faults:
        return hospital.faults(traffic.seed)
    if traffic.load is not None:
        return hospital.load(traffic.seed, traffic.load)
    return hospital.day(traffic.seed, traffic.patients, stays=traffic.stays)


def _play(traffic: Traffic, host: str, port: int, manners: object, show: bool) -> Summary:
    from ecluse.simulators.hospital import Manners, play

    assert isinstance(manners, Manners)
    total = traffic.load or sum(1 for _ in _messages(traffic))
    count = itertools.count(1)
    with output.progress(t("Simulation", "Simulation")) as tell:

        def follow(answer: Answer) -> None:
            tell(next(count), total)
            if show:
                output.note(_line(answer))

        return asyncio.run(play(_messages(traffic), host, port, manners=manners, progress=follow))


def _line(answer: Answer) -> str:
    message = answer.message
    mark = " " if answer.expected else "!"
    sentence = message.note_fr if language() == "fr" else message.note_en
    errors = f" — {'; '.join(answer.errors)}" if answer.errors else ""
    return f"{mark} {answer.code:<4} {message.event} {message.control_id}  {sentence}{errors}"


def _document(summary: Summary) -> dict[str, object]:
    latency = summary.latency
    return {
        "simulation": True,
        "sent": summary.sent,
        "seconds": round(summary.seconds, 3),
        "rate": round(summary.rate, 1),
        "codes": dict(summary.codes),
        "retries": summary.retries,
        "latency_ms": {name: round(value, 3) for name, value in latency._asdict().items()},
        "unexpected": [
            {
                "control_id": one.message.control_id,
                "event": one.message.event,
                "fault": one.message.fault,
                "ack": one.code,
                "expected": one.message.expectation,
                "errors": list(one.errors),
            }
            for one in summary.unexpected
        ],
        "unexpected_count": summary.unexpected_count,
    }


def _print(summary: Summary) -> None:
    table = output.table(t("Événement", "Event"), t("Réponse", "Answer"), t("Messages", "Messages"))
    for (event, code), count in sorted(summary.events.items()):
        table.add_row(event, output.chip(code), str(count))
    output.console().print(table)
    for one in summary.unexpected[:20]:
        output.say(_line(one))
    latency = summary.latency
    output.say(
        t(
            f"Simulation : {summary.sent} messages en {summary.seconds:.1f} s ({summary.rate:.0f}/s), p50 "
            f"{latency.p50:.1f} ms, "
            f"p99 {latency.p99:.1f} ms, {summary.unexpected_count} réponse(s) inattendue(s).",
            f"Simulation: {summary.sent} messages in {summary.seconds:.1f} s ({summary.rate:.0f}/s), p50 "
            f"{latency.p50:.1f} ms, "
            f"p99 {latency.p99:.1f} ms, {summary.unexpected_count} unexpected answer(s).",
        )
    )
