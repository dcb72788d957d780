from django.db import migrations, models

from ecluse.store.clustered import CreateClusteredModel


class Migration(migrations.Migration):
    dependencies = [("store", "0009_refusal_groups")]

    operations = [
        migrations.CreateModel(
            name="DirectoryExtract",
            fields=[
                ("id", models.IntegerField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("published", models.CharField(blank=True, max_length=12)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("fictive", models.BooleanField(default=False)),
                ("state", models.CharField(max_length=10)),
                ("began", models.BigIntegerField()),
                ("touched", models.BigIntegerField()),
                ("lines", models.IntegerField(default=0)),
                ("odd", models.IntegerField(default=0)),
                ("people", models.IntegerField(default=0)),
                ("activities", models.IntegerField(default=0)),
                ("structures", models.IntegerField(default=0)),
            ],
        ),
        CreateClusteredModel(
            name="DirectoryPerson",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "extract", "idnps", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("extract", models.IntegerField()),
                ("idnps", models.CharField(max_length=40)),
                ("title", models.CharField(max_length=20)),
                ("family", models.CharField(max_length=200)),
                ("given", models.CharField(max_length=200)),
            ],
        ),
        CreateClusteredModel(
            name="DirectoryActivity",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "extract",
                        "idnps",
                        "structure",
                        "mode",
                        "know_how",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("extract", models.IntegerField()),
                ("idnps", models.CharField(max_length=40)),
                ("structure", models.CharField(max_length=60)),
                ("mode", models.CharField(max_length=20)),
                ("know_how", models.CharField(max_length=40)),
                ("profession", models.CharField(max_length=20)),
                ("category", models.CharField(max_length=20)),
                ("role", models.CharField(max_length=40)),
                ("genre", models.CharField(max_length=40)),
                ("sector", models.CharField(max_length=40)),
            ],
        ),
        CreateClusteredModel(
            name="DirectoryStructure",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "extract", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("extract", models.IntegerField()),
                ("id", models.CharField(max_length=60)),
                ("name", models.CharField(max_length=200)),
                ("sign", models.CharField(max_length=200)),
                ("finess", models.CharField(max_length=20)),
                ("finess_ej", models.CharField(max_length=20)),
                ("siret", models.CharField(max_length=20)),
                ("postal_code", models.CharField(max_length=20)),
                ("city", models.CharField(max_length=200)),
            ],
        ),
        migrations.AddIndex(
            model_name="directorystructure",
            index=models.Index(fields=["extract", "finess"], name="directory_finess"),
        ),
        CreateClusteredModel(
            name="DirectoryLabel",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "extract",
                        "kind",
                        "code",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("extract", models.IntegerField()),
                ("kind", models.CharField(max_length=20)),
                ("code", models.CharField(max_length=40)),
                ("label", models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="DirectoryCheck",
            fields=[
                ("rpps", models.CharField(max_length=11, primary_key=True, serialize=False)),
                ("at", models.BigIntegerField()),
                ("state", models.CharField(max_length=10)),
                ("source", models.CharField(max_length=10)),
                ("detail", models.CharField(max_length=200)),
            ],
        ),
    ]
