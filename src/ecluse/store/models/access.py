"""Who may ask, for what, and what they were shown: tokens, establishments, sites, inclusion lists, access trail."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from ecluse.store.models.journal import Domain


class Establishment(models.Model):
    """A legal entity. finess: its number in FINESS (entité juridique), or empty."""

    id = models.IntegerField(primary_key=True)
    name = models.CharField(max_length=200, unique=True)
    finess = models.CharField(max_length=20, blank=True)


class Site(models.Model):
    """A geographic entity of an establishment. finess: entité géographique, or empty; zone: IANA time zone."""

    id = models.IntegerField(primary_key=True)
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)
    finess = models.CharField(max_length=20, blank=True)
    zone = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["establishment", "name"], name="one_site_per_name"),
        ]


class DomainEstablishment(models.Model):
    """Which establishments share an identification domain (n–n)."""

    pk = models.CompositePrimaryKey("domain_id", "establishment_id")
    domain = models.ForeignKey(Domain, on_delete=models.PROTECT)
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT)


class InclusionList(models.Model):
    """The patients that a device or a service follows, and outside of whom its tokens see nobody."""

    id = models.CharField(max_length=16, primary_key=True)
    name = models.CharField(max_length=200, unique=True)
    domain = models.ForeignKey(Domain, on_delete=models.PROTECT)
    created = models.BigIntegerField()


class Inclusion(models.Model):
    """A patient of an inclusion list: included since, or excluded since; one row for each, the last word kept.

    purge: what was delivered for this list about this patient is to be purged (asked with the exclusion).
    """

    pk = models.CompositePrimaryKey("list_id", "patient")
    list = models.ForeignKey(InclusionList, on_delete=models.PROTECT)
    patient = models.CharField(max_length=40)
    included = models.BooleanField()
    since = models.BigIntegerField()
    purge = models.BooleanField(default=False)


class Token(models.Model):
    """A key of the API. Only the digest of its secret is kept.

    digest: SHA-256 of the secret; scopes: names apart by a space; domain, inclusion: what it is bound to, or null;
    certificate: SHA-256 of the client certificate (DER) it is bound to, in hexadecimal, or empty.
    """

    id = models.CharField(max_length=16, primary_key=True)
    name = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32)
    scopes = models.TextField()
    domain = models.ForeignKey(Domain, on_delete=models.PROTECT, null=True)
    inclusion = models.ForeignKey(InclusionList, on_delete=models.PROTECT, null=True)
    certificate = models.CharField(max_length=64, blank=True)
    created = models.BigIntegerField()
    expires = models.BigIntegerField(null=True)
    revoked = models.BigIntegerField(null=True)
    last_used = models.BigIntegerField(null=True)


class AccessLine(models.Model):
    """One patient shown to one caller, written before the answer left; patient is empty when nobody was found.

    caller: `token:ID`, or the account of a person; on_behalf_of: as the caller declared it; action: what was done
    (`patient.read`); detail: more on it, never a value that names a person.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.BigIntegerField()
    caller = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    on_behalf_of = models.CharField(max_length=200)
    action = models.CharField(max_length=60)
    patient = models.CharField(max_length=40)
    detail = models.CharField(max_length=200)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["patient", "id"], name="access_patient"),
            models.Index(fields=["caller", "id"], name="access_caller"),
            models.Index(fields=["action", "id"], name="access_action"),
            models.Index(fields=["caller", "action", "id"], name="access_caller_action"),
        ]


class IdempotencyRecord(models.Model):
    """A POST sent with an Idempotency-Key, known again for a day; status 0 while its answer is worked out.

    No answer is kept, since it would outlive the right to see it: headers and body are empty.
    """

    pk = models.CompositePrimaryKey("token", "key")
    token = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    request = models.BinaryField(max_length=32)
    at = models.BigIntegerField(db_index=True)
    status = models.IntegerField()
    headers = models.BinaryField()
    body = models.BinaryField()


class PatientBirth(models.Model):
    """Who was ever known with a birth date (AAAAMMJJ): the way into the search by traits. Rows are only added."""

    pk = models.CompositePrimaryKey("date", "patient")
    date = models.CharField(max_length=8)
    patient = models.CharField(max_length=40)
