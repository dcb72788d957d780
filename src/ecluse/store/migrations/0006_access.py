from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from ecluse.store.clustered import CreateClusteredModel


def order_keys_by_bytes(apps: Any, editor: Any) -> None:
    """PostgreSQL: an index in the order of bytes lets a search leap from one authority to the next (`carriers`)."""
    if editor.connection.vendor == "postgresql":
        editor.execute('ALTER TABLE store_patientkey ALTER COLUMN key TYPE text COLLATE "C"')


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0005_outbox"),
    ]

    operations = [
        migrations.CreateModel(
            name="Establishment",
            fields=[
                ("id", models.IntegerField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200, unique=True)),
                ("finess", models.CharField(blank=True, max_length=20)),
            ],
        ),
        migrations.CreateModel(
            name="IdempotencyRecord",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "token", "key", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("token", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=200)),
                ("request", models.BinaryField(max_length=32)),
                ("at", models.BigIntegerField(db_index=True)),
                ("status", models.IntegerField()),
                ("headers", models.BinaryField()),
                ("body", models.BinaryField()),
            ],
        ),
        CreateClusteredModel(
            name="PatientBirth",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "date", "patient", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("date", models.CharField(max_length=8)),
                ("patient", models.CharField(max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="AccessLine",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.BigIntegerField()),
                ("caller", models.CharField(max_length=80)),
                ("name", models.CharField(max_length=200)),
                ("on_behalf_of", models.CharField(max_length=200)),
                ("action", models.CharField(max_length=60)),
                ("patient", models.CharField(max_length=40)),
                ("detail", models.CharField(max_length=200)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["patient", "id"], name="access_patient"),
                    models.Index(fields=["caller", "id"], name="access_caller"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DomainEstablishment",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "domain_id",
                        "establishment_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("domain", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.domain")),
                (
                    "establishment",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.establishment"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="InclusionList",
            fields=[
                ("id", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200, unique=True)),
                ("created", models.BigIntegerField()),
                ("domain", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.domain")),
            ],
        ),
        migrations.CreateModel(
            name="Inclusion",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "list_id", "patient", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("patient", models.CharField(max_length=40)),
                ("included", models.BooleanField()),
                ("since", models.BigIntegerField()),
                ("purge", models.BooleanField(default=False)),
                (
                    "list",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.inclusionlist"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Token",
            fields=[
                ("id", models.CharField(max_length=16, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("digest", models.BinaryField(max_length=32)),
                ("scopes", models.TextField()),
                ("certificate", models.CharField(blank=True, max_length=64)),
                ("created", models.BigIntegerField()),
                ("expires", models.BigIntegerField(null=True)),
                ("revoked", models.BigIntegerField(null=True)),
                ("last_used", models.BigIntegerField(null=True)),
                (
                    "domain",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="store.domain"
                    ),
                ),
                (
                    "inclusion",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="store.inclusionlist"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Site",
            fields=[
                ("id", models.IntegerField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("finess", models.CharField(blank=True, max_length=20)),
                ("zone", models.CharField(max_length=64)),
                (
                    "establishment",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.establishment"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("establishment", "name"), name="one_site_per_name")
                ],
            },
        ),
        migrations.RunPython(order_keys_by_bytes, migrations.RunPython.noop),
    ]
