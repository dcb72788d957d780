"""The habilitation matrix: every change is a version, every year each of its lines is looked at."""

from __future__ import annotations

from typing import Any

import pytest

from ecluse.services.accounts.visitor import Visitor, visitor
from ecluse.services.acts import perform
from ecluse.services.export_habilitations import export_matrix, export_review
from ecluse.services.queries import habilitations as queries
from ecluse.services.wire import Act
from ecluse.store.models.access import DomainEstablishment
from ecluse.store.models.accounts import RoleGrant, User
from tests.conftest import NOW
from tests.services.feeding import Gate, journal

pytestmark = pytest.mark.usefixtures("store")

DAY = 86_400_000_000
NURSES = {"profession": "60", "site": 0, "unit": "Cardiologie", "right": "patients.read"}
DOCTORS = {"profession": "10", "site": 0, "unit": "*", "right": "patients.read"}
DESK = {"profession": "*", "site": 0, "unit": "Accueil", "right": "consents.record", "ends": "2026-11-01"}


@pytest.fixture
def gate() -> Gate:
    made = Gate()
    assert made.act("establishment.add", name="CH de Valmont", finess="0B0100004").done
    assert made.act("site.add", establishment=1, name="Site nord").done
    return made


def set_matrix(
    gate: Gate, *lines: dict[str, Any], expected: int = 0, reason: str = "Ouverture", **more: Any
) -> Any:
    return gate.act(
        "habilitation.set",
        **{"establishment": 1, "lines": list(lines), "reason": reason, "expected": expected, **more},
    )


def reviewed(gate: Gate, *lines: dict[str, Any]) -> int:
    assert set_matrix(gate, *lines).done
    result = gate.act("habilitation.review.open", establishment=1)
    assert result.done, result.text_fr
    return int(result.data["review"])


def decide(gate: Gate, review: int, decision: str, *ranks: int, **more: Any) -> Any:
    return gate.act("habilitation.review.decide", review=review, ranks=list(ranks), decision=decision, **more)


def test_change_makes_a_version_that_can_be_read_back(gate: Gate) -> None:
    first = set_matrix(gate, NURSES, DOCTORS)
    assert (first.done, first.data) == (True, {"version": 1})
    gate.now += DAY
    assert set_matrix(gate, DOCTORS, DESK, expected=1, reason="Nouvel accueil").done
    now = queries.matrix(1, gate.now)
    assert now is not None
    assert (now.number, now.reason, now.establishment_name) == (2, "Nouvel accueil", "CH de Valmont")
    assert [(one.profession, one.unit, one.held) for one in now.lines] == [
        ("10", "*", True),
        ("*", "Accueil", False),
    ]
    past = queries.matrix(1, gate.now, 1)
    assert past is not None
    assert [one.profession for one in past.lines] == ["10", "60"]
    newest, oldest = queries.changes(1, gate.now)
    assert (newest.number, newest.latest, oldest.latest) == (2, True, False)
    assert [one.unit for one in newest.added] == ["Accueil"]
    assert [one.unit for one in newest.removed] == ["Cardiologie"]
    assert [kind for kind, *_ in journal()][-2:] == ["act", "act"]


def test_version_tells_who_made_it_whatever_the_request_says(gate: Gate) -> None:
    user = User.objects.create(username="c.moreau", name="Claire Moreau", created=NOW, password="!")
    RoleGrant.objects.create(
        user=user, role="administration", establishment_id=1, since=NOW, given_by="tests"
    )
    assert set_matrix(gate, NURSES, operator="user:999").done
    found = queries.matrix(1, gate.now)
    assert found is not None
    assert found.by == "cli:claire"
    asked = {"establishment": 1, "lines": [DOCTORS], "reason": "Relève", "expected": 1}
    assert perform(gate.intake, Act(f"user:{user.pk}", "habilitation.set", asked), gate.now).done
    found = queries.matrix(1, gate.now)
    assert found is not None
    assert found.by == "Claire Moreau"


def test_matrix_belongs_to_the_administrators_of_its_establishment(gate: Gate) -> None:
    """Two establishments share a domain: to administer one is not to give rights in the other."""
    assert gate.act("establishment.add", name="Clinique").done
    DomainEstablishment.objects.create(domain_id=1, establishment_id=1)
    DomainEstablishment.objects.create(domain_id=1, establishment_id=2)
    neighbour = User.objects.create(username="n", name="N", created=NOW, password="!")
    RoleGrant.objects.create(
        user=neighbour, role="administration", establishment_id=2, since=NOW, given_by="x"
    )

    def asked(establishment: int, act: str = "habilitation.set", **more: Any) -> Any:
        given = {"establishment": establishment, "lines": [NURSES], "reason": "Test", "expected": 0, **more}
        return perform(gate.intake, Act(f"user:{neighbour.pk}", act, given), gate.now)

    assert "administrez pas" in asked(1).text_fr
    assert asked(2).done
    review = reviewed(gate, NURSES)
    assert not asked(1, "habilitation.review.open").done
    assert not asked(1, "habilitation.review.close", review=review).done
    assert not asked(1, "habilitation.review.decide", review=review, ranks=[0], decision="keep").done


