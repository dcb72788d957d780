"""Where things are sent: subscribers, what waits for them, and what was shared with whom."""

from __future__ import annotations

from django.db import models


class Subscriber(models.Model):
    """Somebody who is told: a webhook (events) or a relay (HL7 messages over MLLP).

    target: URL or HOST:PORT; secret: sealed key of a webhook, or null; options: JSON (see
    `services.deliveries.subscribers.Options`); status: `active`, `paused` or `gone`, with its `reason`; position: all
    of its feed up to there is delivered or in PendingDelivery; revision: changes with every act, so that the deliverer
    reads again; failures and until: its circuit breaker; answered: last sign of life (µs), or 0.
    """

    id = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=10)
    domain_id = models.IntegerField(null=True)
    target = models.TextField()
    secret = models.BinaryField(null=True)
    options = models.BinaryField()
    status = models.CharField(max_length=10)
    reason = models.TextField(blank=True)
    created = models.BigIntegerField()
    position = models.BigIntegerField()
    revision = models.IntegerField(default=0)
    failures = models.IntegerField(default=0)
    until = models.BigIntegerField(default=0)
    answered = models.BigIntegerField(default=0)


class PendingDelivery(models.Model):
    """Something offered to a subscriber and not delivered yet (see `rules.delivery.Item`). keys: JSON list."""

    pk = models.CompositePrimaryKey("subscriber", "position")
    subscriber = models.CharField(max_length=40)
    position = models.BigIntegerField()
    keys = models.BinaryField()
    attempts = models.IntegerField()
    next_at = models.BigIntegerField()
    since = models.BigIntegerField()
    parked = models.BooleanField()
    reason = models.TextField()


class Delivered(models.Model):
    """What was shared about a patient with a subscriber, in sum: whom to tell when an INS proves wrong.

    name: of the subscriber, kept after it is removed; first_at, last_at, position: first and last time, last place of
    the feed; deliveries: times it was told; ins_sent, ins_at: times an INS left, last time (or 0); withheld: times it
    was kept back (guide d'implémentation INS, rule 28); dropped: times something was given up instead.
    """

    pk = models.CompositePrimaryKey("subscriber", "patient")
    subscriber = models.CharField(max_length=40)
    patient = models.CharField(max_length=40, db_index=True)
    name = models.CharField(max_length=200)
    first_at = models.BigIntegerField()
    last_at = models.BigIntegerField()
    position = models.BigIntegerField()
    deliveries = models.BigIntegerField()
    ins_sent = models.BigIntegerField()
    ins_at = models.BigIntegerField()
    withheld = models.BigIntegerField()
    dropped = models.BigIntegerField()
