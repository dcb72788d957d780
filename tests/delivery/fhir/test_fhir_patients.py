"""Patient over HTTP: read, versions, and an INS that shows and finds exactly while it may be used."""

from __future__ import annotations

import json

import pytest

from tests.delivery.fhir.server import Fhir, matches
from tests.services.feeding import AUTHORITY, MARIN, NIR_TEST, adt, matricule

NIR_SYSTEM = "urn:oid:1.2.250.1.213.1.4.10"


def qualify(fhir: Fhir) -> str:
    """A patient whose sender nobody has confirmed yet, qualified by it. Returns its id."""
    fhir.gate.receive(adt("A28"), adt("A31", "C2", ins=MARIN, status="VALI"))
    return fhir.patient("7001")


def confirm(fhir: Fhir) -> None:
    """A person confirms the sender."""
    done = fhir.gate.act("sender.confirm", listener="main", application="GAM", facility="VALMONT")
    assert done.done, done.text_en


def test_a_patient_is_read_with_its_version(fhir: Fhir) -> None:
    """ETag and Last-Modified are those of the version."""
    fhir.gate.receive(adt("A28"))
    id_ = fhir.patient("7001")
    response = fhir.get(f"/Patient/{id_}")
    found = response.json()
    assert (response.status_code, response["ETag"]) == (200, f'W/"{found["meta"]["versionId"]}"')
    assert response["Last-Modified"] == "Wed, 18 Nov 2026 11:06:41 GMT"
    assert found["meta"]["lastUpdated"] == "2026-11-18T11:06:41.000Z"
    assert found["name"] == [
        {
            "extension": [
                {
                    "url": "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-birth-list-given-name",
                    "valueString": "ÉLOI MARIN",
                }
            ],
            "use": "official",
            "family": "BRIAND",
            "given": ["ÉLOI"],
            "prefix": ["M."],
        }
    ]
    assert (found["birthDate"], found["gender"], found["active"]) == ("1970-01-12", "male", True)
    assert found["identifier"][0]["system"] == "urn:oid:1.2.250.1.999.7.1"


def test_an_ins_shows_and_finds_exactly_while_it_may_be_used(fhir: Fhir) -> None:
    """Waiting, then usable once a person confirms the sender, then withdrawn: everywhere the same."""
    id_ = qualify(fhir)

    def shown() -> tuple[bool, list[list[str]]]:
        pages = [f"/Patient/{id_}", f"/Patient/{id_}/_history", "/Patient?identifier=7001"]
        told = "".join(json.dumps(fhir.get(page).json()) for page in pages)
        by_post = [
            matches(fhir.post("Patient", identifier=one).json()) for one in (MARIN, f"{NIR_SYSTEM}|{MARIN}")
        ]
        return MARIN in told, by_post

    assert shown() == (False, [[], []])
    confirm(fhir)
    assert shown() == (True, [[id_]] * 2)
    assert matches(fhir.post("Patient", identifier=f"urn:oid:1.2.250.1.213.1.4.9|{MARIN}").json()) == []
    fhir.gate.receive(adt("A47", "C3", ins='""', prior=f"{MARIN}^^^{NIR_TEST}^INS", status="VALI"))
    # No version of the past shows it either: a withdrawn INS leaves no more.
    assert shown() == (False, [[], []])


def test_a_matricule_where_none_belongs_is_masked(fhir: Fhir) -> None:
    """A sender may write it in the name or in the address; the intake refuses it as a local identifier."""
    fhir.gate.receive(adt("A28", name=f"BRIAND {MARIN}", street=f"1 RUE DU PORT {MARIN}"))
    found = fhir.get(f"/Patient/{fhir.patient('7001')}").json()
    masked = f"{MARIN[0]}…{MARIN[-2:]}"
    assert found["name"][0]["family"] == f"BRIAND {masked}"
    assert found["address"][0]["line"] == [f"1 RUE DU PORT {masked}"]


