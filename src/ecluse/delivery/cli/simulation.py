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
                "SIMULATION : ce magasin a été rempli par « ecluse demo » ; personnes et messages sont inventés.",
                "SIMULATION: this store was filled by “ecluse demo”; people and messages are invented.",
            )
        )
