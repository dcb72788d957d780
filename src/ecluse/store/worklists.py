"""The indexes behind the worklists of people, emptied when the states they are drawn from are rebuilt."""

from __future__ import annotations

STAYS, SUSPECTS = "open stays", "suspects"
"""Names of their positions in the store (table of facts)."""

EMPTY_WORKLISTS = (
    "DELETE FROM store_openstay",
    "DELETE FROM store_unitcount",
    "DELETE FROM store_suspectmember",
    "DELETE FROM store_suspectgroup",
    "DELETE FROM store_stricttraits",
    f"DELETE FROM store_meta WHERE name IN ('{STAYS}', '{SUSPECTS}')",
)
"""After these, the indexes follow everything again from the first event; what people wrote stays."""
