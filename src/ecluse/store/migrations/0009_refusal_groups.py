from django.db import migrations, models

from ecluse.store.clustered import RowNumberField


class Migration(migrations.Migration):
    dependencies = [("store", "0008_accounts")]

    operations = [
        migrations.CreateModel(
            name="RefusalGroup",
            fields=[
                ("id", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("sender", models.IntegerField()),
                ("rule", models.CharField(max_length=60)),
                ("location", models.CharField(max_length=60)),
                ("count", models.BigIntegerField()),
                ("first_seq", models.BigIntegerField()),
                ("first_at", models.BigIntegerField()),
                ("last_seq", models.BigIntegerField()),
                ("last_at", models.BigIntegerField()),
                ("owner", models.CharField(blank=True, default="", max_length=120)),
                ("note", models.TextField(blank=True, default="")),
                ("muted_until", models.BigIntegerField(default=0)),
                ("resolved", models.BigIntegerField(default=0)),
                ("resolved_at", models.BigIntegerField(default=0)),
                ("since", models.BigIntegerField(default=0)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["last_seq"], name="refusal_group_last"),
                    models.Index(fields=["rule", "last_seq"], name="refusal_group_rule"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RefusedLine",
            fields=[
                ("seq", RowNumberField(primary_key=True, serialize=False)),
                ("group", models.CharField(max_length=80)),
            ],
            options={"indexes": [models.Index(fields=["group", "seq"], name="refused_line_group")]},
        ),
        migrations.CreateModel(
            name="RefusalDay",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "group", "day", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("group", models.CharField(max_length=80)),
                ("day", models.IntegerField()),
                ("count", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="RefusalStep",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "group", "seq", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("group", models.CharField(max_length=80)),
                ("seq", models.BigIntegerField()),
                ("at", models.BigIntegerField()),
                ("kind", models.CharField(max_length=12)),
                ("by", models.CharField(max_length=80)),
                ("text", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="SenderTally",
            fields=[
                ("sender", models.IntegerField(primary_key=True, serialize=False)),
                ("accepted", models.BigIntegerField()),
                ("refused", models.BigIntegerField()),
                ("rejected", models.BigIntegerField()),
                ("silent", models.BigIntegerField()),
                ("last_seq", models.BigIntegerField()),
                ("last_at", models.BigIntegerField()),
            ],
        ),
    ]
