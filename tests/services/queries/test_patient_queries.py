"""What readers learn of patients, and what they never learn."""

from __future__ import annotations

from dataclasses import asdict

import msgspec
import pytest

from ecluse.rules.identity.vocabulary import event
from ecluse.services.queries.documents import PatientDocument
from ecluse.services.queries.patients import PatientReader
from ecluse.store.models import Domain, Sender
from tests.store.databases import StorePlace
from tests.store.writing import ALIX, BORIS, IPP, NIR, Writer, adopted, created, matricule, merged

NIA = "1.2.250.1.213.1.4.9"


@pytest.fixture
def reader(store: StorePlace) -> PatientReader:
    return PatientReader("test")


@pytest.fixture
def writer(store: StorePlace) -> Writer:
    return Writer()


SHORT = "2 85 03 •• ••• •••"
"""The INS of ALIX as a history shows it."""


def _one(reader: PatientReader, value: str = "7001") -> PatientDocument:
    (found,) = reader.by_identifier(value)
    return found


def test_a_qualified_patient_reads_as_the_documented_json(reader: PatientReader, writer: Writer) -> None:
    writer.message(
        created("p1", "7001"),
        adopted("p1"),
        event("consent.recorded", "p1", {"fields": ["ACTIF", "20240306", "", "", "", "", "", "", "INO",
                                                    "20240306111154", "IC", "202403061112+0100"]}),
    )  # fmt: skip
    assert msgspec.json.decode(msgspec.json.encode(_one(reader))) == {
        "id": "p1",
        "domain": {"name": "défaut", "oid": None},
        "status": ["VALI"],
        "trust": "qualifiee",
        "ins": {"matricule": ALIX, "oid": NIR, "kind": "NIR", "environment": "production", "key_valid": True},
        "ins_reason": None,
        "traits": {
            "birth_name": "VERNOUX", "birth_given_names": "ALIX MARGOT", "first_birth_given_name": "ALIX",
            "birth_date": "1985-03-12", "sex": "F", "birth_place_code": "38185",
            "used_name": "DELORME", "used_given_name": None,
        },
        "identifiers": [{"value": "7001", "authority": {"name": "CHEXEMPLE", "oid": IPP}, "type": "PI"}],
        "dmp_consent": {
            "feeding": "INO", "feeding_date": "2024-03-06T11:11:54",
            "consultation": "IC", "consultation_date": "2024-03-06T11:12+01:00",
        },
        "merged_into": None,
        "links": [],
        "deceased": False,
        "history": [
            {
                "at": "2026-11-18T11:06:41.000Z", "event": name, "message": "1", "detail": {"fr": fr, "en": en},
                "application": "GAM", "facility": "HOPITAL", "operator": None,
            }
            for name, fr, en in (
                ("patient.created", "identité créée\xa0: 7001 (CHEXEMPLE)", "identity created: 7001 (CHEXEMPLE)"),
                ("ins.adopted", f"INS enregistré\xa0: {SHORT}", f"INS recorded: {SHORT}"),
                (
                    "consent.recorded", "choix sur le DMP notés\xa0: alimentation INO, consultation IC",
                    "choices on the DMP noted: feeding INO, consultation IC",
                ),
            )
        ],
        "demographics": {
            "addresses": [], "telecoms": [], "language": None, "marital_status": None, "nationalities": [],
            "death_at": None, "doctors": [], "contacts": [], "other": [],
        },
    }  # fmt: skip


def test_an_obsolete_consent_is_no_choice_of_the_patient(reader: PatientReader, writer: Writer) -> None:
    fields = {"fields": ["", "", "", "", "N", "", "N", "N"]}
    writer.message(created("p1", "7001"), event("consent.recorded", "p1", fields))
    assert _one(reader).dmp_consent is None


def test_erased_and_absent_values_are_null(reader: PatientReader, writer: Writer) -> None:
    writer.message(created("p1", "7001", names=[], birth_date='""', sex="", birth_place=""))
    assert set(asdict(_one(reader).traits).values()) == {None}


@pytest.mark.parametrize(
    ("received", "shown"),
    [("19850312", "1985-03-12"), ("198503121430", "1985-03-12"), ("1985", "1985"), ("198503", "1985-03"),
     ("19850300", "1985-03-00"), ("19853512", "1985-35-12"), ("12/03/1985", "12/03/1985"),
     ("19850312143000+0100", "1985-03-12")],
)  # fmt: skip
def test_a_birth_date_is_as_precise_as_received(
    reader: PatientReader, writer: Writer, received: str, shown: str
) -> None:
    writer.message(created("p1", "7001", birth_date=received))
    assert _one(reader).traits.birth_date == shown


@pytest.mark.parametrize(("data", "deceased"), [({"death": "Y"}, True), ({"death_at": "20261101"}, True),
                                               ({"death": "N"}, False), ({"death_at": '""'}, False)])  # fmt: skip
