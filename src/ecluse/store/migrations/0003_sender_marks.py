from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("store", "0002_purges")]

    operations = [
        migrations.AddField("Sender", "certificates", models.TextField(blank=True, default="")),
        migrations.AddField("Sender", "zone", models.CharField(blank=True, default="", max_length=64)),
    ]
