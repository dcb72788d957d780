"""What an answer gives away beside what it shows: cursors, counts, names of patients out of reach."""

from __future__ import annotations

from tests.delivery.api.conftest import Api
from tests.services.feeding import MARIN, adt


def test_an_ins_in_collision_leads_to_nobody_even_page_by_page(both: Api) -> None:
    """Two patients with the same INS: neither holds it, and the cursor of a page would name the first one."""
    both.gate.act("sender.add", application="GAM", facility="VALMONT")
    both.gate.receive(
        adt(ins=MARIN, status="VALI"), adt("A28", "C2", "7002", ins=MARIN, status="VALI", name="AUTRE")
    )
    found = both.post("/patients/search?limit=1", both.token("patients:read"), {"ins": MARIN})
    assert found.json() == {"patients": [], "next": None}


def test_a_number_that_only_looks_like_one_is_a_name(both: Api) -> None:
    """`²` is a digit to `str.isdigit`, and no number to `int`; a sender of that name is only unknown."""
    secret = both.token("messages:read")
    for sender in ("%C2%B2", "9999999999999999999999"):
        answer = both.get(f"/messages?sender={sender}", secret)
        assert (answer.status_code, answer.json()["lines"]) == (200, [])
