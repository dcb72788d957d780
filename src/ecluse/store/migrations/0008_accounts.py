import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0007_deliveries")]

    # These refer to the accounts, of which they only know that they belong to this application.
    run_before = [("account", "0001_initial"), ("mfa", "0001_initial"), ("usersessions", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="User",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("username", models.CharField(max_length=80, unique=True)),
                ("name", models.CharField(max_length=200)),
                ("email", models.CharField(blank=True, max_length=254)),
                ("rpps", models.CharField(blank=True, max_length=11)),
                ("rpps_bound", models.CharField(blank=True, max_length=20)),
                ("profession", models.CharField(blank=True, max_length=10)),
                ("unit", models.CharField(blank=True, max_length=200)),
                ("external", models.CharField(blank=True, max_length=200)),
                ("language", models.CharField(default="fr", max_length=2)),
                ("theme", models.CharField(default="auto", max_length=5)),
                ("is_active", models.BooleanField(default=True)),
                ("created", models.BigIntegerField()),
                ("failures", models.IntegerField(default=0)),
                ("locked_until", models.BigIntegerField(null=True)),
                ("invitation", models.BinaryField(default=b"", max_length=32)),
                ("invited_until", models.BigIntegerField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("rpps", ""), _negated=True),
                        fields=("rpps",),
                        name="one_account_per_rpps",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Means",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20)),
                ("factors", models.IntegerField()),
                ("conformity", models.CharField(blank=True, max_length=10)),
                ("label", models.CharField(blank=True, max_length=200)),
                ("reference", models.CharField(blank=True, max_length=200)),
                ("issued", models.BigIntegerField()),
                ("issued_by", models.CharField(max_length=80)),
                ("revoked", models.BigIntegerField(null=True)),
                ("revoked_by", models.CharField(blank=True, max_length=80)),
                ("last_used", models.BigIntegerField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="means",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["user", "kind"], name="means_of_user")]},
        ),
        migrations.CreateModel(
            name="RoleGrant",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("role", models.CharField(max_length=30)),
                ("since", models.BigIntegerField()),
                ("given_by", models.CharField(max_length=80)),
                (
                    "establishment",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="store.establishment"
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, to="store.site"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