def test_death_is_told(reader: PatientReader, writer: Writer, data: dict[str, str], deceased: bool) -> None:
    writer.message(created("p1", "7001", **data))
    assert _one(reader).deceased is deceased


# ---- the INS ----------------------------------------------------------------------------------------


def _withdrawn(writer: Writer) -> None:
    writer.message(event("ins.withdrawn", "p1", {}))


def _suspended(writer: Writer) -> None:
    writer.message(event("ins.suspended", "p1", {"reason": "traits"}))


def _provisional(writer: Writer) -> None:
    writer.message(event("status.changed", "p1", {"to": ["PROV"]}))


def _collision(writer: Writer) -> None:
    writer.message(event("collision.flagged", "p1", {"with": ["p2"]}))


def _unconfirmed(writer: Writer) -> None:
    Sender.objects.update(status="to_confirm")


def _of_others(writer: Writer) -> None:
    Domain.objects.update(own=False)


@pytest.mark.parametrize(
    ("happen", "code", "trust"),
    [(_withdrawn, "withdrawn", "validee"), (_suspended, "traits", "validee"), (_provisional, "status", "provisoire"),
     (_collision, "collision", "validee"), (_unconfirmed, "sender", "validee"), (_of_others, "domain", "validee")],
)  # fmt: skip
def test_an_ins_that_may_not_be_used_is_nowhere_and_finds_nobody(
    reader: PatientReader, writer: Writer, happen: object, code: str, trust: str
) -> None:
    writer.message(created("p1", "7001"), adopted("p1"))
    assert [one.id for one in reader.by_ins(ALIX)] == ["p1"]
    assert callable(happen)
    happen(writer)
    found = _one(reader)
    assert (found.ins, found.trust) == (None, trust)
    assert found.ins_reason is not None and found.ins_reason.code == code
    assert found.ins_reason.fr.endswith(".") and found.ins_reason.en.endswith(".")
    everything = b"".join(map(msgspec.json.encode, [found, reader.page(), list(reader.every())]))
    assert ALIX.encode() not in everything
    assert reader.by_ins(ALIX) == ()
    assert reader.by_identifier(ALIX) == ()


def test_a_superseded_ins_still_finds_its_patient(reader: PatientReader, writer: Writer) -> None:
    nia = matricule("2850338185007")
    writer.message(created("p1", "7001"), adopted("p1", nia, NIA))
    writer.message(
        event("ins.superseded", "p1", {"ins": [nia, NIA, "1", "2026-11-18T08:00:00Z"]}), adopted("p1")
    )
    (found,) = reader.by_ins(nia)
    assert found.ins is not None and found.ins.matricule == ALIX
    assert nia.encode() not in msgspec.json.encode(found)
    assert reader.by_ins(nia, NIR) == () and len(reader.by_ins(f" {nia.lower()} ", NIA)) == 1


def test_a_patient_without_ins_says_why(reader: PatientReader, writer: Writer) -> None:
    writer.message(created("p1", "7001"))
    reason = _one(reader).ins_reason
    assert reason is not None and reason.code == "none"


def test_the_kind_and_the_environment_come_from_the_oid(reader: PatientReader, writer: Writer) -> None:
    writer.message(created("p1", "7001"), adopted("p1", oid=NIA))
    writer.message(created("p2", "7002"), adopted("p2", BORIS, "1.2.250.1.213.1.4.10"))
    kinds = [(one.ins.kind, one.ins.environment) for one in reader.every() if one.ins is not None]
    assert kinds == [("NIA", "production"), ("NIR", "test")]
    assert [one.ins for one in PatientReader("production").by_identifier("7002")] == [None]


def test_a_wrong_key_is_shown_in_a_test_environment_and_blocks_in_production(
    reader: PatientReader, writer: Writer
) -> None:
    wrong = ALIX[:13] + f"{(int(ALIX[13:]) + 1) % 97:02d}"
    writer.message(created("p1", "7001"), adopted("p1", wrong))
    found = _one(reader).ins
    assert found is not None and found.key_valid is False
    (elsewhere,) = PatientReader("production").by_identifier("7001")
    assert elsewhere.ins is None and elsewhere.ins_reason is not None and elsewhere.ins_reason.code == "key"


# ---- finding, listing, exporting --------------------------------------------------------------------


def test_an_identifier_is_found_exactly(reader: PatientReader, writer: Writer) -> None:
    writer.message(created("p1", "7001"))
    writer.message(created("p2", "A_7001"))
    writer.message(created("p3", "a%7001"))
    writer.message(created("p4", "7001", identifiers=[["7001", "AUTRE", "", "PI", True]]))
    assert [one.id for one in reader.by_identifier("7001")] == ["p1", "p4"]
    assert [one.id for one in reader.by_identifier("7001", IPP)] == ["p1"]
    assert [one.id for one in reader.by_identifier("7001", "AUTRE")] == ["p4"]
    assert [one.id for one in reader.by_identifier("A_7001")] == ["p2"]
    assert reader.by_identifier("a_7001") == () == reader.by_identifier("") == reader.by_identifier("A%7001")


