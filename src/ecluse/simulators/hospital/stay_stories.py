"""Stories of stays: how patients come, move, go, and what the administration takes back.

Source: PAM France 2.11.1, ITI-31: events and their cancellations; ZBE-1, 4, 5, 6, 9; A44.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from ecluse.simulators.hospital.record import CONSENTS
from ecluse.simulators.hospital.stay_course import Course, Desk, Note
from ecluse.simulators.hospital.stay_record import (
    DISCHARGED,
    EMERGENCY,
    IN_PROGRESS,
    INPATIENT,
    ON_LEAVE,
    PRE_ADMITTED,
    RECURRING,
    Stay,
    StayStep,
)

StayStory = Callable[[Desk, str], Iterator[StayStep]]

_ADMITTED: Note = ("Admission en hospitalisation.", "Admitted as an inpatient.")


def _course(desk: Desk, patient: str, kind: str = "ward", **more: Any) -> Course:
    """A stay about to begin; its unit is of the kind given."""
    unit = desk.unit(kind)
    stay = Stay(
        next(desk.visits), next(desk.accounts), patient, INPATIENT, IN_PROGRESS, unit, unit,
        attending=desk.doctor(), consent=next(desk.consents), consent_at=desk.now,
    )  # fmt: skip
    return Course(desk, replace(stay, **more))


def _admit(course: Course, note: Note = _ADMITTED, event: str = "A01", after: int | None = None) -> StayStep:
    bed = course.desk.bed(course.stay.medical)
    step = course.move(event, "HMS", note, after=after, times=("admitted",), status=IN_PROGRESS, bed=bed)
    return step


def _preadmit(course: Course, hours: int) -> StayStep:
    planned = (course.desk.now + timedelta(hours=hours)).replace(minute=0, second=0)
    return course.move(
        "A05", "HMS", ("Préadmission.", "Pre-admission."), start=planned, status=PRE_ADMITTED, planned=planned
    )


def _transfer(course: Course, kind: str = "ward") -> StayStep:
    unit = course.desk.unit(kind, course.stay.medical)
    note = (f"Mutation vers {unit.label}.", f"Transferred to {unit.label}.")
    return course.move("A02", "HMS", note, medical=unit, care=unit, bed=course.desk.bed(unit))


def _leave(course: Course) -> StayStep:
    back = course.desk.now + timedelta(hours=30)
    return course.move(
        "A21",
        "D",
        ("Départ en permission.", "Goes on a leave of absence."),
        times=("on_leave_since",),
        status=ON_LEAVE,
        back_expected=back,
    )


def _return(course: Course) -> StayStep:
    return course.move(
        "A22",
        "D",
        ("Retour de permission.", "Back from the leave of absence."),
        status=IN_PROGRESS,
        on_leave_since=None,
        back_expected=None,
    )


def _discharge(course: Course, note: Note = ("Sortie.", "Discharged."), way: str = "8") -> StayStep:
    return course.move("A03", "HMS", note, times=("discharged",), status=DISCHARGED, exit=way)


def inpatient(desk: Desk, patient: str) -> Iterator[StayStep]:
    """Admitted, moved to another bed then to another unit, another doctor, most often discharged."""
    course = _course(desk, patient)
    yield _admit(course)
    bed = desk.bed(course.stay.medical, course.stay.bed)
    yield course.move("A02", "L", ("Changement de lit.", "Moved to another bed."), bed=bed)
    yield _transfer(course)
    yield course.move(
        "A54",
        "D",
        ("Changement de médecin responsable.", "Another attending doctor."),
        attending=desk.doctor(course.stay.attending),
    )
    if desk.rng.random() < 0.7:
        yield _discharge(course)


def planned(desk: Desk, patient: str) -> Iterator[StayStep]:
    """Pre-admitted, admitted; the medical unit changes alone, then the care unit alone."""
    course = _course(desk, patient, admission="C", source="90")
    yield _preadmit(course, 2)
    yield _admit(course, ("Le patient attendu est admis.", "The expected patient is admitted."))
    unit = desk.unit("ward", course.stay.medical)
    yield course.move(
        "A02",
        "M",
        ("La responsabilité médicale change, le lit non.", "The medical unit changes, the bed does not."),
        medical=unit,
    )
    yield course.move(
        "A02",
        "S",
        ("La responsabilité des soins change à son tour.", "The care unit changes in its turn."),
        care=unit,
    )
    if desk.rng.random() < 0.5:
        yield _discharge(course)


def _arrival(desk: Desk, patient: str) -> Course:
    return _course(
        desk, patient, "emergency", patient_class=EMERGENCY, admission="U", source="7", by_emergencies=True
    )


_ARRIVES: Note = ("Arrivée aux urgences.", "Arrives at the emergency department.")


def _hospitalise(course: Course) -> StayStep:
    unit = course.desk.unit("ward")
    return course.move(
        "A06",
        "HMS",
        (
            f"Hospitalisation après les urgences : {unit.label}.",
            f"Hospitalised after emergency: {unit.label}.",
        ),
        patient_class=INPATIENT,
        medical=unit,
        care=unit,
        bed=course.desk.bed(unit),
    )


def emergency(desk: Desk, patient: str) -> Iterator[StayStep]:
    """By the emergency department, then hospitalised."""
    course = _arrival(desk, patient)
    yield _admit(course, _ARRIVES, "A04")
    yield _hospitalise(course)
    if desk.rng.random() < 0.5:
        yield _transfer(course)


def emergency_home(desk: Desk, patient: str) -> Iterator[StayStep]:
    """By the emergency department, then home."""
    course = _arrival(desk, patient)
    yield _admit(course, _ARRIVES, "A04")
    yield _discharge(course, ("Retour à domicile.", "Goes home."))


def emergency_cancelled(desk: Desk, patient: str) -> Iterator[StayStep]:
    """Hospitalised by mistake: the passage from outpatient to inpatient is cancelled (A07 with CANCEL)."""
    course = _arrival(desk, patient)
    yield _admit(course, _ARRIVES, "A04")
    wrong = _hospitalise(course)
    yield wrong
    yield course.cancel("A07", wrong, ("L’hospitalisation est annulée.", "The hospitalisation is cancelled."))
    yield _discharge(course, ("Retour à domicile.", "Goes home."))


def leave(desk: Desk, patient: str) -> Iterator[StayStep]:
    """A leave of absence; one in two is still away in the evening."""
    course = _course(desk, patient)
    yield _admit(course)
    yield _leave(course)
    if desk.rng.random() < 0.5:
        yield _return(course)


def leave_cancelled(desk: Desk, patient: str) -> Iterator[StayStep]:
    """A departure cancelled (A52); another one, whose return is cancelled (A53)."""
    course = _course(desk, patient)
    yield _admit(course)
    wrong = _leave(course)
    yield wrong
    yield course.cancel("A52", wrong, ("La permission est annulée.", "The leave of absence is cancelled."))
    yield _leave(course)
    wrong = _return(course)
    yield wrong
    yield course.cancel(
        "A53",
        wrong,
        ("Le retour est annulé : le patient est absent.", "The return is cancelled: still away."),
    )


def transfer_cancelled(desk: Desk, patient: str) -> Iterator[StayStep]:
    """A transfer cancelled (A12): the former situation is back; then discharged."""
    course = _course(desk, patient)
    yield _admit(course)
    yield _transfer(course)
    wrong = _transfer(course)
    yield wrong
    yield course.cancel(
        "A12",
        wrong,
        ("La mutation est annulée : situation précédente.", "The transfer is cancelled: former situation."),
    )
    yield _discharge(course)


def discharge_cancelled(desk: Desk, patient: str) -> Iterator[StayStep]:
    """A discharge cancelled (A13)."""
    course = _course(desk, patient)
    yield _admit(course)
    wrong = _discharge(course)
    yield wrong
    yield course.cancel("A13", wrong, ("La sortie est annulée.", "The discharge is cancelled."))
    if desk.rng.random() < 0.5:
        yield _discharge(course)


def doctor_cancelled(desk: Desk, patient: str) -> Iterator[StayStep]:
    """A change of attending doctor cancelled (A55)."""
    course = _course(desk, patient)
    yield _admit(course)
    wrong = course.move(
        "A54",
        "D",
        ("Changement de médecin responsable.", "Another attending doctor."),
        attending=desk.doctor(course.stay.attending),
    )
    yield wrong
    yield course.cancel("A55", wrong, ("Ce changement est annulé.", "This change is cancelled."))


def never_came(desk: Desk, patient: str) -> Iterator[StayStep]:
    """Pre-admitted; the admission was entered too soon and cancelled (A11); then the pre-admission too (A38)."""
    course = _course(desk, patient, admission="C", source="90")
    expected = _preadmit(course, 3)
    yield expected
    wrong = _admit(course)
    yield wrong
    yield course.cancel(
        "A11",
        wrong,
        ("Admission annulée : le patient est attendu.", "Admission cancelled: the patient is expected."),
    )
    yield course.undone("A38", expected, ("Préadmission annulée.", "Pre-admission cancelled."))


def mistake(desk: Desk, patient: str) -> Iterator[StayStep]:
    """Admitted by mistake: the admission is cancelled (A11), its numbers are never used again."""
    course = _course(desk, patient)
    wrong = _admit(course)
    yield wrong
    yield course.undone("A11", wrong, ("L’admission est annulée.", "The admission is cancelled."))
    yield from inpatient(desk, patient)


def corrected(desk: Desk, patient: str) -> Iterator[StayStep]:
    """The unit of a transfer, then the hour of the admission corrected (Z99), then the choices about the DMP."""
    course = _course(desk, patient, consent=CONSENTS[3])
    first = _admit(course)
    yield first
    moved = _transfer(course)
    yield moved
    unit = desk.unit("ward", course.stay.medical)
    yield course.correct(
        moved,
        ("Correction de l’unité de la mutation.", "Unit of the transfer corrected."),
        medical=unit,
        care=unit,
        bed=desk.bed(unit),
    )
    assert first.movement is not None
    earlier = first.movement.start - timedelta(minutes=25)
    yield course.correct(
        first,
        ("Correction de l’heure d’admission.", "Hour of the admission corrected."),
        start=earlier,
        admitted=earlier,
    )
    yield course.correct(
        first,
        ("Choix sur le DMP recueilli pendant le séjour.", "Choice about the DMP collected during the stay."),
        nature="C",
        consent=CONSENTS[desk.rng.randint(0, 2)],
        consent_at=desk.now,
    )


def forgotten(desk: Desk, patient: str) -> Iterator[StayStep]:
    """A transfer told after the one that followed it: a historic movement, the present does not change."""
    course = _course(desk, patient)
    first = _admit(course)
    yield first
    yield _transfer(course)
    unit = desk.unit("ward", course.stay.medical)
    yield course.forgotten(
        first,
        ("Mouvement historique : une mutation oubliée.", "Historic movement: a forgotten transfer."),
        medical=unit,
        care=unit,
        bed=desk.bed(unit),
    )


def moved(desk: Desk, patient: str) -> Iterator[StayStep]:
    """Admitted under the wrong patient: the account moves to the right one (A44), who is then discharged."""
    course = _course(desk, patient)
    yield _admit(course)
    other = desk.another(patient)
    if other is not None:
        course.stay = replace(course.stay, patient=other)
        yield StayStep(
            desk.minutes(),
            "A44",
            None,
            course.stay,
            course.stay,
            "Erreur de patient : le dossier passe au bon patient.",
            "Wrong patient: the account moves to the right one.",
            former=patient,
        )
    yield _discharge(course)


def sessions(desk: Desk, patient: str) -> Iterator[StayStep]:
    """A session of dialysis (class R), and the next one already planned in the same file."""
    course = _course(desk, patient, "session", patient_class=RECURRING, source="90", last=False)
    yield _admit(course, ("Séance de dialyse.", "Session of dialysis."), "A04")
    yield _discharge(course, ("Fin de la séance.", "End of the session."))
    done = course.stay
    following = _course(
        desk, patient, "session", patient_class=RECURRING, source="90", account=done.account, last=False,
        consent=done.consent, consent_at=done.consent_at,
    )  # fmt: skip
    yield _preadmit(following, 48)


def dies(desk: Desk, patient: str) -> Iterator[StayStep]:
    """Admitted, moved to intensive care, dies."""
    course = _course(desk, patient)
    yield _admit(course, after=4)
    yield _discharge(course, ("Décès pendant le séjour.", "Dies during the stay."), "9")


def delivery(desk: Desk, patient: str) -> Iterator[StayStep]:
    """A mother comes to give birth, then goes to her room."""
    course = _course(desk, patient, "maternity", admission="RM")
    yield _admit(course, ("Admission en maternité.", "Admitted to maternity."), after=3)
    bed = desk.bed(course.stay.medical, course.stay.bed)
    yield course.move("A02", "L", ("Retour en chambre.", "Goes to her room."), bed=bed)


def birth(desk: Desk, patient: str) -> Iterator[StayStep]:
    """A newborn has a stay of its own (PV1-4 = N, ZFM-1 = N)."""
    course = _course(desk, patient, "newborn", admission="N", entry="N", consent=CONSENTS[4])
    yield _admit(course, ("Séjour du nouveau-né.", "Stay of the newborn."), after=5)


STAYS: dict[StayStory, int] = {
    inpatient: 20,
    planned: 14,
    emergency: 14,
    emergency_home: 12,
    emergency_cancelled: 2,
    leave: 5,
    leave_cancelled: 3,
    transfer_cancelled: 5,
    discharge_cancelled: 4,
    doctor_cancelled: 3,
    never_came: 4,
    mistake: 3,
    corrected: 5,
    forgotten: 3,
    moved: 2,
    sessions: 8,
}
"""Stories of stays and their share, in percent; `delivery`, `birth` and `dies` follow from the story of the patient."""
