"""What is kept: one module per subject; migrations and reading go through these models.

The writer's hot path uses plain SQL on the same tables (see `ecluse.store.ledger`), because it inserts a few rows per
message, thousands of times per second. Times are integers: microseconds since 1970 in UTC. JSON columns hold UTF-8
bytes.
"""

from __future__ import annotations

from ecluse.store.models import (
    access,
    accounts,
    certificates,
    deliveries,
    directory,
    figures,
    habilitations,
    outbox,
    refusals,
    retention,
    reviews,
    seals,
    stays,
)
from ecluse.store.models.journal import (
    Domain,
    IdentifierLink,
    JournalEntry,
    Meta,
    PatientKey,
    PatientState,
    RawMessage,
    Sender,
    StoredEvent,
)

__all__ = [
    "Domain",
    "IdentifierLink",
    "JournalEntry",
    "Meta",
    "PatientKey",
    "PatientState",
    "RawMessage",
    "Sender",
    "StoredEvent",
    "access",
    "accounts",
    "certificates",
    "deliveries",
    "directory",
    "figures",
    "habilitations",
    "outbox",
    "refusals",
    "retention",
    "reviews",
    "seals",
    "stays",
]
