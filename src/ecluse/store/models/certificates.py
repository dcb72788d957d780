"""Certificates of the establishments: sealed keys, what each is used for, authorities, lists of revocation, alarms.

A private key is PKCS#8 (DER) under AES-256-GCM with a data key of its own, itself sealed by the master key
(`services.certificates.key_vault`); or it stays in a PKCS#11 token and only its name is here. Times: µs since 1970 in
UTC; dates: AAAA-MM-JJ; JSON columns hold UTF-8 bytes.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from ecluse.store.models.access import Establishment


class PrivateKey(models.Model):
    """A private key. public: SHA-256 of its public part (SubjectPublicKeyInfo, DER), in hexadecimal; kind, bits: `rsa`,
    2048; origin: `made` here, `imported` or `token`; sealed: ciphertext, null for a token; wrapped: its data key under
    the master key; token: PKCS#11 URI (RFC 7512), without PIN, or empty.
    """

    id = models.CharField(max_length=20, primary_key=True)
    public = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=10)
    bits = models.IntegerField()
    origin = models.CharField(max_length=10)
    sealed = models.BinaryField(null=True)
    wrapped = models.BinaryField(null=True)
    token = models.CharField(max_length=500, blank=True)
    made = models.BigIntegerField()
    by = models.CharField(max_length=80)


class HeldCertificate(models.Model):
    """A certificate of an establishment, as it was judged. chain: its issuers, PEM one after the other; family,
    environment, structure, service: as `rules.certificates.describe` says; usable_until: end of the private-key usage
    period when it is sooner than not_after; state: `held`, `revoked` or `retired`; checked…: last examination of its
    revocation (`good`, `revoked`, `unknown`), or empty.
    """

    fingerprint = models.CharField(max_length=64, primary_key=True)
    der = models.BinaryField()
    chain = models.BinaryField(default=b"")
    key = models.ForeignKey(PrivateKey, on_delete=models.PROTECT, null=True)
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT)
    family = models.CharField(max_length=30)
    environment = models.CharField(max_length=20)
    structure = models.CharField(max_length=40, blank=True)
    service = models.CharField(max_length=200, blank=True)
    subject = models.TextField()
    issuer = models.TextField()
    serial = models.CharField(max_length=64)
    not_before = models.BigIntegerField()
    not_after = models.BigIntegerField(db_index=True)
    usable_until = models.BigIntegerField()
    state = models.CharField(max_length=10)
    imported = models.BigIntegerField()
    imported_by = models.CharField(max_length=80)
    checked = models.BigIntegerField(null=True)
    checked_status = models.CharField(max_length=10, blank=True)
    checked_fr = models.TextField(blank=True)
    checked_en = models.TextField(blank=True)


class CertificateRequest(models.Model):
    """A request (PKCS#10, PEM) whose key waits here for its certificate. use: the slot it is meant for; state:
    `pending`, `answered` or `dropped`; certificate: the one that answered it, or null.
    """

    id = models.CharField(max_length=20, primary_key=True)
    key = models.ForeignKey(PrivateKey, on_delete=models.PROTECT)
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT)
    use = models.CharField(max_length=30)
    subject = models.TextField()
    content = models.TextField()
    made = models.BigIntegerField()
    by = models.CharField(max_length=80)
    state = models.CharField(max_length=10)
    certificate = models.ForeignKey(HeldCertificate, on_delete=models.PROTECT, null=True)


class CertificateSlot(models.Model):
    """What an establishment uses a certificate for: the current one, the next one (to be rotated in), the previous one
    (to go back to). since: of the current one; revision: changes with every act, so that a signer is read again.
    """

    pk = models.CompositePrimaryKey("establishment_id", "use")
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT)
    use = models.CharField(max_length=30)
    current = models.ForeignKey(HeldCertificate, on_delete=models.PROTECT, null=True, related_name="+")
    next = models.ForeignKey(HeldCertificate, on_delete=models.PROTECT, null=True, related_name="+")
    previous = models.ForeignKey(HeldCertificate, on_delete=models.PROTECT, null=True, related_name="+")
    since = models.BigIntegerField()
    revision = models.IntegerField(default=0)


class CertificateRevocation(models.Model):
    """A certificate that must not serve any more. source: `operator`, `crl` or `ocsp`; at: when it was revoked, as far
    as is known; recorded, by: who wrote it here, when; stopped: JSON list of the uses it was taken from.
    """

    certificate = models.OneToOneField(HeldCertificate, on_delete=models.PROTECT, primary_key=True)
    source = models.CharField(max_length=10)
    reason = models.CharField(max_length=40)
    note = models.CharField(max_length=500, blank=True)
    at = models.BigIntegerField()
    recorded = models.BigIntegerField()
    by = models.CharField(max_length=80)
    stopped = models.BinaryField(default=b"[]")


class CertificateAuthority(models.Model):
    """An authority of one trust store; the same one may be in several. origin: `published` (its fingerprint is in the
    data of this release) or `declared` (an operator typed it); anchor: it trusts itself, paths end there.
    """

    id = models.BigAutoField(primary_key=True)
    store = models.CharField(max_length=30)
    fingerprint = models.CharField(max_length=64)
    der = models.BinaryField()
    subject = models.TextField()
    anchor = models.BooleanField()
    not_after = models.BigIntegerField()
    origin = models.CharField(max_length=10)
    added = models.BigIntegerField()
    added_by = models.CharField(max_length=80)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "fingerprint"], name="one_authority_per_store"),
        ]


class CrlKept(models.Model):
    """The last good list of revocation of an address. next_update: 0 when it says none; tried: last attempt; failing
    since: first failure after the last success, or 0; error: of the last attempt, or empty.
    """

    address = models.CharField(max_length=500, primary_key=True)
    issuer = models.TextField(blank=True)
    der = models.BinaryField(default=b"")
    number = models.CharField(max_length=64, blank=True)
    this_update = models.BigIntegerField(default=0)
    next_update = models.BigIntegerField(default=0)
    fetched = models.BigIntegerField(default=0)
    tried = models.BigIntegerField(default=0)
    failing_since = models.BigIntegerField(default=0)
    error_fr = models.TextField(blank=True)
    error_en = models.TextField(blank=True)


class Procedure(models.Model):
    """The way of an establishment to its certificates; what it is comes from its steps. state: of the last step, to
    list them (`rules.certificates.procedure_model.State`); closed: null while it is followed.
    """

    id = models.CharField(max_length=20, primary_key=True)
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT)
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=40)
    revision = models.IntegerField(default=0)
    opened = models.BigIntegerField()
    opened_by = models.CharField(max_length=80)
    closed = models.BigIntegerField(null=True)


class ProcedureStep(models.Model):
    """Something that happened on that way. number: from 1, without a gap; event: JSON, the fields of
    `rules.certificates.procedure_model.Event`.
    """

    pk = models.CompositePrimaryKey("procedure_id", "number")
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT)
    number = models.IntegerField()
    event = models.BinaryField()
    note = models.CharField(max_length=1000, blank=True)
    at = models.BigIntegerField()
    by = models.CharField(max_length=80)


class ProcedureDocument(models.Model):
    """A document attached to a procedure: a file of the data folder named after its content
    (`services.certificates.documents`). form: `contrat`, `101`, `301`, `413`, `502`, or empty; on: its date, or empty.
    """

    id = models.BigAutoField(primary_key=True)
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT)
    form = models.CharField(max_length=20, blank=True)
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.IntegerField()
    on = models.CharField(max_length=10, blank=True)
    added = models.BigIntegerField()
    added_by = models.CharField(max_length=80)


class ProfessionalCard(models.Model):
    """A card of somebody of an establishment. kind: `CDE`, `CPS`, `CPE`, `CDA`…; number: printed on it; expires:
    AAAA-MM-JJ; retired: given back, lost or replaced since, or null.
    """

    id = models.CharField(max_length=20, primary_key=True)
    establishment = models.ForeignKey(Establishment, on_delete=models.PROTECT)
    kind = models.CharField(max_length=10)
    holder = models.CharField(max_length=200)
    number = models.CharField(max_length=40)
    expires = models.CharField(max_length=10)
    retired = models.BigIntegerField(null=True)


class CertificateAlarm(models.Model):
    """An alarm that was given: what about (`certificate:FINGERPRINT`, `card:ID`, `authority:…`, `crl:ADDRESS`,
    `mailbox:…`, `listener:NAME`), at which threshold (days, or 0), which end it told, by which way (`console`, `mail`,
    `webhook`).

    An end that changes (renewal) makes new alarms. error: why it could not be given that way, or empty; seen: a person
    dealt with it, or null.
    """

    id = models.BigAutoField(primary_key=True)
    about = models.CharField(max_length=600)
    way = models.CharField(max_length=20)
    threshold = models.IntegerField()
    ends = models.BigIntegerField()
    level = models.CharField(max_length=10)
    text_fr = models.TextField()
    text_en = models.TextField()
    at = models.BigIntegerField(db_index=True)
    target = models.CharField(max_length=254, blank=True)
    error = models.TextField(blank=True)
    seen = models.BigIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["about", "way", "threshold", "ends", "target"], name="one_certificate_alarm"
            ),
        ]
