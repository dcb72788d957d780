"""Every address of the console, asked by people whose roles are limited: to one establishment, to one site."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from ecluse.services.accounts.roles import ON_A_SITE, roles
from tests.delivery.console.acted import acting
from tests.delivery.console.conftest import Gateway, SignedIn
from tests.delivery.console.people import PASSWORD
from tests.delivery.console.test_every_address_by_every_role import address, views

if TYPE_CHECKING:
    from tests.services.feeding import Gate

NORTH = "CHIR^12^A^VALMONT&750000001&N"
SOUTH = "MED^3^B^VALMONT&750000019&N"
PERSONAL = re.compile(r"<slug:(patient|stay)>")


@pytest.fixture
def gate(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Valmont has two sites; the clinic, another establishment, has its own domain. 7001 lies in the north of Valmont,
    7002 in the south, nobody knows where 7003 lies.
    """
    from ecluse.store.models.access import DomainEstablishment
    from tests.services.feeding import adt
    from tests.services.stay_messages import iti31

    gate = acting(monkeypatch)
    assert gate.act("establishment.add", name="CH de Valmont").done
    assert gate.act("site.add", establishment=1, name="Site nord", finess="750000001").done
    assert gate.act("site.add", establishment=1, name="Site sud", finess="750000019").done
    assert gate.act("establishment.add", name="Clinique").done
    assert gate.act("domain.add", name="clinique", establishments=[2]).done
    DomainEstablishment.objects.create(domain_id=1, establishment_id=1)
    for ipp, ward in (("7001", NORTH), ("7002", SOUTH), ("7003", "CHIR^13")):
        gate.receive(adt(control=f"C{ipp}", ipp=ipp))
        told: Any = {"visit": f"V{ipp}", "account": f"D{ipp}", "movement": f"M{ipp}"}
        gate.receive(iti31(control=f"E{ipp}", ipp=ipp, ward=ward, **told))
    return gate


def patient(ipp: str) -> str:
    from ecluse.services.queries.patients import PatientReader

    (found,) = PatientReader("test").by_identifier(ipp)
    return found.id


def stay(ipp: str) -> str:
    from ecluse.services.queries import stays

    return stays.of_patient(patient(ipp))[0].id


def asked(ipp: str, role: str) -> Iterator[tuple[str, Any, str]]:
    """Every address that a role opens, with its view; those about a patient are about this one."""
    for route, view in views():
        if view.right in roles()[role].rights:
            yield (
                route,
                view,
                address(route.replace("<slug:patient>", patient(ipp)).replace("<slug:stay>", stay(ipp))),
            )


def confirmed(visitor: Client) -> Client:
    assert visitor.post("/compte/confirmer/", {"password": PASSWORD}).status_code == 302
    return visitor


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_administrator_of_one_establishment_manages_no_account_and_no_other_matrix(
    gate: Gate, signed_in: SignedIn
) -> None:
    visitor = confirmed(signed_in("administration", establishment=2))
    wide = 0
    for route, view, where in asked("7001", "administration"):
        for method in ("get", "post"):
            status = getattr(visitor, method)(where).status_code
            if hasattr(view, "on_all"):
                wide += 1
                assert status == 403, (method, where, status)
            elif route.startswith("reglages/habilitations/<int") or "<int:sender>" in route:
                assert status in (404, 405), (method, where, status)
            else:
                assert status not in (403, 500), (method, where, status)
    assert wide > 40
    accounts = [view for route, view in views() if route.startswith("reglages/utilisateurs")]
    assert accounts and all(view.on_all == "users.manage" for view in accounts)
    assert "/reglages/utilisateurs/" not in text(visitor.get("/reglages/")), (
        "a page one may not open is not told"
    )
    assert visitor.get("/reglages/habilitations/2/ajouter/").status_code == 200, (
        "the matrix of her establishment"
    )


def test_sender_of_another_establishment_is_not_confirmed_from_the_first_visit(
    gate: Gate, signed_in: SignedIn
) -> None:
    from ecluse.store.models import Sender

    visitor = confirmed(signed_in("administration", establishment=2))
    for given in ({"sender": "1"}, {"application": "GAM", "facility": "VALMONT"}, {"sender": "²"}):
        assert visitor.post("/premiere-visite/etapes/emetteur/", given).status_code == 404
    assert Sender.objects.get(id=1).status == "to_confirm"
    chief = signed_in("administration")
    assert "/compte/confirmer" in chief.post("/premiere-visite/etapes/emetteur/", {"sender": "1"})["Location"]
    assert confirmed(chief).post("/premiere-visite/etapes/emetteur/", {"sender": "1"}).status_code == 302
    assert Sender.objects.get(id=1).status == "confirmed"


def test_carer_of_another_establishment_finds_nobody(gate: Gate, signed_in: SignedIn) -> None:
    visitor = confirmed(signed_in("soignant", establishment=2))
    for route, _view, where in asked("7001", "soignant"):
        for method in ("get", "post"):
            answer = getattr(visitor, method)(where)
            if PERSONAL.search(route):
                assert answer.status_code in (404, 405), (method, where)
            else:
                assert answer.status_code < 500 and patient("7001") not in text(answer), (method, where)


