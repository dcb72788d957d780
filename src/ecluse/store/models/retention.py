"""What was purged, when, by whom and behind which signed checkpoint."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Purge(models.Model):
    """A tombstone: the bytes of a category, from one line of the journal to another, are no longer kept.

    The chained line `seq` of the journal is the proof, says the same and who asked; readers look into this table.

    category: `messages` or `unreadable`; first, last: lines of the journal, both included; count: lines whose bytes
    went; size: bytes they took; events: digest of the events of these lines (see `store.purging`); checkpoint: SHA-256
    of the signed checkpoint that covers them, which the act carries.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.BigIntegerField()
    category = models.CharField(max_length=12)
    first = models.BigIntegerField()
    last = models.BigIntegerField()
    count = models.IntegerField()
    size = models.BigIntegerField()
    events = models.BinaryField(max_length=32)
    checkpoint = models.BinaryField(max_length=32)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["category", "last"], name="purge_place")]