def test_a_version_is_what_the_patient_was_after_a_message(fhir: Fhir) -> None:
    """Numbers are those of the events; what one message did step by step was never a version."""
    fhir.gate.receive(adt("A28"))
    fhir.gate.receive(adt("A31", "C2", street="2 QUAI NEUF", name="LE BRIAND"))
    id_ = fhir.patient("7001")
    history = fhir.get(f"/Patient/{id_}/_history").json()
    versions = [int(one["resource"]["meta"]["versionId"]) for one in history["entry"]]
    assert history["total"] == len(versions) == 2
    assert versions == sorted(versions, reverse=True)
    read = {number: fhir.get(f"/Patient/{id_}/_history/{number}").json() for number in versions}
    assert [read[number]["address"][0]["line"] for number in versions] == [["2 QUAI NEUF"], ["1 RUE DU PORT"]]
    assert [one["resource"] for one in history["entry"]] == [read[number] for number in versions]
    assert fhir.get(f"/Patient/{id_}").json() == read[versions[0]]
    for never in (0, versions[0] + 1, "x"):
        assert fhir.get(f"/Patient/{id_}/_history/{never}").status_code == 404


def test_a_history_is_read_by_pages(fhir: Fhir) -> None:
    """The link leads to what is left."""
    for number in range(3):
        fhir.gate.receive(adt("A28" if not number else "A31", f"C{number}", street=f"{number} RUE X"))
    id_ = fhir.patient("7001")
    seen, path = [], f"/Patient/{id_}/_history?_count=2"
    while path:
        page = fhir.get(path).json()
        seen += [one["resource"]["address"][0]["line"][0] for one in page["entry"]]
        following = [one["url"] for one in page["link"] if one["relation"] == "next"]
        path = following[0].removeprefix("http://localhost/fhir") if following else ""
    assert seen == ["2 RUE X", "1 RUE X", "0 RUE X"]


def test_a_merge_links_both_patients(fhir: Fhir) -> None:
    """The survivor replaces, the merged one is replaced and no longer active."""
    fhir.gate.receive(adt("A28"), adt("A28", "C2", ipp="7002"))
    merged, survivor = fhir.patient("7002"), fhir.patient("7001")
    fhir.gate.receive(adt("A40", "C3", ipp="7001", prior=f"7002^^^{AUTHORITY}^PI"))
    old, new = (fhir.get(f"/Patient/{id_}").json() for id_ in (merged, survivor))
    assert (old["active"], old["link"]) == (
        False,
        [{"other": {"reference": f"Patient/{survivor}"}, "type": "replaced-by"}],
    )
    assert (new["active"], new["link"]) == (
        True,
        [{"other": {"reference": f"Patient/{merged}"}, "type": "replaces"}],
    )


@pytest.mark.parametrize(("fr_core", "code"), [("2.1", "VALI"), ("2.2", "QUAL")])
def test_the_setting_chooses_the_reading_of_fr_core(quick_fhir: Fhir, fr_core: str, code: str) -> None:
    """The profile says which one it is."""
    from ecluse.delivery.api.fhir.settings import FhirSettings, use

    id_ = qualify(quick_fhir)
    confirm(quick_fhir)
    use(FhirSettings(fr_core))  # type: ignore[arg-type]
    found = quick_fhir.get(f"/Patient/{id_}").json()
    assert found["meta"]["profile"] == [
        f"https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-patient-ins|{fr_core}.0"
    ]
    status = quick_fhir.validator.values(
        found, "extension.extension.where(url = 'identityStatus').value.code"
    )
    assert status == [[code]]


