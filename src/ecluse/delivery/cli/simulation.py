"""What a simulator produced is labelled wherever it is shown (design: honesty rules)."""

from __future__ import annotations

from ecluse.delivery.cli import output
from ecluse.delivery.cli.language import t


def label() -> None:
    """On stderr, beside the answer of a command: the store that was just opened holds invented people."""
    from ecluse.services.queries.simulation import simulated

    if simulated():
        output.note(
            t(
                "SIMULATION : un simulateur a rempli ce magasin ; personnes et messages sont inventés.",
                "SIMULATION: a simulator filled this store; people and messages are invented.",
            )
        )
