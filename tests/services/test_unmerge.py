"""An operator undoes a wrong merge: both identities as before, told outside, kept in the chain."""

from __future__ import annotations

import json

import pytest

from ecluse.services.queries.patients import PatientReader
from tests.services.delivering import publish
from tests.services.feeding import AUTHORITY, MARIN, Gate, adt, assert_sound, matricule, rows
from tests.store.databases import StorePlace

OTHER = matricule("1700129123457")
WHY = "deux homonymes confondus"


def merged(gate: Gate) -> tuple[str, str]:
    """Two qualified identities, one merged into the other; ids of the merged one and of the survivor."""
    gate.act("sender.add", application="GAM", facility="VALMONT")
    gate.receive(
        adt(control="C1", ipp="1", ins=MARIN, status="VALI"),
        adt(control="C2", ipp="2", ins=OTHER, status="VALI", street="9 QUAI NORD"),
    )
    assert gate.codes(adt("A40", "C3", "1", prior=f"2^^^{AUTHORITY}^PI")) == ["AA"]
    ids = [row[0] for row in rows("SELECT id FROM store_patientstate ORDER BY merged_into DESC")]
    return ids[0], ids[1]


def reader() -> PatientReader:
    return PatientReader("test")


def test_both_identities_are_as_before(store: StorePlace) -> None:
    gate = Gate()
    gone, survivor = merged(gate)
    before = reader().get(survivor)
    done = gate.act("patient.unmerge", patient=gone, reason=WHY)
    assert done.done and done.data == {"patient": gone, "survivor": survivor}
    again, other = reader().get(gone), reader().get(survivor)
    assert again is not None and other is not None and before is not None
    assert again.merged_into is None and again.trust == "qualifiee"
    assert again.ins is not None and again.ins.matricule == OTHER
    assert (other.ins, other.traits, other.identifiers) == (before.ins, before.traits, before.identifiers)
    assert gate.codes(adt("A31", "C4", "2", ins=OTHER, status="VALI", street="3 RUE X")) == ["AA"]
    assert_sound()


def test_it_is_told_outside_and_stays_in_the_history(store: StorePlace) -> None:
    gate = Gate()
    gone, survivor = merged(gate)
    gate.act("patient.unmerge", patient=gone, reason=WHY)
    publish()
    told = rows(f"SELECT type, other FROM store_outwardevent WHERE patient = '{gone}' ORDER BY cursor")
    assert told[-2:] == [("patient.unmerged", survivor), ("patient.qualified", "")]
    document = reader().get(gone)
    assert document is not None
    (line,) = [one for one in document.history if one.event == "patients.unmerged"]
    assert WHY in json.dumps(str(line), ensure_ascii=False)


def test_a_merge_said_again_later_is_done_again(store: StorePlace) -> None:
    gate = Gate()
    gone, survivor = merged(gate)
    gate.act("patient.unmerge", patient=gone, reason=WHY)
    assert gate.codes(adt("A40", "C9", "1", prior=f"2^^^{AUTHORITY}^PI")) == ["AA"]
    assert rows(f"SELECT merged_into FROM store_patientstate WHERE id = '{gone}'") == [(survivor,)]
    assert_sound()


def test_an_ins_that_both_would_hold_collides_again(store: StorePlace) -> None:
    gate = Gate()
    gate.act("sender.add", application="GAM", facility="VALMONT")
    gate.receive(
        adt(control="C1", ipp="1", ins=MARIN, status="VALI"),
        adt(control="C2", ipp="2", ins=MARIN, status="VALI", name="LE GOFF"),
    )
    gate.receive(adt("A40", "C3", "1", prior=f"2^^^{AUTHORITY}^PI"))
    gone, survivor = (row[0] for row in rows("SELECT id FROM store_patientstate ORDER BY merged_into DESC"))
    assert reader().get(survivor).ins is not None  # type: ignore[union-attr]
    assert gate.act("patient.unmerge", patient=gone, reason=WHY).done
    for one in (gone, survivor):
        document = reader().get(one)
        assert document is not None and document.ins is None
        assert document.ins_reason is not None and document.ins_reason.code == "collision"
    assert_sound()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"patient": "nobody"}, "unknown"),
        ({"patient": "\x00"}, "unknown"),
        ({"patient": None}, "unknown"),
        ({"reason": ""}, "why"),
        ({"reason": "x" * 2000}, "why"),
        ({"reason": "a\x07bcdef"}, "why"),
        ({"version": 999}, "changed since"),
    ],
)
def test_a_wrong_request_changes_nothing(
    sqlite_store: StorePlace, arguments: dict[str, object], said: str
) -> None:
    gate = Gate()
    gone, survivor = merged(gate)
    done = gate.act("patient.unmerge", **{"patient": gone, "reason": WHY, **arguments})
    assert not done.done and said in done.text_en
    assert rows(f"SELECT merged_into FROM store_patientstate WHERE id = '{gone}'") == [(survivor,)]


def test_a_patient_that_is_not_merged_has_nothing_to_undo(sqlite_store: StorePlace) -> None:
    gate = Gate()
    _, survivor = merged(gate)
    done = gate.act("patient.unmerge", patient=survivor, reason=WHY)
    assert not done.done and "nothing to undo" in done.text_en
