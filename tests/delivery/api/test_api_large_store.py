"""A search goes by the keys of the store, however many patients it holds."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.delivery.api.conftest import Api
from tests.services.feeding import AUTHORITY, MARIN, adt

LARGE = (
    "patientstate",
    "patientkey",
    "patientbirth",
    "storedevent",
    "journalentry",
    "accessline",
    "staystate",
)
"""Tables that grow with the patients."""


@pytest.mark.parametrize(
    "body",
    [
        {"ins": MARIN},
        {"identifier": "7001", "authority": AUTHORITY.split("&")[1]},
        {"identifier": "7001"},
        {"birth_date": "1970-01-12", "name": "BRI"},
    ],
)
def test_a_search_reads_no_table_whole(api: Api, body: dict[str, Any]) -> None:
    """SQLite would say SCAN; a few dozen statements would be too many as well."""
    api.gate.act("sender.add", application="GAM", facility="VALMONT")
    api.gate.receive(adt(ins=MARIN, status="VALI"))
    secret = api.token("patients:read")
    api.post("/patients/search", secret, body)
    with CaptureQueriesContext(connection) as captured:
        assert api.post("/patients/search", secret, body).json()["patients"]
    reads = [one["sql"] for one in captured.captured_queries if one["sql"].startswith("SELECT")]
    assert len(reads) <= 16
    with connection.cursor() as cursor:
        for sql in reads:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plan = [row[3] for row in cursor.fetchall()]
            scans = [step for step in plan if step.startswith("SCAN") and any(name in step for name in LARGE)]
            # The newest row of a table is the end of its tree.
            assert not scans or "LIMIT 1" in sql or "MAX(" in sql, (sql, plan)
