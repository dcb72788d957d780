import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("store", "0015_daily_figures"),
    ]

    operations = [
        migrations.CreateModel(
            name="HeldCertificate",
            fields=[
                ("fingerprint", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("der", models.BinaryField()),
                ("chain", models.BinaryField(default=b"")),
                ("family", models.CharField(max_length=30)),
                ("environment", models.CharField(max_length=20)),
                ("structure", models.CharField(blank=True, max_length=40)),
                ("service", models.CharField(blank=True, max_length=200)),
                ("subject", models.TextField()),
                ("issuer", models.TextField()),
                ("serial", models.CharField(max_length=64)),
                ("not_before", models.BigIntegerField()),
                ("not_after", models.BigIntegerField(db_index=True)),
                ("usable_until", models.BigIntegerField()),
                ("state", models.CharField(max_length=10)),
                ("imported", models.BigIntegerField()),
                ("imported_by", models.CharField(max_length=80)),
                ("checked", models.BigIntegerField(null=True)),
                ("checked_status", models.CharField(blank=True, max_length=10)),
                ("checked_fr", models.TextField(blank=True)),
                ("checked_en", models.TextField(blank=True)),
                (
                    "establishment",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.establishment"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CrlKept",
            fields=[
                ("address", models.CharField(max_length=500, primary_key=True, serialize=False)),
                ("issuer", models.TextField(blank=True)),
                ("der", models.BinaryField(default=b"")),
                ("number", models.CharField(blank=True, max_length=64)),
                ("this_update", models.BigIntegerField(default=0)),
                ("next_update", models.BigIntegerField(default=0)),
                ("fetched", models.BigIntegerField(default=0)),
                ("tried", models.BigIntegerField(default=0)),
                ("failing_since", models.BigIntegerField(default=0)),
                ("error_fr", models.TextField(blank=True)),
                ("error_en", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="PrivateKey",
            fields=[
                ("id", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("public", models.CharField(max_length=64, unique=True)),
                ("kind", models.CharField(max_length=10)),
                ("bits", models.IntegerField()),
                ("origin", models.CharField(max_length=10)),
                ("sealed", models.BinaryField(null=True)),
                ("wrapped", models.BinaryField(null=True)),
                ("token", models.CharField(blank=True, max_length=500)),
                ("made", models.BigIntegerField()),
                ("by", models.CharField(max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="CertificateAlarm",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("about", models.CharField(max_length=600)),
                ("way", models.CharField(max_length=20)),
                ("threshold", models.IntegerField()),
                ("ends", models.BigIntegerField()),
                ("level", models.CharField(max_length=10)),
                ("text_fr", models.TextField()),
                ("text_en", models.TextField()),
                ("at", models.BigIntegerField(db_index=True)),
                ("target", models.CharField(blank=True, max_length=254)),
                ("error", models.TextField(blank=True)),
                ("seen", models.BigIntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("about", "way", "threshold", "ends", "target"), name="one_certificate_alarm"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CertificateAuthority",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("store", models.CharField(max_length=30)),
                ("fingerprint", models.CharField(max_length=64)),
                ("der", models.BinaryField()),
                ("subject", models.TextField()),
                ("anchor", models.BooleanField()),
                ("not_after", models.BigIntegerField()),
                ("origin", models.CharField(max_length=10)),
                ("added", models.BigIntegerField()),
                ("added_by", models.CharField(max_length=80)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("store", "fingerprint"), name="one_authority_per_store")
                ],
            },
        ),
        migrations.CreateModel(
            name="CertificateRevocation",
            fields=[
                (
                    "certificate",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="store.heldcertificate",
                    ),
                ),
                ("source", models.CharField(max_length=10)),
                ("reason", models.CharField(max_length=40)),
                ("note", models.CharField(blank=True, max_length=500)),
                ("at", models.BigIntegerField()),
                ("recorded", models.BigIntegerField()),
                ("by", models.CharField(max_length=80)),
                ("stopped", models.BinaryField(default=b"[]")),
            ],
        ),
        migrations.CreateModel(
            name="CertificateSlot",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "establishment_id",
                        "use",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("use", models.CharField(max_length=30)),
                ("since", models.BigIntegerField()),
                ("revision", models.IntegerField(default=0)),
                (
                    "current",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="store.heldcertificate",
                    ),
                ),
                (
                    "establishment",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.establishment"),
                ),
                (
                    "next",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="store.heldcertificate",
                    ),
                ),
                (
                    "previous",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="store.heldcertificate",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="heldcertificate",
            name="key",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, to="store.privatekey"
            ),
        ),
        migrations.CreateModel(
            name="CertificateRequest",
            fields=[
                ("id", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("use", models.CharField(max_length=30)),
                ("subject", models.TextField()),
                ("content", models.TextField()),
                ("made", models.BigIntegerField()),
                ("by", models.CharField(max_length=80)),
                ("state", models.CharField(max_length=10)),
                (
                    "establishment",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.establishment"),
                ),
                (
                    "certificate",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="store.heldcertificate"
                    ),
                ),
                (
                    "key",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.privatekey"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Procedure",
            fields=[
                ("id", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=200)),
                ("state", models.CharField(max_length=40)),
                ("revision", models.IntegerField(default=0)),
                ("opened", models.BigIntegerField()),
                ("opened_by", models.CharField(max_length=80)),
                ("closed", models.BigIntegerField(null=True)),
                (
                    "establishment",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.establishment"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProcedureDocument",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("form", models.CharField(blank=True, max_length=20)),
                ("name", models.CharField(max_length=200)),
                ("sha256", models.CharField(db_index=True, max_length=64)),
                ("size", models.IntegerField()),
                ("on", models.CharField(blank=True, max_length=10)),
                ("added", models.BigIntegerField()),
                ("added_by", models.CharField(max_length=80)),
                (
                    "procedure",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.procedure"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProcedureStep",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "procedure_id",
                        "number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("number", models.IntegerField()),
                ("event", models.BinaryField()),
                ("note", models.CharField(blank=True, max_length=1000)),
                ("at", models.BigIntegerField()),
                ("by", models.CharField(max_length=80)),
                (
                    "procedure",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.procedure"),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProfessionalCard",
            fields=[
                ("id", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=10)),
                ("holder", models.CharField(max_length=200)),
                ("number", models.CharField(max_length=40)),
                ("expires", models.CharField(max_length=10)),
                ("retired", models.BigIntegerField(null=True)),
                (
                    "establishment",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="store.establishment"),
                ),
            ],
        ),
    ]
