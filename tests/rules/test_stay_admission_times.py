"""When a patient was admitted: corrected after a transfer, or earlier than planned."""

from __future__ import annotations

from tests.rules.stay_ward import Ward, encounter

INPATIENT = (("I",),)


def admitted_at(hour: str) -> dict[str, tuple[tuple[str, ...], ...]]:
    return {"PV1-2": INPATIENT, "PV1-44": ((hour,),)}


def test_an_admission_corrected_after_a_transfer_prevails_over_what_the_transfer_repeated() -> None:
    ward = Ward()
    wrong, right = "202611020847", "202611020822"
    ward.say(encounter("A01", "M1", wrong, uf="6268", fields=admitted_at(wrong)))
    ward.say(encounter("A02", "M2", "202611021000", uf="6270", fields=admitted_at(wrong)))
    ward.say(
        encounter("Z99", "M1", right, action="UPDATE", origin="A01", uf="6268", fields=admitted_at(right))
    )
    assert ward.situation().admitted.startswith(right)
    medical = ward.situation().medical_unit
    assert medical is not None and medical.code == "6270"


def test_an_admission_earlier_than_planned_is_no_disorder() -> None:
    ward = Ward()
    ward.say(encounter("A05", "M1", "202611021400", fields={"PV1-2": INPATIENT}))
    early = ward.say(encounter("A01", "M2", "202611021100", fields={"PV1-2": INPATIENT}))
    assert not early.findings and ward.situation().status == "in-progress"
    bed = ward.say(encounter("A02", "M3", "202611021130", fields={"PV1-2": INPATIENT}))
    assert not bed.findings
