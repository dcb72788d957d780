"""A feed with something in it, and what must have come of it."""

from __future__ import annotations

from typing import Any

from django.db import connection

from tests.services.delivering import publish
from tests.services.feeding import AUTHORITY, Gate, adt, rows


def confirmed() -> Gate:
    gate = Gate()
    gate.act("sender.add", application="GAM", facility="VALMONT")
    return gate


def feed_some(gate: Gate, patients: int = 8) -> None:
    """Creations, updates and a merge of pairs."""
    for number in range(patients):
        gate.receive(adt(control=f"C{number}", ipp=f"80{number}"))
    for number in range(patients):
        gate.receive(adt("A31", f"U{number}", f"80{number}", street="2 RUE NEUVE"))
    for number in range(0, patients, 2):
        gate.receive(adt("A40", f"M{number}", f"80{number}", prior=f"80{number + 1}^^^{AUTHORITY}^PI"))
    publish()


def told() -> list[dict[str, Any]]:
    found = rows("SELECT cursor, patient, other, version, type FROM store_outwardevent ORDER BY cursor")
    return [dict(zip(("cursor", "patient", "other", "version", "type"), row, strict=True)) for row in found]


def assert_delivered(received: list[dict[str, Any]]) -> None:
    """Every event at least once; the first time of each in order for each patient, merges after both."""
    expected = told()
    first = list(dict.fromkeys(int(event["id"].rpartition("-")[2]) for event in received))
    assert sorted(first) == [one["cursor"] for one in expected]
    for patient in {one["patient"] for one in expected}:
        mine = [one["cursor"] for one in expected if patient in (one["patient"], one["other"])]
        assert [one for one in first if one in mine] == mine


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