def test_who_works_on_one_site_sees_those_who_have_or_had_a_stay_there(
    gate: Gate, signed_in: SignedIn
) -> None:
    visitor = confirmed(signed_in("identitovigilance", establishment=1, site=1))
    hers = roles()["identitovigilance"].rights & ON_A_SITE
    far = [patient("7002"), patient("7003")]
    for ipp in ("7002", "7003"):
        for route, view, where in asked(ipp, "identitovigilance"):
            if ipp == "7003" and not PERSONAL.search(route):
                continue
            for method in ("get", "post"):
                answer = getattr(visitor, method)(where)
                if view.right not in hers or hasattr(view, "on_all"):
                    assert answer.status_code == 403, (method, where)
                elif PERSONAL.search(route):
                    assert answer.status_code in (404, 405), (method, where)
                else:
                    assert answer.status_code < 500, (method, where)
                    assert not any(one in text(answer) for one in far), (method, where)
    near = patient("7001")
    for tab in ("", "sejours/", "consentements/", "partages/"):
        assert visitor.get(f"/patients/{near}/{tab}").status_code == 200, tab
    given = {"by": "traits", "birth_date": "12/01/1970", "name": "bri"}
    shown = text(visitor.post("/patients/", given))
    assert near in shown and not any(one in shown for one in far)
    assert "Personne ne correspond" in text(visitor.post("/patients/", {"by": "identifier", "value": "7002"}))
    worklist = text(visitor.get("/consentements/"))
    assert near in worklist and not any(one in worklist for one in far)
    gave = {"feeding": "INO", "consultation": "IC", "how": "oral"}
    assert visitor.post(f"/consentements/{stay('7001')}/noter/", gave).status_code == 302


def test_one_stay_there_is_enough_and_an_undone_one_is_none(gate: Gate, signed_in: SignedIn) -> None:
    from tests.services.stay_messages import iti31

    visitor = signed_in("soignant", establishment=1, site=1)
    page = f"/patients/{patient('7002')}/"
    assert visitor.get(page).status_code == 404
    told: Any = {"ipp": "7002", "visit": "V7002", "account": "D7002", "start": "20261118090000"}
    gate.receive(iti31("A02", "T1", ward=NORTH, movement="T1", **told))
    assert visitor.get(page).status_code == 200, "transferred there"
    gate.receive(iti31("A12", "T2", ward=NORTH, movement="T1", action="CANCEL", **told))
    assert visitor.get(page).status_code == 404, "the transfer never was"


def test_merged_patient_counts_for_the_one_it_became(gate: Gate, signed_in: SignedIn) -> None:
    from tests.services.feeding import AUTHORITY, adt

    visitor = signed_in("soignant", establishment=1, site=1)
    survivor = patient("7003")
    assert visitor.get(f"/patients/{survivor}/").status_code == 404
    gate.receive(adt("A40", "M1", "7003", prior=f"7001^^^{AUTHORITY}^PI"))
    assert visitor.get(f"/patients/{survivor}/").status_code == 200


@pytest.mark.parametrize(
    ("ward", "sees"),
    [
        ("MED^3^B^SITE NORD", True),
        ("MED^3^B^Site  nord&&", True),
        ("MED^3^B^Site nord&750000019&N", False),
        ("MED^3^B^&750000001", True),
        ("750000001^3^B^", False),
        ("MED^3^B^CH DE VALMONT", False),
        ("MED^3^B^&7500000011", False),
    ],
)
def test_site_is_known_by_its_finess_then_by_its_name(gate: Gate, ward: str, sees: bool) -> None:
    from ecluse.services.access import Reach
    from tests.services.feeding import adt
    from tests.services.stay_messages import iti31

    gate.receive(adt(control="C8", ipp="7008"))
    gate.receive(iti31(control="E8", ipp="7008", ward=ward, visit="V8", account="D8", movement="M8"))
    one = patient("7008")
    assert Reach(frozenset(), "", frozenset({1})).sees(one, 1) is sees
    assert not Reach(frozenset(), "", frozenset({1})).sees(one, 2), (
        "a site is in the domains of its establishment"
    )


def test_two_sites_of_one_name_are_known_by_their_finess_only(gate: Gate) -> None:
    from ecluse.services.access import Reach

    assert gate.act("site.add", establishment=2, name="Annexe").done
    assert gate.act("site.add", establishment=1, name="Annexe").done
    assert Reach(frozenset(), "", frozenset({3, 4})).near() == frozenset({1, 2})
    from ecluse.services.site_stays import marks

    assert marks(frozenset({3, 4})).names == {}


def test_inclusion_lists_show_a_site_its_own_patients(gate: Gate, signed_in: SignedIn) -> None:
    made = gate.act("inclusion-list.create", name="Montres", domain="default")
    if not made.done:
        from ecluse.services.queries.settings import domains

        made = gate.act("inclusion-list.create", name="Montres", domain=domains()[0].name)
    here = f"/reglages/listes/{made.data['id']}/"
    both = [patient("7001"), patient("7002")]
    assert gate.act("inclusion.include", list=made.data["id"], patients=both).done
    visitor = signed_in("identitovigilance", establishment=1, site=1)
    shown = text(visitor.get(here))
    assert both[0] in shown and both[1] not in shown
    assert visitor.post(f"{here}exclure/", {"patient": both[1]}).status_code == 404
    assert visitor.post(f"{here}exclure/", {"patient": both[0]}).status_code == 302
    assert signed_in("identitovigilance", establishment=2).get(here).status_code == 404
