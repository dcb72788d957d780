"""What is told outside: the event feed and how far each reader of the journal is."""

from __future__ import annotations

from django.db import models


class OutwardEvent(models.Model):
    """One event told outside, in the order of `cursor`, which has no gap until old events are purged.

    line: journal line it comes from; other: second patient it concerns (merge, link), or empty; version: number of the
    event among those of its patient, from 1; at: time of the journal line; published: when it was told; data: minimal
    content (JSON), see docs/evenements.md.
    """

    cursor = models.BigIntegerField(primary_key=True)
    line = models.BigIntegerField()
    patient = models.CharField(max_length=40)
    other = models.CharField(max_length=40)
    domain_id = models.IntegerField()
    type = models.CharField(max_length=40)
    version = models.IntegerField()
    at = models.BigIntegerField()
    published = models.BigIntegerField()
    data = models.BinaryField()


class PublishedPatient(models.Model):
    """What was told of a patient so far (`rules.outward.Told`).

    folded: version of the patient after the last journal line told; version: number of its last outward event.
    """

    id = models.CharField(max_length=40, primary_key=True)
    domain_id = models.IntegerField()
    folded = models.IntegerField()
    version = models.IntegerField()
    ins = models.TextField()
    usable = models.BooleanField()
    merged_into = models.CharField(max_length=40)


class PublishedLink(models.Model):
    """A link between two identifiers (A24) as of the last journal line told, once from each side (matching keys)."""

    pk = models.CompositePrimaryKey("domain_id", "key", "other")
    domain_id = models.IntegerField()
    key = models.TextField()
    other = models.TextField()


class Position(models.Model):
    """How far a reader of the journal is, as JSON (see the module that keeps it)."""

    name = models.CharField(max_length=80, primary_key=True)
    value = models.TextField()
