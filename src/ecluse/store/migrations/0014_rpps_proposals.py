from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0013_seals")]

    operations = [
        migrations.AddField("user", "rpps_proposed", models.CharField(max_length=11, blank=True, default="")),
        migrations.AddField(
            "user", "rpps_proposed_by", models.CharField(max_length=80, blank=True, default="")
        ),
        migrations.AddField("user", "rpps_checked", models.CharField(max_length=20, blank=True, default="")),
        migrations.AddField("user", "rpps_checked_at", models.BigIntegerField(null=True)),
        migrations.AddField("user", "rpps_told", models.BooleanField(default=True)),
    ]