def test_out_of_reach_is_as_if_it_did_not_exist(fhir: Fhir) -> None:
    """Reads, versions, searches and the other end of a merge: nothing tells that there is somebody."""
    from ecluse.store.models.access import Inclusion, InclusionList

    fhir.gate.receive(adt("A28"), adt("A28", "C2", ipp="7002"), adt("A28", "C3", ipp="7003"))
    mine, other, merged = (fhir.patient(ipp) for ipp in ("7001", "7002", "7003"))
    fhir.gate.receive(adt("A40", "C4", ipp="7001", prior=f"7003^^^{AUTHORITY}^PI"))
    InclusionList(id="list1", name="Cardiologie", domain_id=1, created=1).save()
    Inclusion(list_id="list1", patient=mine, included=True, since=1).save()
    secret = fhir.token("patients:read", inclusion_id="list1")
    assert fhir.get(f"/Patient/{mine}", secret).status_code == 200
    nobody = fhir.get("/Patient/nobody", secret)
    for hidden in (other, merged):
        for path in (f"/Patient/{hidden}", f"/Patient/{hidden}/_history", f"/Patient/{hidden}/_history/1"):
            response = fhir.get(path, secret)
            assert (response.status_code, response.json()) == (404, nobody.json())
    assert "link" not in fhir.get(f"/Patient/{mine}", secret).json()
    for path in (
        "/Patient?identifier=7002",
        f"/Patient?_id={other},{merged}",
        "/Patient?birthdate=1970-01-12&_id=" + other,
        f"/Consent?patient={other}",
    ):
        granted = fhir.token("patients:read consents:read", inclusion_id="list1")
        assert fhir.get(path, granted).json().get("total") == 0
    assert fhir.ids("/Patient?_lastUpdated=ge2020", secret) == [mine]


def test_each_answer_about_a_patient_is_in_the_trail(fhir: Fhir) -> None:
    """Before it leaves, and never with what was searched."""
    from ecluse.store.models.access import AccessLine

    fhir.gate.receive(adt("A28"))
    id_ = fhir.patient("7001")
    AccessLine.objects.all().delete()
    fhir.get(f"/Patient/{id_}", Ecluse_On_Behalf_Of="Dr Lerouet")
    fhir.get(f"/Patient/{id_}/_history")
    fhir.get(f"/Patient/{id_}/_history/1")
    fhir.post("Patient", identifier="7001")
    fhir.post("Patient", identifier="personne")
    lines = AccessLine.objects.order_by("id").values_list("action", "patient", "on_behalf_of", "detail")
    assert list(lines) == [
        ("patient.read", id_, "Dr Lerouet", "fhir"),
        ("patient.history", id_, "", "fhir"),
        ("patient.read", id_, "", "fhir vread"),
        ("patient.search", id_, "", "fhir identifier"),
        ("patient.search", "", "", "fhir identifier"),
    ]


def test_nothing_is_shown_when_the_trail_cannot_be_written(
    quick_fhir: Fhir, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, and the client may try again."""
    from ecluse.services import access

    quick_fhir.gate.receive(adt("A28"))
    id_ = quick_fhir.patient("7001")

    def refuse(*_: object) -> None:
        raise access.TrailUnavailable

    monkeypatch.setattr(access, "record", refuse)
    for path in (f"/Patient/{id_}", "/Patient?identifier=7001", f"/Patient/{id_}/_history"):
        response = quick_fhir.get(path)
        assert (response.status_code, response["Retry-After"]) == (503, "5")
        assert "BRIAND" not in response.content.decode()


def test_a_former_ins_finds_the_patient_and_shows_nowhere(fhir: Fhir) -> None:
    """An INS that changed (A47) still leads to the same person; only the one in use is told, in every version."""
    id_ = qualify(fhir)
    confirm(fhir)
    newer = matricule("1700129123457")
    fhir.gate.receive(adt("A47", "C3", ins=newer, prior=f"{MARIN}^^^{NIR_TEST}^INS", status="VALI"))
    assert matches(fhir.post("Patient", identifier=f"{NIR_SYSTEM}|{MARIN}").json()) == [id_]
    told = json.dumps([fhir.get(f"/Patient/{id_}{path}").json() for path in ("", "/_history")])
    assert (newer in told, MARIN in told) == (True, False)


def test_an_undone_merge_leaves_no_link(fhir: Fhir) -> None:
    """Both patients are as before."""
    fhir.gate.receive(adt("A28"), adt("A28", "C2", ipp="7002"))
    merged, survivor = fhir.patient("7002"), fhir.patient("7001")
    fhir.gate.receive(adt("A40", "C3", ipp="7001", prior=f"7002^^^{AUTHORITY}^PI"))
    done = fhir.gate.act("patient.unmerge", patient=merged, reason="Deux personnes")
    assert done.done, done.text_en
    for id_ in (merged, survivor):
        found = fhir.get(f"/Patient/{id_}").json()
        assert (found["active"], "link" in found) == (True, False)
