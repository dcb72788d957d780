"""Worklists of people: stays whose patient may still be asked, patients that may be one person, what was said of them.

OpenStay, StrictTraits, SuspectGroup and SuspectMember are indexes, filled again at will from the events; the writer
does nothing for them. SuspectReview and LeafletText are what people wrote, by acts that the journal keeps too.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class OpenStay(models.Model):
    """A stay that is expected or present, and what is known of the choices on the DMP for it.

    patient: the one it belongs to now; unit, label: functional unit, number: of the stay (PV1-19), room: each may be
    empty; expected: 1 when the patient has not come yet, else 0; since: admission, or when it is expected (µs); until:
    when it leaves the list by itself (µs), or 0; feeding, consultation: codes of ZFA-9 and ZFA-11 that hold for it, or
    empty; missing: 1 when one of them is, else 0 (numbers, because SQLite takes no index for a mere truth).
    """

    stay = models.CharField(max_length=40, primary_key=True)
    domain_id = models.IntegerField()
    patient = models.CharField(max_length=40, db_index=True)
    unit = models.CharField(max_length=200)
    label = models.CharField(max_length=200)
    number = models.CharField(max_length=80)
    room = models.CharField(max_length=80)
    expected = models.SmallIntegerField()
    since = models.BigIntegerField()
    until = models.BigIntegerField()
    feeding = models.CharField(max_length=4)
    consultation = models.CharField(max_length=4)
    missing = models.SmallIntegerField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["missing", "expected", "since", "stay"], name="open_stay_missing"),
            models.Index(fields=["domain_id", "unit", "missing", "expected", "since"], name="open_stay_unit"),
            models.Index(fields=["until"], name="open_stay_until"),
        ]


class UnitCount(models.Model):
    """How many open stays of a unit are alike, kept with `OpenStay`: units are counted without reading their stays."""

    pk = models.CompositePrimaryKey("domain_id", "unit", "label", "expected", "feeding", "consultation")
    domain_id = models.IntegerField()
    unit = models.CharField(max_length=200)
    label = models.CharField(max_length=200)
    expected = models.SmallIntegerField()
    feeding = models.CharField(max_length=4)
    consultation = models.CharField(max_length=4)
    stays = models.IntegerField()


class StrictTraits(models.Model):
    """Who was ever known with these traits (digest): the way to those who may be one person. Rows are only added."""

    pk = models.CompositePrimaryKey("key", "patient")
    key = models.CharField(max_length=32)
    patient = models.CharField(max_length=40)


class SuspectGroup(models.Model):
    """Patients that share what one person alone has.

    kind: `collision` (one INS, traits that differ), `duplicate` (one INS, traits that agree) or `traits` (the same
    strict traits); digest: of what they share; found: since when (µs); seen: digest of the members as they are now;
    looked: 1 when a person looked at them as they are now, else 0.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=12)
    digest = models.CharField(max_length=32, unique=True)
    domain_id = models.IntegerField()
    found = models.BigIntegerField()
    size = models.IntegerField()
    seen = models.CharField(max_length=32)
    looked = models.SmallIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["looked", "id"], name="suspect_looked")]


class SuspectMember(models.Model):
    """A patient of a group."""

    pk = models.CompositePrimaryKey("group_id", "patient")
    group = models.ForeignKey(SuspectGroup, on_delete=models.CASCADE)
    patient = models.CharField(max_length=40, db_index=True)


class SuspectReview(models.Model):
    """What a person concluded of a group, as its members were (`seen`). by: operator; verdict: see `acts.reviews`."""

    id = models.BigAutoField(primary_key=True)
    digest = models.CharField(max_length=32, db_index=True)
    seen = models.CharField(max_length=32)
    at = models.BigIntegerField()
    by = models.CharField(max_length=80)
    verdict = models.CharField(max_length=12)
    note = models.TextField()


class LeafletText(models.Model):
    """A part of the information leaflet that the establishment writes itself. name: see `acts.leaflet`."""

    name = models.CharField(max_length=40, primary_key=True)
    text = models.TextField()
