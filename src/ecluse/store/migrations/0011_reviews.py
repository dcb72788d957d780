"""The worklists of people: stays still open, patients that may be one person, what was said of them."""

import django.db.models.deletion
from django.db import migrations, models

from ecluse.store.clustered import CreateClusteredModel


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0010_directory"),
    ]

    operations = [
        migrations.CreateModel(
            name="LeafletText",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("text", models.TextField()),
            ],
        ),
        CreateClusteredModel(
            name="StrictTraits",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key", "patient", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.CharField(max_length=32)),
                ("patient", models.CharField(max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="SuspectReview",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("digest", models.CharField(db_index=True, max_length=32)),
                ("seen", models.CharField(max_length=32)),
                ("at", models.BigIntegerField()),
                ("by", models.CharField(max_length=80)),
                ("verdict", models.CharField(max_length=12)),
                ("note", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="OpenStay",
            fields=[
                ("stay", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("domain_id", models.IntegerField()),
                ("patient", models.CharField(db_index=True, max_length=40)),
                ("unit", models.CharField(max_length=200)),
                ("label", models.CharField(max_length=200)),
                ("number", models.CharField(max_length=80)),
                ("room", models.CharField(max_length=80)),
                ("expected", models.SmallIntegerField()),
                ("since", models.BigIntegerField()),
                ("until", models.BigIntegerField()),
                ("feeding", models.CharField(max_length=4)),
                ("consultation", models.CharField(max_length=4)),
                ("missing", models.SmallIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["missing", "expected", "since", "stay"], name="open_stay_missing"),
                    models.Index(
                        fields=["domain_id", "unit", "missing", "expected", "since"], name="open_stay_unit"
                    ),
                    models.Index(fields=["until"], name="open_stay_until"),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnitCount",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "domain_id",
                        "unit",
                        "label",
                        "expected",
                        "feeding",
                        "consultation",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("domain_id", models.IntegerField()),
                ("unit", models.CharField(max_length=200)),
                ("label", models.CharField(max_length=200)),
                ("expected", models.SmallIntegerField()),
                ("feeding", models.CharField(max_length=4)),
                ("consultation", models.CharField(max_length=4)),
                ("stays", models.IntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="SuspectGroup",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=12)),
                ("digest", models.CharField(max_length=32, unique=True)),
                ("domain_id", models.IntegerField()),
                ("found", models.BigIntegerField()),
                ("size", models.IntegerField()),
                ("seen", models.CharField(max_length=32)),
                ("looked", models.SmallIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["looked", "id"], name="suspect_looked")],
            },
        ),
        migrations.CreateModel(
            name="SuspectMember",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "group_id", "patient", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("patient", models.CharField(db_index=True, max_length=40)),
                (
                    "group",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="store.suspectgroup"),
                ),
            ],
        ),
    ]
