from django.db import migrations, models

from ecluse.store.clustered import CreateClusteredModel


class Migration(migrations.Migration):
    dependencies = [("store", "0004_stays")]

    operations = [
        CreateClusteredModel(
            name="OutwardEvent",
            fields=[
                ("cursor", models.BigIntegerField(primary_key=True, serialize=False)),
                ("line", models.BigIntegerField()),
                ("patient", models.CharField(max_length=40)),
                ("other", models.CharField(max_length=40)),
                ("domain_id", models.IntegerField()),
                ("type", models.CharField(max_length=40)),
                ("version", models.IntegerField()),
                ("at", models.BigIntegerField()),
                ("published", models.BigIntegerField()),
                ("data", models.BinaryField()),
            ],
        ),
        CreateClusteredModel(
            name="PublishedPatient",
            fields=[
                ("id", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("domain_id", models.IntegerField()),
                ("folded", models.IntegerField()),
                ("version", models.IntegerField()),
                ("ins", models.TextField()),
                ("usable", models.BooleanField()),
                ("merged_into", models.CharField(max_length=40)),
            ],
        ),
        CreateClusteredModel(
            name="PublishedLink",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "domain_id",
                        "key",
                        "other",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("domain_id", models.IntegerField()),
                ("key", models.TextField()),
                ("other", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="Position",
            fields=[
                ("name", models.CharField(max_length=80, primary_key=True, serialize=False)),
                ("value", models.TextField()),
            ],
        ),
    ]
