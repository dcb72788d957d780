"""What was refused, gathered by rule and sender, and how much each sender sends: a projection of the journal.

Nothing here speaks of a person: rules, senders, places, counts, and what the people on call wrote about a group. One
reader of the journal fills these tables (see `services.index_refusals`); they may be filled again from it.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from ecluse.store.clustered import RowNumberField


class RefusalGroup(models.Model):
    """What one sender was refused for one rule.

    id: sender and rule (`3.PAM-PID-5-U`), the same after a rebuild; sender: 0 when no sender could be told; location:
    HL7 path of the last refusal; since: refusals since it was resolved; muted_until: µs since 1970, 0: not muted;
    resolved: line of the act that resolved it, 0: not resolved.
    """

    id = models.CharField(max_length=80, primary_key=True)
    sender = models.IntegerField()
    rule = models.CharField(max_length=60)
    location = models.CharField(max_length=60)
    count = models.BigIntegerField()
    first_seq = models.BigIntegerField()
    first_at = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    last_at = models.BigIntegerField()
    owner = models.CharField(max_length=120, blank=True, default="")
    note = models.TextField(blank=True, default="")
    muted_until = models.BigIntegerField(default=0)
    resolved = models.BigIntegerField(default=0)
    resolved_at = models.BigIntegerField(default=0)
    since = models.BigIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["last_seq"], name="refusal_group_last"),
            models.Index(fields=["rule", "last_seq"], name="refusal_group_rule"),
        ]


class RefusedLine(models.Model):
    """The group of a refused line of the journal; stays when the bytes of the line are purged."""

    seq = RowNumberField(primary_key=True)
    group = models.CharField(max_length=80)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["group", "seq"], name="refused_line_group")]


class RefusalDay(models.Model):
    """Refusals of a group in one day of UTC. day: days since 1970."""

    pk = models.CompositePrimaryKey("group", "day")
    group = models.CharField(max_length=80)
    day = models.IntegerField()
    count = models.BigIntegerField()


class RefusalStep(models.Model):
    """Something that happened to a group. seq: line of the journal; kind: the verb of an act (`assign`, `note`, `mute`,
    `resolve`, `reopen`), `first` for the first refusal, `again` for the first one after it was resolved.
    """

    pk = models.CompositePrimaryKey("group", "seq")
    group = models.CharField(max_length=80)
    seq = models.BigIntegerField()
    at = models.BigIntegerField()
    kind = models.CharField(max_length=12)
    by = models.CharField(max_length=80)
    text = models.TextField()


class SenderTally(models.Model):
    """What a sender sent so far: lines by answer, and the last one. silent: lines that got no answer."""

    sender = models.IntegerField(primary_key=True)
    accepted = models.BigIntegerField()
    refused = models.BigIntegerField()
    rejected = models.BigIntegerField()
    silent = models.BigIntegerField()
    last_seq = models.BigIntegerField()
    last_at = models.BigIntegerField()
