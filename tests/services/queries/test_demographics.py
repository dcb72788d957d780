"""Everything demographic is given on, readable, and never a matricule where no INS belongs."""

from __future__ import annotations

import msgspec
import pytest

from ecluse.services.queries.masking import hide, hide_all, hide_components, hide_field, hide_identifier
from ecluse.services.queries.patients import PatientReader
from tests.store.databases import StorePlace
from tests.store.writing import ALIX, Writer, adopted, created

DETAILS = {
    "PID-11": [["3 RUE DES FORGES", "BAT B", "GRENOBLE", "", "38000", "FRA", "H"]],
    "PID-13": [["", "PRN", "PH", *[""] * 8, "0476000001"], ["", "NET", "Internet", "a@exemple.fr"]],
    "PID-15": [["fr"]],
    "PID-16": [["M", "Marié"]],
    "PID-26": [["FRA"]],
    "PD1-4": [["10000000001", "LENOIR", "ANNE"]],
    "PID-24": [["Y"]],
    "ROL": [["1", "UC", "ODRP^Médecin adressant", "10000000019^MOREL^PAUL~10000000027^ROY^LÉA"]],
    "NK1": [
        [
            "1", f"DUPRÉ {ALIX}^L\\T\\A^^^^^L", "SPO^Conjoint", "4 RUE X&4&X^^LYON^^69001^FRA^H",
            "^PRN^CP^^^^^^^^^0600000001", "", "K^Personne de confiance",
            *[""] * 25, f"{ALIX[:13]}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO^INS",
        ]
    ],
}  # fmt: skip


@pytest.fixture
def found(store: StorePlace) -> dict[str, object]:
    Writer().message(created("p1", "7001", details=DETAILS, death_at="20260302"), adopted("p1"))
    one = PatientReader("test").get("p1")
    assert one is not None
    document: dict[str, object] = msgspec.json.decode(msgspec.json.encode(one.demographics))
    return document


def test_a_reader_needs_no_hl7_to_reach_somebody(found: dict[str, object]) -> None:
    assert found == {
        "addresses": [
            {
                "street": "3 RUE DES FORGES", "complement": "BAT B", "city": "GRENOBLE", "postal_code": "38000",
                "country": "FRA", "type": "H",
            }
        ],
        "telecoms": [
            {"number": "0476000001", "email": None, "use": "PRN", "equipment": "PH"},
            {"number": None, "email": "a@exemple.fr", "use": "NET", "equipment": "Internet"},
        ],
        "language": "fr", "marital_status": "M", "nationalities": ["FRA"], "death_at": "2026-03-02",
        "doctors": [
            {"role": "PD1-4", "id": "10000000001", "family": "LENOIR", "given": "ANNE", "telecoms": []},
            {"role": "ODRP", "id": "10000000019", "family": "MOREL", "given": "PAUL", "telecoms": []},
            {"role": "ODRP", "id": "10000000027", "family": "ROY", "given": "LÉA", "telecoms": []},
        ],
        "contacts": [
            {
                "family": f"DUPRÉ 2…{ALIX[-2:]}", "given": "L&A", "relationship": "SPO", "role": "K",
                "addresses": [
                    {
                        "street": "4 RUE X", "complement": None, "city": "LYON", "postal_code": "69001",
                        "country": "FRA", "type": "H",
                    }
                ],
                "telecoms": [{"number": "0600000001", "email": None, "use": "PRN", "equipment": "CP"}],
            }
        ],
        "other": [{"location": "PID-24", "values": [["Y"]]}],
    }  # fmt: skip


def test_no_matricule_leaves_but_the_usable_one(store: StorePlace) -> None:
    Writer().message(
        created(
            "p1", "7001", details=DETAILS, statuses=["VALI", ALIX],
            names=[[f"VERNOUX {ALIX}", "ALIX", ALIX, "", "L"]],
            identifiers=[
                ["7001", "CH", "1.2.3", "PI", True], [ALIX, "", "", "PI", True], [ALIX[:13], "", "", "NH", False],
            ],
        )
    )  # fmt: skip
    reader = PatientReader("test")
    shown = [reader.get("p1"), list(reader.every()), reader.page(), reader.demographics("p1")]
    text = msgspec.json.encode(shown).decode()
    assert ALIX[:13] not in text and '"7001"' in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ALIX, f"2…{ALIX[-2:]}"),
        (f"n° 2 {ALIX[1:3]} {ALIX[3:5]} {ALIX[5:7]} {ALIX[7:10]} {ALIX[10:13]} {ALIX[13:]}.", f"n° 2…{ALIX[-2:]}."),
        (ALIX[:13], ALIX[:13]),
        (ALIX[:14] + str((int(ALIX[14]) + 1) % 10), ALIX[:14] + str((int(ALIX[14]) + 1) % 10)),
        ("0" + ALIX, "0" + ALIX),
        ("7001", "7001"),
    ],
)  # fmt: skip
def test_only_a_number_with_the_key_of_a_matricule_is_hidden(text: str, expected: str) -> None:
    assert hide(text) == expected


def test_a_number_that_says_it_is_national_is_hidden_whatever_its_form() -> None:
    assert hide_components(("285033818504", "", "", "", "NIR")) == ("2…04", "", "", "", "NIR")
    assert hide_components(("12", "", "", "", "INS"))[0] == "…"
    assert hide_field("2850338185042^^^&1.2.250.1.213.1.4.8&ISO~7001^^^CH^PI").startswith("2…42^^^&1.2.250")
    assert hide_identifier("2850338185042", "NH", "") == "2…42"
    assert hide_identifier("2850338185042", "PI", "1.2.3") == "2850338185042"
    assert hide_all(("VALI", "2850338185042")) == ("VALI", "2…42") and hide_all(None) is None
