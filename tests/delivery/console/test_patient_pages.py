"""The pages about patients: found without a trace in addresses, shown to whom may see them, written down each time."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tests.delivery.console.acted import acting
from tests.delivery.console.conftest import Gateway, SignedIn
from tests.delivery.console.people import PASSWORD

if TYPE_CHECKING:
    from tests.services.feeding import Gate

TABS = ("", "sejours/", "consentements/", "messages/", "partages/", "acces/")


@pytest.fixture
def gate(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gate:
    return acting(monkeypatch)


def patient(ipp: str = "7001") -> str:
    from ecluse.services.queries.patients import PatientReader

    (found,) = PatientReader("test").by_identifier(ipp)
    return found.id


def trail() -> list[tuple[str, str]]:
    """Actions of the trail of patients, with whom they showed."""
    from ecluse.store.models.access import AccessLine

    lines = AccessLine.objects.exclude(action__startswith="session").order_by("id")
    return list(lines.values_list("action", "patient"))


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def found_in(pattern: str, shown: str) -> str:
    found = re.search(pattern, shown)
    assert found is not None
    return found[1]


def confirmed(visitor: Client) -> Client:
    """A visitor who has just proved again who she is."""
    assert visitor.post("/compte/confirmer/", {"password": PASSWORD}).status_code == 302
    return visitor


def hidden(answer: Any, name: str) -> str:
    """The value of a hidden field of a form."""
    return found_in(f'<input type="hidden" name="{name}" value="([^"]*)"', text(answer))


def qualified(gate: Gate, ipp: str = "7001", **more: Any) -> str:
    from tests.services.feeding import MARIN, adt

    gate.act("sender.add", application="GAM", facility="VALMONT")
    gate.receive(adt(control=f"Q{ipp}", ipp=ipp, ins=MARIN, status="VALI", **more))
    return patient(ipp)


SEARCHES = [
    {"by": "traits", "birth_date": "12/01/1970", "name": "bri"},
    {"by": "traits", "birth_date": "1970-01-12", "first_name": "éloi"[:3]},
    {"by": "traits", "birth_date": "12/01/1970"},
    {"by": "identifier", "value": "7001"},
    {"by": "ins", "matricule": "1 70 01 29 123 456"},
]


@pytest.mark.parametrize("asked", SEARCHES, ids=[" ".join(one.values()) for one in SEARCHES])
def test_a_patient_is_found_and_the_search_is_written_down(
    gate: Gate, signed_in: SignedIn, asked: dict[str, str]
) -> None:
    from tests.services.feeding import MARIN

    found = qualified(gate)
    if asked["by"] == "ins":
        asked = {**asked, "matricule": f"{asked['matricule']} {MARIN[13:]}"}
    visitor = signed_in("identitovigilance")
    answer = visitor.post("/patients/", asked)
    assert answer.status_code == 200
    assert f'href="/patients/{found}/"' in text(answer) and "Qualifiée" in text(answer)
    assert trail() == [("patient.search", found)]


def test_a_search_that_finds_nobody_is_written_down_too(gate: Gate, signed_in: SignedIn) -> None:
    answer = signed_in("soignant").post("/patients/", {"by": "identifier", "value": "7999"})
    assert answer.status_code == 200 and "Personne ne correspond" in text(answer)
    assert trail() == [("patient.search", "")]


@pytest.mark.parametrize("birth_date", ["1970", "01/1970"])
def test_a_year_alone_says_what_it_searches(gate: Gate, signed_in: SignedIn, birth_date: str) -> None:
    """It is the date of a record that knows no more: somebody born that year on a known day is not found by it."""
    qualified(gate)
    answer = signed_in("soignant").post("/patients/", {"by": "traits", "birth_date": birth_date})
    assert "ne trouve que les dossiers dont la date de naissance est incomplète" in text(answer)


def test_nothing_is_searched_by_an_address(gate: Gate, signed_in: SignedIn) -> None:
    found = qualified(gate)
    answer = signed_in("soignant").get("/patients/?by=identifier&value=7001")
    assert found not in text(answer) and trail() == []


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"by": "traits", "birth_date": "hier"}, "Écrivez une date"),
        ({"by": "traits", "birth_date": "32/13/1930"}, "Ce jour n’existe pas"),
        ({"by": "traits", "birth_date": "31/04/1970"}, "Ce jour n’existe pas"),
        ({"by": "traits", "birth_date": "1970-02-30"}, "Ce jour n’existe pas"),
        ({"by": "traits", "birth_date": "0000"}, "L’année manque"),
        ({"by": "traits", "name": "bri"}, "Date de naissance"),
        ({"by": "traits", "birth_date": "1970", "name": "bri", "first_name": "elo"}, "pas les deux"),
        ({"by": "traits", "birth_date": "1970", "name": "briand"}, "Début du nom"),
        ({"by": "ins", "matricule": "12345"}, "13 caractères"),
        ({"by": "identifier", "value": ""}, "IPP"),
    ],
)
def test_a_search_that_the_guide_does_not_allow_is_explained(
    gate: Gate, signed_in: SignedIn, asked: dict[str, str], told: str
) -> None:
    answer = signed_in("soignant").post("/patients/", asked)
    assert answer.status_code == 422
    assert 'role="alert"' in text(answer) and told in text(answer).split('role="alert"')[1]
    assert trail() == []


def test_a_carer_sees_every_tab_her_rights_open_and_each_is_written_down(
    gate: Gate, signed_in: SignedIn
) -> None:
    found = qualified(gate)
    officer, carer = signed_in("identitovigilance"), signed_in("soignant")
    for tab in TABS:
        assert officer.get(f"/patients/{found}/{tab}").status_code == 200, tab
    assert trail() == [
        (action, found)
        for action in (
            "patient.read",
            "stay.list",
            "consent.read",
            "message.list",
            "patient.sharing",
            "access.list",
        )
    ]
    shown = text(carer.get(f"/patients/{found}/"))
    assert "Accès</a>" not in shown and "/flux/messages/" not in shown and "Exporter" not in shown
    assert carer.get(f"/patients/{found}/messages/").status_code == 403
    assert carer.get(f"/patients/{found}/acces/").status_code == 403


def test_the_card_says_why_and_shows_the_ins_only_when_it_may_be_used(
    gate: Gate, signed_in: SignedIn
) -> None:
    from tests.services.feeding import MARIN, adt

    visitor = signed_in("identitovigilance")
    found = qualified(gate)
    shown = text(visitor.get(f"/patients/{found}/"))
    assert "GAM / VALMONT, confirmé par une personne" in shown and f'data-copy="{MARIN}"' in shown
    gate.receive(adt("A31", "C9", status="PROV"))
    shown = text(visitor.get(f"/patients/{found}/"))
    assert "Que faire\u00a0?" in shown and "INS retiré" in shown
    assert MARIN not in shown and "aucun INS utilisable" in shown


def test_what_a_sender_wrote_is_never_markup(gate: Gate, signed_in: SignedIn) -> None:
    from tests.services.feeding import adt

    gate.receive(adt(name="<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"))
    gate.receive(adt("A31", "C2", name="<b>GRAS</b>", street="<svg onload=alert(3)>"))
    visitor = signed_in("identitovigilance")
    pages = [visitor.get(f"/patients/{patient()}/{tab}").content.decode() for tab in TABS]
    pages.append(visitor.post("/patients/", {"by": "identifier", "value": "7001"}).content.decode())
    for shown in pages:
        for hostile in ("<script>alert", "<img src=x", "<b>GRAS", "<svg onload"):
            assert hostile not in shown
    assert "&lt;script&gt;alert(1)" in pages[0] and "&lt;b&gt;GRAS" in pages[0]


def test_no_page_about_somebody_elses_patient(gate: Gate, signed_in: SignedIn) -> None:
    """A visitor of one establishment asks for the patient of another by every address."""
    from tests.services.feeding import adt

    elsewhere = gate.act("establishment.add", name="CH du Val", finess="880000005", domain="")
    assert elsewhere.done, elsewhere.text_en
    gate.act("sender.add", application="LGC", facility="VAL", domain="val")
    gate.receive(adt())
    gate.receive(adt(control="C2", ipp="9", application="LGC", facility="VAL", name="LE VAL"))
    establishment = shared("CH du Val", "val")
    visitor = confirmed(signed_in("identitovigilance", establishment=establishment))
    theirs, mine = patient("7001"), patient("9")
    for tab in (*TABS, "defusion/", "note/", "dossier/"):
        assert visitor.get(f"/patients/{theirs}/{tab}").status_code == 404, tab
        assert visitor.get(f"/patients/{mine}/{tab}").status_code in (200, 302), tab
    for address in (f"/patients/{theirs}/note/", f"/patients/{theirs}/inclusion/", f"/patients/{theirs}/dossier/",
                    f"/patients/{theirs}/consentements/noter/"):  # fmt: skip
        assert visitor.post(address, {"text": "essai", "date": "2026-11-20"}).status_code == 404, address
    assert theirs not in text(visitor.post("/patients/", {"by": "identifier", "value": "7001"}))
    assert mine in text(visitor.post("/patients/", {"by": "identifier", "value": "9"}))
    assert all(shown != theirs for _, shown in trail())


def shared(establishment: str, domain: str) -> int:
    """Id of an establishment, made to work in a domain."""
    from ecluse.store.models import Domain
    from ecluse.store.models.access import DomainEstablishment, Establishment

    found = Establishment.objects.get(name=establishment)
    DomainEstablishment.objects.get_or_create(
        domain_id=Domain.objects.get(name=domain).id, establishment_id=found.id
    )
    return found.id


def test_nothing_is_shown_when_the_trail_cannot_be_written(
    gate: Gate, signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ecluse.services import access
    from ecluse.services.access_trail import TrailUnavailable

    found = qualified(gate)
    visitor = signed_in("identitovigilance")

    def broken(*_arguments: object, **_more: object) -> None:
        raise TrailUnavailable

    monkeypatch.setattr(access, "record", broken)
    for tab in TABS:
        answer = visitor.get(f"/patients/{found}/{tab}")
        assert answer.status_code == 503 and "BRIAND" not in text(answer), tab
    answer = visitor.post("/patients/", {"by": "identifier", "value": "7001"})
    assert answer.status_code == 503 and found not in text(answer)


def merged(gate: Gate) -> tuple[str, str]:
    from tests.services.feeding import AUTHORITY, adt

    gate.receive(adt(), adt(control="C2", ipp="7002", name="LE GOFF"))
    gate.receive(adt("A40", "C3", prior=f"7002^^^{AUTHORITY}^PI"))
    return patient("7002"), patient("7001")


def test_a_merge_is_undone_after_what_it_does_was_told(gate: Gate, signed_in: SignedIn) -> None:
    gone, survivor = merged(gate)
    visitor = confirmed(signed_in("identitovigilance"))
    told = visitor.get(f"/patients/{gone}/defusion/")
    assert "LE GOFF" in text(told) and "BRIAND" in text(told) and "Ce qui va se passer" in text(told)
    version = hidden(told, "version")
    refused = visitor.post(f"/patients/{gone}/defusion/", {"reason": "non", "version": version})
    assert refused.status_code == 422 and 'href="#id_reason"' in text(refused)
    done = visitor.post(f"/patients/{gone}/defusion/", {"reason": "deux personnes", "version": version})
    assert done.status_code == 302 and done["Location"] == f"/patients/{gone}/"
    shown = text(visitor.get(f"/patients/{gone}/"))
    assert "Fusion défaite" in shown and "Fusion défaite" in shown
    assert "deux personnes" in shown and f'href="/patients/{survivor}/"' in shown


def test_undoing_a_merge_asks_who_one_is_again(gate: Gate, signed_in: SignedIn) -> None:
    gone, _survivor = merged(gate)
    visitor = signed_in("identitovigilance")
    answer = visitor.post(f"/patients/{gone}/defusion/", {"reason": "deux personnes", "version": 1})
    assert answer.status_code == 302 and "/compte/confirmer" in answer["Location"]
    assert "Fusionné" in text(visitor.get(f"/patients/{gone}/"))


def test_a_note_is_written_and_shown_in_the_timeline(gate: Gate, signed_in: SignedIn) -> None:
    found = qualified(gate)
    visitor = signed_in("identitovigilance")
    answer = visitor.post(
        f"/patients/{found}/note/", {"text": "Prénom rectifié chez l’émetteur", "date": "2026-11-20"}
    )
    assert answer["Location"] == f"/patients/{found}/"
    shown = text(visitor.get(f"/patients/{found}/"))
    assert "Prénom rectifié chez l’émetteur" in shown and "Claire Moreau" in shown


def test_the_dossier_of_a_person_is_a_file_and_an_act(gate: Gate, signed_in: SignedIn) -> None:
    from tests.services.feeding import MARIN, journal

    found = qualified(gate)
    visitor = confirmed(signed_in("identitovigilance"))
    assert visitor.get(f"/patients/{found}/dossier/").status_code == 200
    answer = visitor.post(f"/patients/{found}/dossier/")
    assert answer["Content-Disposition"] == f'attachment; filename="dossier-{found}.json"'
    assert json.loads(answer.content)["identities"][0]["state"]["ins"]["matricule"] == MARIN
    assert journal()[-1][0] == "act" and ("patient.dossier", found) in trail()
    assert signed_in("soignant").post(f"/patients/{found}/dossier/").status_code == 403


def test_a_patient_joins_and_leaves_a_list(gate: Gate, signed_in: SignedIn) -> None:
    found = qualified(gate)
    made = gate.act("inclusion-list.create", name="Stimulateurs", domain="").data["id"]
    visitor = signed_in("identitovigilance")
    address = f"/patients/{found}/inclusion/"
    assert (
        visitor.post(address, {"list": made, "act": "include"})["Location"] == f"/patients/{found}/partages/"
    )
    assert "suivi" in text(visitor.get(f"/patients/{found}/partages/"))
    visitor.post(address, {"list": made, "act": "exclude", "purge": "1"})
    assert "données livrées à purger" in text(visitor.get(f"/patients/{found}/partages/"))
    assert visitor.post(address, {"list": "none", "act": "include"}).status_code == 404


def test_duplicates_are_compared_and_marked_as_looked_at(gate: Gate, signed_in: SignedIn) -> None:
    from tests.services.feeding import adt

    gate.receive(adt(control="C1", ipp="1"), adt(control="C2", ipp="2", street="9 QUAI NORD"))
    visitor, carer = signed_in("identitovigilance"), signed_in("soignant")
    shown = text(visitor.get("/patients/doublons/"))
    assert "Mêmes traits stricts" in shown
    group = found_in(r"/patients/doublons/(\d+)/", shown)
    page = visitor.get(f"/patients/doublons/{group}/")
    assert "9 QUAI NORD" in text(page) and "différent" in text(page)
    members = {name: hidden(page, name) for name in ("seen", "patients")}
    given = {**members, "verdict": "distinct", "note": "deux homonymes, cartes lues"}
    address = f"/patients/doublons/{group}/examiner/"
    assert visitor.post(address, {**given, "note": "non"}).status_code == 422
    assert carer.get(f"/patients/doublons/{group}/").status_code == 200
    assert carer.post(address, given).status_code == 403
    stale = visitor.post(address, {**given, "seen": "0" * 32})
    assert stale["Location"] == f"/patients/doublons/{group}/"
    assert visitor.post(address, given)["Location"] == "/patients/doublons/"
    assert "Aucun rapprochement à examiner" in text(visitor.get("/patients/doublons/"))
    again = text(visitor.get(f"/patients/doublons/{group}/"))
    assert "deux homonymes, cartes lues" in again and "Claire Moreau" in again
    assert "Déjà examiné" in again


def test_older_versions_come_as_a_part_of_the_page(gate: Gate, signed_in: SignedIn) -> None:
    from tests.services.feeding import adt

    gate.receive(adt())
    for number in range(40):
        gate.receive(adt("A31", f"U{number}", street=f"{number} RUE NEUVE"))
    visitor: Client = signed_in("identitovigilance")
    first = visitor.get(f"/patients/{patient()}/")
    assert "39 RUE NEUVE" in text(first) and "Versions plus anciennes" in text(first)
    older = f"?avant={found_in(r'[?]avant=([0-9]+)', text(first))}"
    part = visitor.get(f"/patients/{patient()}/{older}", headers={"HX-Request": "true"})
    assert "<html" not in text(part) and "1 RUE DU PORT" in text(part)
    whole = visitor.get(f"/patients/{patient()}/{older}")
    assert "<html" in text(whole) and "1 RUE DU PORT" in text(whole)


def test_the_pages_speak_english(gate: Gate, signed_in: SignedIn) -> None:
    found = qualified(gate)
    visitor = signed_in("identitovigilance")
    shown = text(visitor.get(f"/patients/{found}/?lang=en"))
    assert "Timeline" in shown and "confirmed by a person" in shown
    assert "born 1970-01-12 in 29019" in re.sub("<[^>]+>", "", shown)