def test_change_over_a_change_is_refused(gate: Gate) -> None:
    assert set_matrix(gate, NURSES).done
    late = set_matrix(gate, DOCTORS, expected=0)
    assert not late.done
    assert "relisez-la" in late.text_fr
    assert not set_matrix(gate, NURSES, expected=1).done


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"right": "everything"}, "Droit inconnu"),
        ({"site": 99}, "site"),
        ({"right": "users.manage"}, "profession"),
        ({"right": "settings.write"}, "profession"),
        ({"site": 1, "right": "messages.read"}, "site"),
        ({"profession": ""}, "profession"),
        ({"profession": "*", "unit": "*"}, "tout le monde"),
        ({"starts": "2026-13-01"}, "date"),
        ({"starts": "2026-11-02", "ends": "2026-11-01"}, "fin"),
        ({"unit": "A\x00"}, "unit"),
    ],
)
def test_line_that_says_nothing_clear_is_refused(gate: Gate, wrong: dict[str, Any], word: str) -> None:
    refused = set_matrix(gate, {**NURSES, **wrong})
    assert not refused.done
    assert word in refused.text_fr
    assert queries.matrix(1, gate.now) is None


def test_change_without_reason_is_refused(gate: Gate) -> None:
    assert not set_matrix(gate, NURSES, reason=" ").done
    assert not set_matrix(gate, NURSES, establishment=7).done


def test_review_looks_at_every_line_before_it_closes(gate: Gate) -> None:
    review = reviewed(gate, NURSES, DOCTORS, DESK)  # in the order of the matrix: doctors, desk, nurses
    assert not gate.act("habilitation.review.open", establishment=1).done
    assert decide(gate, review, "keep", 0).done
    early = gate.act("habilitation.review.close", review=review)
    assert not early.done
    assert early.text_fr == "Droits qui restent à revoir\N{NO-BREAK SPACE}: 2."
    assert not decide(gate, review, "remove", 1).done, "a removal needs a reason"
    assert decide(gate, review, "remove", 1, note="Accueil fermé").done
    assert decide(gate, review, "change", 2, note="Un an", line={**NURSES, "ends": "2027-10-31"}).done
    closed = gate.act("habilitation.review.close", review=review)
    assert closed.done, closed.text_fr
    assert "18/11/2027" in closed.text_fr
    found = queries.matrix(1, gate.now)
    assert found is not None
    assert [(one.profession, one.ends) for one in found.lines] == [("10", ""), ("60", "2027-10-31")]
    assert (found.number, found.review) == (2, review)
    told = queries.review(review, gate.now)
    assert told is not None
    assert (told.left, told.done, told.next_due) == (0, 3, "2027-11-18")
    assert [one.decision.decision for one in told.lines if one.decision] == ["keep", "remove", "change"]
    assert not decide(gate, review, "keep", 0).done, "a closed review stays as it is"


def test_review_that_keeps_everything_makes_no_version(gate: Gate) -> None:
    review = reviewed(gate, NURSES, DOCTORS)
    assert decide(gate, review, "keep", 0, 1).done
    assert gate.act("habilitation.review.close", review=review, next_due="2027-03-01").done
    found = queries.matrix(1, gate.now)
    assert found is not None
    assert found.number == 1
    (clock,) = queries.clocks(gate.now)
    assert (clock.due, clock.open) == ("2027-03-01", None)


def test_mind_can_change_until_the_review_closes(gate: Gate) -> None:
    review = reviewed(gate, NURSES)
    assert decide(gate, review, "remove", 0, note="Erreur").done
    assert decide(gate, review, "keep", 0).done
    assert gate.act("habilitation.review.close", review=review).done
    found = queries.matrix(1, gate.now)
    assert found is not None
    assert len(found.lines) == 1


@pytest.mark.parametrize("day", ["2026-11-18", "2027-11-19", "demain", "2030-01-01"])
def test_next_review_comes_within_a_year(gate: Gate, day: str) -> None:
    review = reviewed(gate, NURSES)
    assert decide(gate, review, "keep", 0).done
    assert not gate.act("habilitation.review.close", review=review, next_due=day).done


@pytest.mark.parametrize(
    "wrong",
    [{"ranks": [5]}, {"ranks": []}, {"ranks": [-1]}, {"ranks": [True]}, {"decision": "burn"}, {"review": 9}],
)
def test_decision_on_nothing_is_refused(gate: Gate, wrong: dict[str, Any]) -> None:
    review = reviewed(gate, NURSES)
    given = {"review": review, "ranks": [0], "decision": "keep", **wrong}
    assert not gate.act("habilitation.review.decide", **given).done


