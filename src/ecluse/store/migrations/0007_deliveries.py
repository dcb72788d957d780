from django.db import migrations, models

from ecluse.store.clustered import CreateClusteredModel


class Migration(migrations.Migration):
    dependencies = [("store", "0006_access")]

    operations = [
        CreateClusteredModel(
            name="PendingDelivery",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "subscriber",
                        "position",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("subscriber", models.CharField(max_length=40)),
                ("position", models.BigIntegerField()),
                ("keys", models.BinaryField()),
                ("attempts", models.IntegerField()),
                ("next_at", models.BigIntegerField()),
                ("since", models.BigIntegerField()),
                ("parked", models.BooleanField()),
                ("reason", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="Subscriber",
            fields=[
                ("id", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200, unique=True)),
                ("kind", models.CharField(max_length=10)),
                ("domain_id", models.IntegerField(null=True)),
                ("target", models.TextField()),
                ("secret", models.BinaryField(null=True)),
                ("options", models.BinaryField()),
                ("status", models.CharField(max_length=10)),
                ("reason", models.TextField(blank=True)),
                ("created", models.BigIntegerField()),
                ("position", models.BigIntegerField()),
                ("revision", models.IntegerField(default=0)),
                ("failures", models.IntegerField(default=0)),
                ("until", models.BigIntegerField(default=0)),
                ("answered", models.BigIntegerField(default=0)),
            ],
        ),
        CreateClusteredModel(
            name="Delivered",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "subscriber", "patient", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("subscriber", models.CharField(max_length=40)),
                ("patient", models.CharField(db_index=True, max_length=40)),
                ("name", models.CharField(max_length=200)),
                ("first_at", models.BigIntegerField()),
                ("last_at", models.BigIntegerField()),
                ("position", models.BigIntegerField()),
                ("deliveries", models.BigIntegerField()),
                ("ins_sent", models.BigIntegerField()),
                ("ins_at", models.BigIntegerField()),
                ("withheld", models.BigIntegerField()),
                ("dropped", models.BigIntegerField()),
            ],
        ),
    ]
