"""Acts and accesses are found by who, what, about whom and when, page after page; every act has its words."""

from __future__ import annotations

import pytest

from ecluse.services import audit_words
from ecluse.services.access_trail import Line, write
from ecluse.services.acts import ACTS
from ecluse.services.queries import audit
from ecluse.services.queries.audit import Wanted, accesses, acts
from ecluse.services.queries.operators import matching, operators
from ecluse.store.models.access import Token
from ecluse.store.models.accounts import User
from tests.conftest import NOW
from tests.services.feeding import Gate, adt, rows

pytestmark = pytest.mark.usefixtures("store")

SECOND = 1_000_000


@pytest.fixture
def people() -> None:
    User.objects.create(id=3, username="a.roche", name="Anne Roche", created=NOW)
    User.objects.create(id=4, username="p.vidal", name="Paul Vidal", created=NOW)
    Token(id="abcdefghij", name="Montre connectée", digest=b"", scopes="", certificate="", created=NOW).save()


def read(caller: str, action: str, *patients: str, at: int = NOW) -> None:
    write([Line(at, caller, "", "", action, one, "") for one in patients])


def shown(wanted: Wanted) -> list[tuple[str, str]]:
    return [(one.operator.id, one.patient) for one in accesses(wanted).lines]


def test_every_act_has_words_in_a_family_that_has_a_name() -> None:
    words = audit_words.words("acts")
    assert set(ACTS) - {"trail.seal"} - set(words) == set(), (
        "give these acts words in services/data/audit.toml"
    )
    every = [*words.values(), *audit_words.words("accesses").values()]
    assert {one.group for one in every} <= set(audit_words.groups())


def test_acts_are_listed_newest_first_page_after_page() -> None:
    gate = Gate()
    for number in range(5):
        gate.act("establishment.add", name=f"Clinique {number}", finess="")
    first = acts(Wanted(), limit=2)
    assert [one.seq for one in first.lines] == [5, 4]
    second = acts(Wanted(), first.next, 2)
    third = acts(Wanted(), second.next, 2)
    assert [one.seq for one in (*second.lines, *third.lines)] == [3, 2, 1]
    assert third.next is None
    assert dict(first.lines[0].given) == {"name": "Clinique 4"}
    assert len(first.lines[0].digest) == 64


def test_acts_of_the_same_moment_are_each_on_one_page() -> None:
    gate = Gate()
    for number in range(4):
        gate.act("establishment.add", name=f"Clinique {number}", finess="")
        gate.now -= SECOND
    found, after = [], None
    while True:
        page = acts(Wanted(), after, 1)
        found += [one.seq for one in page.lines]
        after = page.next
        if after is None:
            break
    assert found == [4, 3, 2, 1]


def test_acts_are_found_by_what_when_and_about_whom(people: None) -> None:
    gate = Gate()
    gate.receive(adt())
    (patient,) = (row[0] for row in rows("SELECT id FROM store_patientstate"))
    gate.act("patient.note", patient=patient, text="Contestée.", date="2026-11-18")
    gate.act("sender.confirm", application="GAM", facility="VALMONT")
    assert [one.act for one in acts(Wanted(patient=patient)).lines] == ["patient.note"]
    assert acts(Wanted(patient=patient)).lines[0].patients == (patient,)
    assert [one.act for one in acts(Wanted(what=("sender.confirm", "sender.refuse"))).lines] == [
        "sender.confirm"
    ]
    at = gate.now
    assert [one.act for one in acts(Wanted(since=at)).lines] == ["sender.confirm"]
    assert [one.act for one in acts(Wanted(until=at)).lines] == ["patient.note"]
    assert [one.act for one in acts(Wanted(who="claire")).lines] == ["sender.confirm", "patient.note"]
    assert acts(Wanted(who="inconnue")).lines == ()


def test_no_secret_of_an_act_is_shown() -> None:
    gate = Gate()
    gate.act("token.create", id="abcdefghij", digest="ab" * 32, name="Montre", scopes=["patients:read"])
    (one,) = acts(Wanted()).lines
    assert "digest" not in dict(one.given) and "ab" * 32 not in str(one)


def test_accesses_are_found_by_a_part_of_a_name(people: None) -> None:
    read("user:3", "patient.read", "p1")
    read("user:4", "patient.read", "p2")
    read("token:abcdefghij", "patient.read", "p3")
    assert shown(Wanted(who="roche")) == [("user:3", "p1")]
    assert shown(Wanted(who="montre")) == [("token:abcdefghij", "p3")]
    assert shown(Wanted(who="user:4")) == [("user:4", "p2")]
    assert shown(Wanted(who="a")) == [("user:4", "p2"), ("user:3", "p1")]
    assert accesses(Wanted(who="roche")).lines[0].operator.name == "Anne Roche"


def test_accesses_are_found_by_family_patient_and_time(people: None) -> None:
    read("user:3", "session.open", "", at=NOW)
    read("user:3", "patient.read", "p1", "p2", at=NOW + SECOND)
    read("user:4", "session.refused", "", at=NOW + 2 * SECOND)
    sessions = audit_words.members("accesses", "sessions")
    assert shown(Wanted(what=sessions)) == [("user:4", ""), ("user:3", "")]
    assert shown(Wanted(patient="p2")) == [("user:3", "p2")]
    assert shown(Wanted(since=NOW + SECOND, until=NOW + 2 * SECOND)) == [("user:3", "p2"), ("user:3", "p1")]
    assert shown(Wanted(who="roche", what=sessions)) == [("user:3", "")]


def test_accesses_come_page_after_page(people: None) -> None:
    read("user:3", "patient.read", *(f"p{number}" for number in range(5)))
    first = accesses(Wanted(), limit=3)
    assert [one.patient for one in first.lines] == ["p4", "p3", "p2"]
    assert [one.patient for one in accesses(Wanted(), first.next, 3).lines] == ["p1", "p0"]


@pytest.mark.parametrize("cursor", ["x", "-1", "1.2.3", "9" * 30])
def test_what_is_no_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        accesses(Wanted(), cursor)
    with pytest.raises(ValueError, match="not a cursor"):
        acts(Wanted(), cursor)


def test_hostile_searches_find_nobody() -> None:
    assert matching("\x00") == ()
    assert accesses(Wanted(who="\x00")).lines == ()
    assert accesses(Wanted(patient="\ud800")).lines == ()
    assert acts(Wanted(patient="\x00")).lines == ()


def test_operators_are_named(people: None) -> None:
    found = operators(["user:3", "user:99", "token:abcdefghij", "cli:claire", "retention", "user:x"])
    assert {one.id: (one.kind, one.name) for one in found.values()} == {
        "user:3": ("user", "Anne Roche"),
        "user:99": ("user", ""),
        "token:abcdefghij": ("token", "Montre connectée"),
        "cli:claire": ("cli", "claire"),
        "retention": ("gateway", ""),
        "user:x": ("user", ""),
    }


def test_a_time_leads_to_the_first_line_written_then() -> None:
    for number in range(7):
        read("user:3", "patient.read", f"p{number}", at=NOW + number * SECOND)
    assert [audit.first_at(NOW + number * SECOND) for number in (-1, 0, 3, 6, 7)] == [1, 1, 4, 7, 8]
