from django.db import migrations, models

from ecluse.store.clustered import CreateClusteredModel


class Migration(migrations.Migration):
    dependencies = [("store", "0003_sender_marks")]

    operations = [
        CreateClusteredModel(
            name="StayKey",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "domain_id",
                        "key",
                        "stay",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("domain_id", models.IntegerField()),
                ("key", models.TextField()),
                ("stay", models.CharField(max_length=40)),
            ],
        ),
        migrations.CreateModel(
            name="StayState",
            fields=[
                ("id", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("domain_id", models.IntegerField()),
                ("patient", models.CharField(db_index=True, max_length=40)),
                ("version", models.IntegerField()),
                ("state", models.BinaryField()),
            ],
        ),
    ]
