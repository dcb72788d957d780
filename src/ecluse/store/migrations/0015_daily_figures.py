from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0014_rpps_proposals")]

    operations = [
        migrations.CreateModel(
            name="DailyFigure",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "day",
                        "domain_id",
                        "name",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("day", models.IntegerField()),
                ("domain_id", models.IntegerField()),
                ("name", models.CharField(max_length=40)),
                ("value", models.BigIntegerField()),
            ],
            options={"indexes": [models.Index(fields=["name", "day"], name="daily_figure_name")]},
        ),
    ]
