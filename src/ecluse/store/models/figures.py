"""What is counted day after day, so that what changes can be looked at: numbers alone, nothing of a person.

The worker writes these rows from what the store says at that moment (see `services.figures`); days before the first
count are worked out from the journal and the events.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class DailyFigure(models.Model):
    """One number of one day in one domain.

    day: days since 1970, in UTC; domain_id: 0 for what belongs to no domain; name: what is counted, as
    `services.figures` names it (`identities.qualifiee`, `messages.AE`…); value: how many, at the last count of that day
    for what lasts (identities), over the whole day for what passes (messages).
    """

    pk = models.CompositePrimaryKey("day", "domain_id", "name")
    day = models.IntegerField()
    domain_id = models.IntegerField()
    name = models.CharField(max_length=40)
    value = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["name", "day"], name="daily_figure_name")]
