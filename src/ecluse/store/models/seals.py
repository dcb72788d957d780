"""What ties the access trail to the chained journal, and the way into the acts of the journal."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class TrailSeal(models.Model):
    """A run of lines of the access trail, sealed: the chained line `seq` of the journal is the proof and says the same.

    first, last: ids of the lines, both included, each id in one seal alone; count: lines there are between them;
    digest: see `store.sealing`; oldest, newest: times of its lines; purged: line of the journal that purged them, or
    null.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.BigIntegerField()
    first = models.BigIntegerField()
    last = models.BigIntegerField(unique=True)
    count = models.IntegerField()
    digest = models.BinaryField(max_length=32)
    oldest = models.BigIntegerField()
    newest = models.BigIntegerField()
    purged = models.BigIntegerField(null=True, db_index=True)


class ActLine(models.Model):
    """An act of the journal (its line `seq`), to be found by who did it, what it was and when.

    Only a way in: what is shown of an act is read from its chained line. Seals of the access trail are not here.
    """

    seq = models.BigIntegerField(primary_key=True)
    at = models.BigIntegerField(db_index=True)
    operator = models.CharField(max_length=80)
    act = models.CharField(max_length=60)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["operator", "at"], name="act_operator"),
            models.Index(fields=["act", "at"], name="act_name"),
            models.Index(fields=["operator", "act", "at"], name="act_operator_name"),
        ]


class ActPatient(models.Model):
    """A patient that an act was about."""

    pk = models.CompositePrimaryKey("patient", "seq")
    patient = models.CharField(max_length=40)
    seq = models.BigIntegerField()
