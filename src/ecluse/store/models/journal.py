"""The journal, the identities folded from it, and who sends."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from ecluse.store.clustered import RowNumberField


class Meta(models.Model):
    """Facts about this store itself: `environment`, `installation`, `created`."""

    name = models.CharField(max_length=40, primary_key=True)
    value = models.TextField()


class Domain(models.Model):
    """An identification domain.

    authorities: JSON list of OIDs or names, or null when any authority is accepted; own: False for a domain of
    others, whose INS wait for a verification by INSi (guide d'implémentation INS, rule 54).
    """

    id = models.IntegerField(primary_key=True)
    name = models.CharField(max_length=200, unique=True)
    oid = models.CharField(max_length=200, blank=True)
    authorities = models.BinaryField(null=True)
    own = models.BooleanField(default=True)


class Sender(models.Model):
    """An application that sends messages (MSH-3 / MSH-4 on a listener), and how far it is trusted.

    status: `to_confirm`, `confirmed` or `refused`; policy: `tolerant` or `strict`; certificates: SHA-256 fingerprints
    of the client certificates it must present (hexadecimal, sorted, between spaces), or empty; zone: IANA name of the
    zone of its times, or empty for that of the listener.
    """

    id = models.IntegerField(primary_key=True)
    listener = models.CharField(max_length=80)
    application = models.TextField()
    facility = models.TextField()
    domain = models.ForeignKey(Domain, on_delete=models.PROTECT)
    status = models.CharField(max_length=12)
    policy = models.CharField(max_length=12)
    first_seen = models.BigIntegerField()
    certificates = models.TextField(blank=True, default="")
    zone = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["listener", "application", "facility"], name="one_sender_per_listener"
            ),
        ]


class JournalEntry(models.Model):
    """One line of the journal, chained: `digest` covers this line and the digest of the line before.

    kind: `message`, `duplicate`, `unreadable`, `ack` (an acknowledgement received), `act` (an operator's act);
    answer: MSA-1 sent, or empty; code: table 0357 of the refusal, or empty; content: SHA-256 of the bytes received;
    result: SHA-256 of the answer, the findings and the events; details: JSON (listener, peer, charset, profile…).
    """

    seq = RowNumberField(primary_key=True)
    at = models.BigIntegerField()
    kind = models.CharField(max_length=12)
    domain_id = models.IntegerField()
    sender_id = models.IntegerField(null=True)
    control_id = models.TextField()
    event = models.CharField(max_length=12)
    answer = models.CharField(max_length=2)
    code = models.CharField(max_length=4)
    content = models.BinaryField(max_length=32)
    result = models.BinaryField(max_length=32)
    details = models.BinaryField()
    digest = models.BinaryField(max_length=32)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["sender_id", "control_id"], name="journal_control_id")]


class RawMessage(models.Model):
    """Bytes of a journal line: received, answered, and findings as JSON. May be purged; the digests stay."""

    seq = RowNumberField(primary_key=True)
    received = models.BinaryField()
    answered = models.BinaryField()
    findings = models.BinaryField()


class StoredEvent(models.Model):
    """One identity event. id = journal seq × 4096 + rank in the message, so a message's events are one range."""

    id = RowNumberField(primary_key=True)
    domain_id = models.IntegerField()
    patient = models.CharField(max_length=40, db_index=True)
    type = models.CharField(max_length=40)
    version = models.SmallIntegerField()
    at = models.BigIntegerField()
    data = models.BinaryField()


class PatientState(models.Model):
    """Current state of a patient (JSON array of its fields): the fold of its events, rebuilt at will from them."""

    id = models.CharField(max_length=40, primary_key=True)
    domain_id = models.IntegerField()
    version = models.IntegerField()
    merged_into = models.CharField(max_length=40)
    state = models.BinaryField()


class PatientKey(models.Model):
    """Matching key of a patient in its domain (local identifier, current or superseded INS)."""

    pk = models.CompositePrimaryKey("domain_id", "key", "patient")
    domain_id = models.IntegerField()
    key = models.TextField()
    patient = models.CharField(max_length=40)


class IdentifierLink(models.Model):
    """A link between two identifiers (A24), as a sorted pair of matching keys."""

    pk = models.CompositePrimaryKey("domain_id", "a", "b")
    domain_id = models.IntegerField()
    a = models.TextField()
    b = models.TextField(db_index=True)