def test_clock_rings_a_month_before_and_once_late(gate: Gate) -> None:
    assert queries.clocks(gate.now) == ()
    assert set_matrix(gate, NURSES).done
    for days, alarm in ((0, "none"), (334, "none"), (335, "soon"), (365, "soon"), (366, "late")):
        (clock,) = queries.clocks(gate.now + days * DAY)
        assert (clock.days, clock.alarm) == (365 - days, alarm)


def test_rights_follow_from_the_latest_version_on_the_domains_of_the_establishment(gate: Gate) -> None:
    assert gate.act("establishment.add", name="Clinique").done
    assert gate.act("domain.add", name="valmont", establishments=[1]).done
    assert gate.act("domain.add", name="clinique", establishments=[2]).done
    mine = DomainEstablishment.objects.get(establishment_id=1).domain_id
    assert set_matrix(gate, NURSES, {**DOCTORS, "site": 1}).done

    def rights(profession: str, unit: str, *places: tuple[int | None, int | None]) -> dict[str, queries.Held]:
        return queries.rights_by_place(profession, unit, places, gate.now)

    here = {"patients.read": queries.Held(frozenset({mine}))}
    north = {"patients.read": queries.Held(sites=frozenset({1}))}
    assert rights("60", "cardiologie", (1, None), (2, None)) == here
    assert rights("60", "cardiologie", (None, None)) == here
    assert rights("60", "", (1, None)) == {}
    assert rights("10", "", (1, None)) == {}
    assert rights("10", "", (1, 1)) == north, "a line of the site, for who has a role on the site"
    assert rights("10", "", (1, 2)) == {}
    assert rights("60", "cardiologie", (1, 1)) == north, (
        "a line of every site, for who has a role on one only"
    )
    assert rights("60", "cardiologie", (1, 1), (1, None)) == {
        "patients.read": queries.Held(frozenset({mine}), frozenset({1}))
    }
    assert rights("60", "Cardiologie", (2, None)) == {}
    assert rights("60", "Cardiologie") == {}, "nobody without a role is of the house"
    assert rights("", "", (1, 1)) == {}
    assert set_matrix(gate, DOCTORS, expected=1).done
    assert rights("60", "cardiologie", (1, None)) == {}


def test_line_of_a_site_holds_for_who_has_a_role_there_and_on_its_patients_only(gate: Gate) -> None:
    assert gate.act("domain.add", name="valmont", establishments=[1]).done
    assert set_matrix(gate, {**DOCTORS, "site": 1}).done

    def physician(username: str, site: int | None) -> Visitor:
        user = User.objects.create(
            username=username, name="Paul Durand", profession="10", created=NOW, password="!"
        )
        RoleGrant.objects.create(
            user=user, role="lecture", establishment_id=1, site_id=site, since=NOW, given_by="x"
        )
        return visitor(user)

    there = physician("p.durand", 1)
    assert there.may("patients.read") and not there.everywhere("patients.read")
    reach = there.reach("patients.read")
    assert (reach.domains, reach.sites) == (frozenset(), frozenset({1}))
    assert not physician("m.roux", None).may("patients.read")


def test_export_opens_in_a_spreadsheet_and_runs_nothing(gate: Gate) -> None:
    review = reviewed(gate, NURSES, {**DOCTORS, "unit": "=HYPERLINK(A1)"})
    version = queries.matrix(1, gate.now)
    assert version is not None
    text = export_matrix(version).decode("utf-8-sig")
    assert text.splitlines()[6] == "site;unite;profession;droit;debut;fin;en_vigueur"
    assert "*;'=HYPERLINK(A1);10;patients.read;;;oui" in text
    assert decide(gate, review, "keep", 0).done
    told = queries.review(review, gate.now)
    assert told is not None
    assert "10;patients.read;;;keep;;" in export_review(told).decode("utf-8-sig")


def test_the_matrix_opens_the_pages_where_the_person_has_a_role(gate: Gate) -> None:
    """A nurse whose role is to read nothing sees the patients of her hospital because her unit is habilitated."""
    from ecluse.services.accounts.visitor import granted

    DomainEstablishment.objects.create(domain_id=1, establishment_id=1)
    assert set_matrix(gate, NURSES).done
    nurse = User.objects.create(
        username="n", name="N", password="!", created=NOW, profession="60", unit="Cardiologie"
    )
    assert granted(nurse) == ({}, {}), "no role anywhere: the matrix alone opens nothing"
    RoleGrant.objects.create(user=nurse, role="lecture", establishment_id=1, since=NOW, given_by="tests")
    assert granted(nurse)[0]["patients.read"] == frozenset({1})
    User.objects.filter(pk=nurse.pk).update(unit="Urgences")
    assert "patients.read" not in granted(User.objects.get(pk=nurse.pk))[0]
