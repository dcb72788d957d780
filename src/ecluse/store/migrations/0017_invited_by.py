from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0016_certificates")]

    operations = [
        migrations.AddField("user", "invited_by", models.CharField(max_length=80, blank=True, default="")),
    ]
