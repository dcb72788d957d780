import json
from typing import Any

from django.db import migrations, models

_AT_ONCE = 1000


def list_acts(apps: Any, editor: Any) -> None:
    """The acts that the journal has already: who, what, when, and whom they were about."""
    entry, act, about = (apps.get_model("store", name) for name in ("JournalEntry", "ActLine", "ActPatient"))
    acts: list[Any] = []
    patients: list[Any] = []

    def write() -> None:
        act.objects.bulk_create(acts)
        about.objects.bulk_create(patients)
        acts.clear()
        patients.clear()

    rows = entry.objects.filter(kind="act").order_by("seq").values_list("seq", "at", "details")
    for seq, at, details in rows.iterator(chunk_size=_AT_ONCE):
        told = json.loads(bytes(details))
        given = told.get("arguments") or {}
        acts.append(
            act(seq=seq, at=at, operator=str(told.get("operator"))[:80], act=str(told.get("act"))[:60])
        )
        listed = given.get("patients")
        named = {given.get("patient"), *(listed if isinstance(listed, list) else ())}
        patients += [
            about(patient=one, seq=seq) for one in named if isinstance(one, str) and 0 < len(one) <= 40
        ]
        if len(acts) + len(patients) >= _AT_ONCE:
            write()
    write()


class Migration(migrations.Migration):
    dependencies = [("store", "0012_habilitations")]

    operations = [
        migrations.CreateModel(
            name="TrailSeal",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.BigIntegerField()),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField(unique=True)),
                ("count", models.IntegerField()),
                ("digest", models.BinaryField(max_length=32)),
                ("oldest", models.BigIntegerField()),
                ("newest", models.BigIntegerField()),
                ("purged", models.BigIntegerField(db_index=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ActLine",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.BigIntegerField(db_index=True)),
                ("operator", models.CharField(max_length=80)),
                ("act", models.CharField(max_length=60)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["operator", "at"], name="act_operator"),
                    models.Index(fields=["act", "at"], name="act_name"),
                    models.Index(fields=["operator", "act", "at"], name="act_operator_name"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ActPatient",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "patient", "seq", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("patient", models.CharField(max_length=40)),
                ("seq", models.BigIntegerField()),
            ],
        ),
        migrations.AddIndex(
            model_name="accessline",
            index=models.Index(fields=["action", "id"], name="access_action"),
        ),
        migrations.AddIndex(
            model_name="accessline",
            index=models.Index(fields=["caller", "action", "id"], name="access_caller_action"),
        ),
        migrations.RunPython(list_acts, migrations.RunPython.noop),
    ]
