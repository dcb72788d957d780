"""« Consentements à recueillir »: whom to ask, one gesture with script or without, a patient’s own page, the notice."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.delivery.console.acted import acting
from tests.delivery.console.conftest import Gateway, SignedIn

if TYPE_CHECKING:
    from tests.services.feeding import Gate

AGREED = {"choice": "INO/IC", "how": "oral"}


@pytest.fixture
def gate(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gate:
    return acting(monkeypatch)


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def present(gate: Gate) -> tuple[str, str]:
    """A patient who is there and was not asked; her stay and her id."""
    from ecluse.services.queries import stays
    from ecluse.services.queries.patients import PatientReader
    from tests.services.feeding import adt
    from tests.services.stay_messages import iti31

    gate.receive(adt(), iti31())
    (found,) = PatientReader("test").by_identifier("7001")
    return stays.of_patient(found.id)[0].id, found.id


def told(patient: str) -> list[tuple[str | None, ...]]:
    """What was recorded of a patient: source, how, by, stay, choices."""
    from ecluse.services.queries import stays

    found = stays.consents(patient)
    assert found is not None
    return [
        (one.source, one.how, one.by, one.stay, one.dmp_consent and one.dmp_consent.feeding,
         one.dmp_consent and one.dmp_consent.consultation)
        for one in found.history
    ]  # fmt: skip


def test_one_gesture_without_script_records_and_empties_the_list(gate: Gate, signed_in: SignedIn) -> None:
    stay, patient = present(gate)
    visitor = signed_in("soignant")
    shown = text(visitor.get("/consentements/"))
    assert f'action="/consentements/{stay}/noter/"' in shown and "0 / 1" in shown
    answer = visitor.post(f"/consentements/{stay}/noter/", {**AGREED, "unite": "1:6268", "vue": "presents"})
    assert answer["Location"] == "/consentements/?unite=1%3A6268&vue=presents"
    assert told(patient) == [("console", "oral", "Claire Moreau", stay, "INO", "IC")]
    shown = text(visitor.get("/consentements/"))
    assert "Personne à interroger" in shown and "1 / 1" in shown and "Consentement enregistré" in shown


def test_one_gesture_with_script_answers_the_line_alone(gate: Gate, signed_in: SignedIn) -> None:
    stay, patient = present(gate)
    visitor = signed_in("soignant")
    answer = visitor.post(f"/consentements/{stay}/noter/", AGREED, headers={"HX-Request": "true"})
    assert answer.status_code == 200 and text(answer).lstrip().startswith("<li")
    assert "Enregistré" in text(answer) and "<form" not in text(answer)
    assert told(patient)[-1][4:] == ("INO", "IC")


@pytest.mark.parametrize("given", [{}, {"choice": "INO/IC"}, {"choice": "IO/IC", "how": "oral"}])
def test_a_gesture_that_says_nothing_records_nothing(
    gate: Gate, signed_in: SignedIn, given: dict[str, str]
) -> None:
    stay, patient = present(gate)
    answer = signed_in("soignant").post(
        f"/consentements/{stay}/noter/", given, headers={"HX-Request": "true"}
    )
    assert 'role="alert"' in text(answer) and "<form" in text(answer)
    assert told(patient) == []


def test_who_may_only_read_gets_no_form_and_may_not_record(gate: Gate, signed_in: SignedIn) -> None:
    stay, patient = present(gate)
    reader = signed_in("conformite")
    assert reader.get("/consentements/").status_code == 403
    assert reader.post(f"/consentements/{stay}/noter/", AGREED).status_code == 403
    assert told(patient) == []


def test_a_visitor_of_another_establishment_sees_and_records_nothing(gate: Gate, signed_in: SignedIn) -> None:
    from ecluse.store.models.access import DomainEstablishment, Establishment

    stay, patient = present(gate)
    gate.act("sender.add", application="LGC", facility="VAL", domain="val")
    gate.act("establishment.add", name="CH du Val", finess="880000005")
    establishment = Establishment.objects.get(name="CH du Val").id
    DomainEstablishment.objects.get_or_create(domain_id=2, establishment_id=establishment)
    visitor = signed_in("soignant", establishment=establishment)
    shown = text(visitor.get("/consentements/"))
    assert "Personne à interroger" in shown and "BRIAND" not in shown and "6268" not in shown
    assert visitor.post(f"/consentements/{stay}/noter/", AGREED).status_code == 404
    assert visitor.post(f"/patients/{patient}/consentements/noter/", AGREED).status_code == 404
    assert told(patient) == []


def test_the_list_writes_down_whom_it_shows(gate: Gate, signed_in: SignedIn) -> None:
    from ecluse.store.models.access import AccessLine

    stay, patient = present(gate)
    visitor = signed_in("soignant")
    visitor.get("/consentements/")
    visitor.post(f"/consentements/{stay}/noter/", AGREED)
    lines = AccessLine.objects.exclude(action__startswith="session").values_list("action", "patient")
    assert list(lines.order_by("id")) == [("consent.search", patient), ("consent.read", patient)]


def test_a_consent_is_recorded_from_the_page_of_the_patient(gate: Gate, signed_in: SignedIn) -> None:
    stay, patient = present(gate)
    visitor = signed_in("soignant")
    page = text(visitor.get(f"/patients/{patient}/consentements/"))
    assert "Rien de recueilli" in page and "le séjour V1" in page and 'value="Claire Moreau"' in page
    address = f"/patients/{patient}/consentements/noter/"
    wrong = visitor.post(address, {"choice": "INO/INC", "date": "2090-01-01"})
    assert wrong.status_code == 422 and "avenir" in text(wrong) and "Recueilli" in text(wrong)
    given = {
        "choice": "INO/INC",
        "how": "written",
        "date": "2026-11-18",
        "by": "Mme Kerdoncuff",
        "stay": stay,
    }
    assert visitor.post(address, given)["Location"] == f"/patients/{patient}/consentements/"
    assert told(patient) == [("console", "written", "Mme Kerdoncuff", stay, "INO", "INC")]
    page = text(visitor.get(f"/patients/{patient}/consentements/"))
    assert "Informé, ne consent pas" in page and "par écrit" in page.lower() and "18/11/2026" in page


def test_an_older_choice_is_refused_unless_it_corrects(gate: Gate, signed_in: SignedIn) -> None:
    _stay, patient = present(gate)
    visitor = signed_in("soignant")
    address = f"/patients/{patient}/consentements/noter/"
    visitor.post(address, {"choice": "INO/IC", "how": "oral", "date": "2026-11-18"})
    older = {"choice": "IO/INC", "how": "oral", "date": "2026-11-17"}
    refused = visitor.post(address, older)
    assert refused.status_code == 409 and "plus récent" in text(refused)
    assert visitor.post(address, {**older, "correction": "on"}).status_code == 302
    assert told(patient)[-1][4:] == ("IO", "INC")


def test_the_leaflet_says_what_the_establishment_wrote(gate: Gate, signed_in: SignedIn) -> None:
    carer, administrator = signed_in("soignant"), signed_in("administration")
    shown = text(carer.get("/consentements/notice/"))
    assert "R. 1111-46" in shown and shown.count("to-fill") == 4
    assert carer.get("/consentements/notice/textes/").status_code == 403
    given = {
        "rights": "Dites-le au secrétariat.\r\n<b>Sans délai</b>",
        "contact": "Mme Le Goff, poste 12",
        "more": "",
    }
    answer = administrator.post("/consentements/notice/textes/", given)
    assert answer["Location"] == "/consentements/notice/"
    shown = carer.get("/consentements/notice/").content.decode()
    assert "Dites-le au secrétariat.<br>" in shown and "&lt;b&gt;Sans délai" in shown
    assert "Mme Le Goff, poste 12" in shown and "to-fill" not in shown
    kept = text(administrator.get("/consentements/notice/textes/"))
    assert re.search(r"<textarea[^>]*>\s*Mme Le Goff, poste 12", kept)


def test_expected_patients_have_their_own_list(gate: Gate, signed_in: SignedIn) -> None:
    from tests.services.feeding import adt
    from tests.services.stay_messages import iti31

    gate.receive(adt(), iti31("A05", start="20261201080000"))
    visitor = signed_in("soignant")
    assert "BRIAND" not in text(visitor.get("/consentements/")).split("Qui interroger")[1]
    shown = text(visitor.get("/consentements/?vue=attendus"))
    assert "BRIAND" in shown and "attendu le" in shown and "01/12/2026" in shown


def test_rubbish_in_an_address_is_no_error(gate: Gate, signed_in: SignedIn) -> None:
    present(gate)
    visitor = signed_in("soignant")
    for rubbish in ("unite=%00", "unite=1:%00", "suite=:", "suite=9:%00", "suite=99999999999999999999:x", "vue=x",
                    "suite=--1:x", "suite=%C2%B2:x", "unite=99999999999999:1"):  # fmt: skip
        assert visitor.get(f"/consentements/?{rubbish}").status_code == 200, rubbish
