"""Stays and their situation: the fold of their events."""

from __future__ import annotations

from django.db import models


class StayState(models.Model):
    """Current state of a stay (JSON): the fold of its events, rebuilt at will from them.

    patient: the one the stay was received for, who may have been merged since.
    """

    id = models.CharField(max_length=40, primary_key=True)
    domain_id = models.IntegerField()
    patient = models.CharField(max_length=40, db_index=True)
    version = models.IntegerField()
    state = models.BinaryField()


class StayKey(models.Model):
    """A number of a stay in its domain (visit, account, pre-admission) or the identifier of one of its movements."""

    pk = models.CompositePrimaryKey("domain_id", "key", "stay")
    domain_id = models.IntegerField()
    key = models.TextField()
    stay = models.CharField(max_length=40)
