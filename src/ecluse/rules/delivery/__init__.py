"""How what is told outside is delivered: at least once, in order per patient, without one reader slowing another."""

from __future__ import annotations

from ecluse.rules.delivery.breaker import Breaker
from ecluse.rules.delivery.queue import Changes, Item, Outcome, Queue, Verdict
from ecluse.rules.delivery.schedule import PARK_AFTER, delay

__all__ = ["PARK_AFTER", "Breaker", "Changes", "Item", "Outcome", "Queue", "Verdict", "delay"]
