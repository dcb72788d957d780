from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("store", "0001_journal_and_identities")]

    operations = []
