"""The tables of grouped refusals, emptied so that their index reads the journal from its first line again."""

from __future__ import annotations

POSITION = "refusals"
"""Name of the index among the readers of the journal (`models.outbox.Position`)."""

# The group of each line stays: once its findings are purged, nothing else tells it.
EMPTY_REFUSALS = (
    "DELETE FROM store_refusalgroup",
    "DELETE FROM store_refusalday",
    "DELETE FROM store_refusalstep",
    "DELETE FROM store_sendertally",
    f"DELETE FROM store_position WHERE name = '{POSITION}'",
)
"""Statements of one transaction."""
