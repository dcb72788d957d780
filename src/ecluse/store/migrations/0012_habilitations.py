import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0011_reviews")]

    operations = [
        migrations.CreateModel(
            name="HabilitationVersion",
            fields=[
                ("id", models.IntegerField(primary_key=True, serialize=False)),
                ("number", models.IntegerField()),
                ("at", models.BigIntegerField()),
                ("by", models.CharField(max_length=80)),
                ("reason", models.CharField(max_length=500)),
                ("lines", models.BinaryField()),
                ("review", models.IntegerField(null=True)),
                (
                    "establishment",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.establishment"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HabilitationReview",
            fields=[
                ("id", models.IntegerField(primary_key=True, serialize=False)),
                ("opened", models.BigIntegerField()),
                ("opened_by", models.CharField(max_length=80)),
                ("due", models.CharField(max_length=10)),
                ("closed", models.BigIntegerField(null=True)),
                ("closed_by", models.CharField(blank=True, max_length=80)),
                ("next_due", models.CharField(blank=True, max_length=10)),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="store.habilitationversion"
                    ),
                ),
                (
                    "establishment",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.establishment"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HabilitationDecision",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "review_id", "rank", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("rank", models.IntegerField()),
                ("decision", models.CharField(max_length=10)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("replacement", models.BinaryField(default=b"")),
                ("at", models.BigIntegerField()),
                ("by", models.CharField(max_length=80)),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="store.habilitationreview"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="habilitationversion",
            constraint=models.UniqueConstraint(
                fields=("establishment", "number"), name="one_habilitation_version"
            ),
        ),
        migrations.AddConstraint(
            model_name="habilitationreview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed", None)),
                fields=("establishment",),
                name="one_open_habilitation_review",
            ),
        ),
    ]