def test_an_identifier_is_found_whatever_its_authority(
    reader: PatientReader, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["", "A", "A|B", "A}", "B", "É", "a", "~", "A PI"]
    for number, name in enumerate(names):
        writer.message(
            created(f"p{number}", "7001", identifiers=[["70|01", name, "", "PI", True]]),
            adopted(f"p{number}"),
        )
    for bound in (500, 3):
        monkeypatch.setattr("ecluse.services.queries.carriers._AUTHORITIES", bound)
        assert len(reader.by_identifier("70|01")) == len(names)
        for number, name in enumerate(names):
            assert [one.id for one in reader.by_identifier("70|01", name)] == [f"p{number}"]
        assert reader.by_identifier("01") == ()


def test_an_identifier_is_found_without_reading_every_key(reader: PatientReader, writer: Writer) -> None:
    """On both databases: the keys are asked for by their beginning, never by their end."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    writer.message(created("p1", "7001"))
    with CaptureQueriesContext(connection) as asked:
        assert [one.id for one in reader.by_identifier("7001")] == ["p1"]
    assert not [one["sql"] for one in asked.captured_queries if "LIKE" in one["sql"].upper()]


@pytest.mark.parametrize("value", ["\x00", "70\x0001", "%", "_", "'", "\\", "|", "\udcff", "é" * 5000])
def test_odd_searches_find_nobody_and_break_nothing(
    reader: PatientReader, writer: Writer, value: str
) -> None:
    writer.message(created("p1", "7001"))
    assert reader.by_identifier(value) == reader.by_identifier("7001", value) == reader.by_ins(value) == ()
    assert reader.by_ins(ALIX, value) == () and reader.get(value) is None
    assert reader.page_by_identifier(value).patients == ()


def test_a_merged_identifier_is_found_and_names_the_survivor(reader: PatientReader, writer: Writer) -> None:
    writer.message(created("p1", "7001"), adopted("p1"))
    writer.message(created("p2", "7002"))
    writer.message(*merged("p1", "p2"))
    found = _one(reader)
    assert (found.id, found.merged_into, found.ins) == ("p1", "p2", None)
    assert [one.merged_into for one in reader.page_by_identifier("7001").patients] == ["p2"]
    assert reader.by_ins(ALIX) == ()


def test_links_name_the_other_identifier_and_its_patient(reader: PatientReader, writer: Writer) -> None:
    writer.message(created("p1", "7001"))
    writer.message(created("p2", "7002"))
    for other in ("7002", "9999"):
        data = {"a": f"{IPP}|PI|7001", "b": f"{IPP}|PI|{other}"}
        writer.message(event("identifiers.linked", "p1", data))
    assert [(one.value, one.authority.oid, one.type, one.patient) for one in _one(reader).links] == [
        ("7002", IPP, "PI", "p2"),
        ("9999", IPP, "PI", None),
    ]
    assert [one.value for one in _one(reader, "7002").links] == ["7001"]
    assert [len(one.links) for one in reader.every()] == [2, 1]


def test_pages_follow_each_other_without_a_gap(reader: PatientReader, writer: Writer) -> None:
    for number in range(7):
        writer.message(created(f"p{number}", str(number)))
    seen: list[str] = []
    after: str | None = None
    while True:
        page = reader.page(after, 3)
        seen += [one.id for one in page.patients]
        after = page.next
        if after is None:
            break
    assert seen == [f"p{number}" for number in range(7)]
    assert reader.page(limit=7).next is None


def test_an_export_is_complete_and_one_moment(reader: PatientReader, writer: Writer) -> None:
    for number in range(450):
        writer.ledger.keys.setdefault(1, {})
        writer.message(created(f"p{number:04d}", str(number)))
    export = reader.every()
    first = next(export)
    writer.message(event("patient.updated", "p0449", {"sex": "M"}))
    found = [first, *export]
    assert [one.id for one in found] == [f"p{number:04d}" for number in range(450)]
    assert found[-1].traits.sex == "F" and len(found[-1].history) == 1
    assert found[0] == reader.get("p0000")


def test_demographics_are_given_by_location(reader: PatientReader, writer: Writer) -> None:
    writer.message(created("p1", "7001", details={"PID-13": [["0600000000"]], "NK1": [["1", "DUPRE^LÉA"]]}))
    found = [(one.location, one.values) for one in reader.demographics("p1")]
    assert found == [("NK1", (("1", "DUPRE^LÉA"),)), ("PID-13", (("0600000000",),))]
    assert reader.demographics("nobody") == () and reader.get("nobody") is None
