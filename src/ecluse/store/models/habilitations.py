"""Who may do what by profession and unit: the habilitation matrix of each establishment, its versions and reviews.

A version holds the whole matrix (JSON list of `rules.habilitation.Line`): one row tells what was in force on a day.
Times: µs since 1970; dates: AAAA-MM-JJ.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from ecluse.store.models.access import Establishment


class HabilitationVersion(models.Model):
    """The matrix of an establishment since a moment, until the next version. by: `user:ID` or another operator;
    review: id of the review that made it, or null."""

    id = models.IntegerField(primary_key=True)
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT)
    number = models.IntegerField()
    at = models.BigIntegerField()
    by = models.CharField(max_length=80)
    reason = models.CharField(max_length=500)
    lines = models.BinaryField()
    review = models.IntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["establishment", "number"], name="one_habilitation_version"),
        ]


class HabilitationReview(models.Model):
    """A review of a version of the matrix, line by line. due: when it should be closed; closed: null while it is open;
    next_due: when the following one should be closed, set at the close."""

    id = models.IntegerField(primary_key=True)
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT)
    version = models.ForeignKey(HabilitationVersion, on_delete=models.PROTECT)
    opened = models.BigIntegerField()
    opened_by = models.CharField(max_length=80)
    due = models.CharField(max_length=10)
    closed = models.BigIntegerField(null=True)
    closed_by = models.CharField(max_length=80, blank=True)
    next_due = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["establishment"], condition=models.Q(closed=None), name="one_open_habilitation_review"
            ),
        ]


class HabilitationDecision(models.Model):
    """What a review says of one line. rank: of the line in the version; decision: `keep`, `change` or `remove`;
    replacement: the line that takes its place (JSON), or empty."""

    pk = models.CompositePrimaryKey("review_id", "rank")
    review = models.ForeignKey(HabilitationReview, on_delete=models.PROTECT)
    rank = models.IntegerField()
    decision = models.CharField(max_length=10)
    note = models.CharField(max_length=500, blank=True)
    replacement = models.BinaryField(default=b"")
    at = models.BigIntegerField()
    by = models.CharField(max_length=80)
