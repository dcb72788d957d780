"""The local copy of the Annuaire Santé: extracts, each complete in itself, and what was last known of an RPPS.

Rows of an extract carry its number, so that a new one is written beside the one that is read. Tables are clustered on
their keys (`store.clustered`), which also removes the doubles of the file. Times: µs since 1970; dates: as published.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class DirectoryExtract(models.Model):
    """One import. published: `AAAAMMJJhhmm` of the file's name, or empty; digest: SHA-256 of the file read; touched:
    last batch; state: `loading`, `ready`, `current`, `former` or `leaving`; odd: lines that could not be read; fictive:
    the extract of the package, whose people do not exist.
    """

    id = models.IntegerField(primary_key=True)
    name = models.CharField(max_length=200)
    published = models.CharField(max_length=12, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    fictive = models.BooleanField(default=False)
    state = models.CharField(max_length=10)
    began = models.BigIntegerField()
    touched = models.BigIntegerField()
    lines = models.IntegerField(default=0)
    odd = models.IntegerField(default=0)
    people = models.IntegerField(default=0)
    activities = models.IntegerField(default=0)
    structures = models.IntegerField(default=0)


class DirectoryPerson(models.Model):
    """A professional. idnps: 8 and RPPS, or 0 and ADELI; title: civilité d'exercice."""

    pk = models.CompositePrimaryKey("extract", "idnps")
    extract = models.IntegerField()
    idnps = models.CharField(max_length=40)
    title = models.CharField(max_length=20)
    family = models.CharField(max_length=200)
    given = models.CharField(max_length=200)


class DirectoryActivity(models.Model):
    """A situation of a professional. structure: its technical identifier, or empty; codes of the national tables."""

    pk = models.CompositePrimaryKey("extract", "idnps", "structure", "mode", "know_how")
    extract = models.IntegerField()
    idnps = models.CharField(max_length=40)
    structure = models.CharField(max_length=60)
    mode = models.CharField(max_length=20)
    know_how = models.CharField(max_length=40)
    profession = models.CharField(max_length=20)
    category = models.CharField(max_length=20)
    role = models.CharField(max_length=40)
    genre = models.CharField(max_length=40)
    sector = models.CharField(max_length=40)


class DirectoryStructure(models.Model):
    """A place where professionals work. finess: of the site; finess_ej: of its entité juridique; sign: enseigne."""

    pk = models.CompositePrimaryKey("extract", "id")
    extract = models.IntegerField()
    id = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    sign = models.CharField(max_length=200)
    finess = models.CharField(max_length=20)
    finess_ej = models.CharField(max_length=20)
    siret = models.CharField(max_length=20)
    postal_code = models.CharField(max_length=20)
    city = models.CharField(max_length=200)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["extract", "finess"], name="directory_finess")]


class DirectoryLabel(models.Model):
    """What the file calls a code. kind: `profession`, `know_how`, `role` or `sector`."""

    pk = models.CompositePrimaryKey("extract", "kind", "code")
    extract = models.IntegerField()
    kind = models.CharField(max_length=20)
    code = models.CharField(max_length=40)
    label = models.CharField(max_length=200)


class DirectoryCheck(models.Model):
    """The last answer that was had about an RPPS, kept for when none can be had.

    state: `active`, `inactive` or `unknown`; source: `extract` or `api`; detail: which extract.
    """

    rpps = models.CharField(max_length=11, primary_key=True)
    at = models.BigIntegerField()
    state = models.CharField(max_length=10)
    source = models.CharField(max_length=10)
    detail = models.CharField(max_length=200)
