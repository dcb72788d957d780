from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0001_journal_and_identities")]

    operations = [
        migrations.CreateModel(
            name="Purge",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.BigIntegerField()),
                ("category", models.CharField(max_length=12)),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("count", models.IntegerField()),
                ("size", models.BigIntegerField()),
                ("events", models.BinaryField(max_length=32)),
                ("checkpoint", models.BinaryField(max_length=32)),
            ],
            options={
                "indexes": [models.Index(fields=["category", "last"], name="purge_place")],
            },
        ),
    ]
