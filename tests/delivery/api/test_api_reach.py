"""What an answer gives away beside what it shows: cursors, counts, names of patients out of reach."""

from __future__ import annotations

from typing import Any

import pytest

from tests.delivery.api.conftest import Api
from tests.delivery.api.test_api_events import publish
from tests.services.feeding import AUTHORITY, MARIN, adt, rows
from tests.services.stay_messages import iti31, stays


def link(first: str, second: str) -> bytes:
    """An A24 that links two local identifiers."""
    header, event, pid, *_ = adt("A24", "C9", first).decode().split("\r")
    return "\r".join([header, event, pid, pid.replace(first, second, 1), ""]).encode()


def everything(api: Api, secret: str, patient: str) -> str:
    """All that a token is told of a patient, as text."""
    publish()
    addresses = [f"/patients/{patient}{part}" for part in ("", "/history", "/stays", "/consents")]
    answers = [api.get(one, secret) for one in (*addresses, "/events", "/events?full=true")]
    assert {one.status_code for one in answers} == {200}
    found = api.post("/patients/search", secret, {"birth_date": "1970-01-12"})
    assert patient in found.content.decode()
    return "".join(one.content.decode() for one in (*answers, found))


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


def _linked(api: Api) -> Any:
    return api.gate.receive(adt(), adt("A28", "C2", "7002"), link("7001", "7002"))


def _in_collision(api: Api) -> Any:
    api.gate.act("sender.add", application="GAM", facility="VALMONT")
    second = adt("A28", "C2", "7002", ins=MARIN, status="VALI", name="AUTRE")
    return api.gate.receive(adt(ins=MARIN, status="VALI"), second)


def _merged(api: Api) -> Any:
    return api.gate.receive(
        adt(), adt("A28", "C2", "7002"), adt("A40", "C9", "7001", prior=f"7002^^^{AUTHORITY}^PI")
    )


@pytest.mark.parametrize("happened", [_linked, _in_collision, _merged])
def test_who_is_out_of_reach_is_named_nowhere(both: Api, happened: Any) -> None:
    """A link, an INS in collision, a merge: the other patient has no id for this token, in no answer."""
    happened(both)
    here, other = both.patient("7001"), both.patient("7002")
    assert other in everything(both, both.token(), here), "it is named to who may see it"
    secret = both.token(inclusion=both.list_of(here))
    assert both.get(f"/patients/{other}", secret).status_code == 404
    assert other not in everything(both, secret, here)


def _survivor_excluded(api: Api) -> tuple[str, str, str]:
    """Ids of a merged patient and of its survivor, and a token for the first only."""
    api.gate.receive(adt(), adt("A28", "C2", "7002"))
    here, other = api.patient("7001"), api.patient("7002")
    listed = api.list_of(here, other)
    assert api.gate.act("inclusion.exclude", list=listed, patients=[other]).done
    api.gate.receive(adt("A40", "C9", "7002", prior=f"7001^^^{AUTHORITY}^PI"))
    return here, other, api.token(inclusion=listed)


def test_a_refusal_names_nobody_out_of_reach(both: Api) -> None:
    """Neither the patient that replaced this one, nor whether a stay is somebody else's."""
    here, other, secret = _survivor_excluded(both)
    assert other not in everything(both, secret, here)
    refused = both.post(f"/patients/{here}/consents", secret, {"how": "oral", "feeding": "INO"})
    assert (refused.status_code, other in refused.content.decode()) == (409, False)
    both.gate.receive(adt("A28", "C3", "7003"), iti31(ipp="7003"))
    asked = [
        both.post(f"/patients/{here}/consents", secret, {"how": "oral", "feeding": "INO", "stay": one})
        for one in (stays()[0].id, "snothing")
    ]
    assert asked[0].status_code == 409
    assert asked[0].content == asked[1].content


def test_a_merge_is_undone_by_who_reaches_both(both: Api) -> None:
    """The survivor changes as well: out of reach, nothing is done; within, the trail names both."""
    here, other, secret = _survivor_excluded(both)
    why = {"reason": "deux personnes"}
    refused = both.post(f"/patients/{here}/unmerge", secret, why)
    assert (refused.status_code, other in refused.content.decode()) == (404, False)
    assert both.get(f"/patients/{here}", both.token()).json()["merged_into"] == other
    done = both.post(f"/patients/{here}/unmerge", both.token(), why)
    assert done.json() == {"patient": here, "survivor": other}
    trail = rows("SELECT patient FROM store_accessline WHERE action = 'patient.unmerge' ORDER BY id")
    assert trail[-2:] == [(here,), (other,)]


def test_who_may_only_write_consents_reads_none(both: Api) -> None:
    """The answer has what was just said, and not the choice kept beside it."""
    zfa = "ZFA|ACTIF|20261118081500|||||||INO|20261118081500|IC|20261118081500"
    both.gate.receive(adt(), iti31(zfa=zfa))
    address, body = (
        f"/patients/{both.patient()}/consents",
        {"how": "oral", "feeding": "INO", "by": "Mme ROUX"},
    )
    told = both.post(address, both.token("consents:write"), body).json()
    assert (told["dmp_consent"], told["by_stay"], told["dmp_state"]) == (None, [], None)
    (line,) = told["history"]
    assert (line["by"], line["dmp_consent"]["feeding"], line["dmp_consent"]["consultation"]) == (
        "Mme ROUX", "INO", None,
    )  # fmt: skip
    assert len(both.post(address, both.token("consents:read", "consents:write"), body).json()["history"]) > 1


def test_a_refusal_costs_the_same_whoever_is_asked_for(both: Api) -> None:
    """Out of reach or never known: as many questions to the store, none of which reads the whole list."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    both.gate.receive(adt(), adt("A28", "C2", "7002"), adt("A28", "C3", "7003"))
    other = both.patient("7002")
    secret = both.token(inclusion=both.list_of(both.patient("7001"), both.patient("7003")))
    asked: list[list[str]] = []
    for patient in (other, "0" * 26):
        both.get(f"/patients/{patient}", secret)
        with CaptureQueriesContext(connection) as queries:
            assert both.get(f"/patients/{patient}", secret).status_code == 404
        asked.append([one["sql"].replace(patient, "?") for one in queries.captured_queries])
    assert asked[0] == asked[1]
    assert all("patient" in one.partition("WHERE")[2] for one in asked[0] if "store_inclusion" in one)


def test_a_patient_is_reached_through_those_merged_into_it(both: Api) -> None:
    """One merge after another; an exclusion on the way ends it, asked one by one or together."""
    from ecluse.services.access import Reach

    both.gate.receive(*(adt("A28", f"C{one}", str(one)) for one in (7001, 7002, 7003)))
    first, second, third = (both.patient(str(one)) for one in (7001, 7002, 7003))
    listed, barred = both.list_of(first), both.list_of(first, second)
    assert both.gate.act("inclusion.exclude", list=barred, patients=[second]).done
    both.gate.receive(
        adt("A40", "M1", "7002", prior=f"7001^^^{AUTHORITY}^PI"),
        adt("A40", "M2", "7003", prior=f"7002^^^{AUTHORITY}^PI"),
    )
    for list_, expected in ((listed, {first, second, third}), (barred, {first})):
        reach = Reach(None, list_)
        assert reach.among([first, second, third, "nobody"]) == expected == reach.everyone()
        assert {one for one in (first, second, third) if reach.sees(one, 1)} == expected
