"""Acts on procedures: opened for an establishment, then one step after the other, each with its documents.

Whether a step may happen is decided by `rules.certificates.procedure` from the steps before; only the writer adds one,
so two people cannot each take the same step.
"""

from __future__ import annotations

from typing import Any

from ecluse.rules.certificates.procedure import apply, undo
from ecluse.rules.certificates.procedure_model import Event, Refused
from ecluse.rules.certificates.procedure_model import Procedure as Way
from ecluse.services.acts.access import text
from ecluse.services.acts.authorities import card_told, day
from ecluse.services.acts.certificate_given import establishment, ignore, number, operator
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.certificates.key_vault import new_id
from ecluse.services.certificates.ways import NotAnEvent, read_event, way_of, write_event
from ecluse.services.receive_message import Intake
from ecluse.store.models.certificates import Procedure, ProcedureDocument, ProcedureStep, ProfessionalCard

FORMS = ("", "contrat", "101", "301", "413", "502", "tom")


def open_procedure(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Open a procedure. establishment: its number; name: what people call it, or empty."""
    place = establishment(given)
    if Procedure.objects.filter(establishment=place, closed=None).exists():
        raise ActRefused(
            "Une démarche est déjà ouverte pour cet établissement : poursuivez-la, ou fermez-la d’abord.",
            "A procedure is open for this establishment already: go on with it, or close it first.",
        )
    row = Procedure(
        id=new_id("proc"), establishment=place, name=text(given, "name", needed=False) or place.name,
        state="DEBUT", opened=now, opened_by=operator(given),
    )  # fmt: skip
    return Done(
        f"Démarche ouverte pour « {place.name} ».",
        f"Procedure opened for “{place.name}”.",
        data={"id": row.id},
        write=lambda: row.save(force_insert=True),
    )


def step(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Add a step; a card that was received enters the register, whose ends are watched. procedure: its id; event: the
    fields of `procedure_model.Event`, dates as AAAA-MM-JJ; note; revision: of the procedure as it was read, or None for
    whatever it is.
    """
    row = _open(given)
    try:
        event = read_event(given.get("event"))
    except NotAnEvent as error:
        raise ActRefused(f"Étape illisible ({error}).", f"Unreadable step ({error}).") from None
    known = set(ProcedureDocument.objects.filter(procedure=row).values_list("sha256", flat=True))
    if missing := [one.form for one in event.documents if one.reference and one.reference not in known]:
        raise ActRefused(
            f"Document non joint à cette démarche : {', '.join(missing)}.",
            f"Document not attached to this procedure: {', '.join(missing)}.",
        )
    after = _changed(apply(way_of(row), event))
    card = _card(row, event)
    made = ProcedureStep(
        procedure=row, number=row.revision + 1, event=write_event(event), note=text(given, "note", 1000, needed=False),
        at=now, by=operator(given),
    )  # fmt: skip

    def write() -> None:
        made.save(force_insert=True)
        _move(row, after, row.revision + 1)
        if card is not None:
            card.save(force_insert=True)

    return Done(
        "Étape enregistrée."
        if card is None
        else f"Étape enregistrée ; carte suivie jusqu’au {card.expires}.",
        "Step recorded." if card is None else f"Step recorded; card watched until {card.expires}.",
        data={"state": after.state},
        write=write,
    )


def _card(row: Procedure, event: Event) -> ProfessionalCard | None:
    """What the register gains from a step; None when it gains nothing: no card came, or its number is there already.

    :raises ActRefused: the card is of an unknown kind, or told too long.
    """
    if event.name != "card_received" or event.card is None:
        return None
    kind, number, until, _ = event.card
    told = card_told({"kind": kind, "holder": event.person, "number": number, "expires": until.isoformat()})
    if ProfessionalCard.objects.filter(number=told["number"], retired=None).exists():
        return None
    return ProfessionalCard(id=new_id("card"), establishment=row.establishment, **told)


def undo_step(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Take the last step back: it was recorded by mistake; the journal keeps both. procedure; revision."""
    row = _open(given)
    after = _changed(undo(way_of(row)))

    def write() -> None:
        last = ProcedureStep.objects.filter(procedure=row, number=row.revision)
        last._raw_delete(last.db)
        _move(row, after, row.revision - 1)

    return Done("Dernière étape retirée.", "Last step taken back.", data={"state": after.state}, write=write)


def attach(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Attach a document that is in the data folder. procedure; form: of `FORMS`; name; sha256; size: bytes; on: its
    date, or empty.
    """
    row = _open(given)
    form, digest = given.get("form") or "", text(given, "sha256", 64)
    if form not in FORMS:
        raise ActRefused("Formulaire inconnu.", "Unknown form.")
    made = ProcedureDocument(
        procedure=row, form=form, name=text(given, "name"), sha256=digest, size=number(given, "size"),
        on=day(given, "on", needed=False), added=now, added_by=operator(given),
    )  # fmt: skip
    return Done(
        f"Document joint : {made.name}.",
        f"Document attached: {made.name}.",
        data={"sha256": digest},
        write=lambda: made.save(force_insert=True),
    )


def close(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Stop following a procedure; it is kept as it is. procedure."""
    row = _open(given)
    return Done(
        "Démarche fermée.",
        "Procedure closed.",
        write=lambda: ignore(Procedure.objects.filter(id=row.id).update(closed=now)),
    )


def _open(given: dict[str, Any]) -> Procedure:
    row = Procedure.objects.filter(id=text(given, "procedure", 20), closed=None).first()
    if row is None:
        raise ActRefused("Démarche inconnue, ou fermée.", "Unknown procedure, or closed.")
    expected = given.get("revision")
    if isinstance(expected, int) and expected != row.revision:
        raise ActRefused(
            "Cette démarche a avancé depuis que vous l’avez lue : relisez-la, puis recommencez.",
            "This procedure went on since you read it: read it again, then try again.",
        )
    return row


def _changed(outcome: Way | Refused) -> Way:
    if isinstance(outcome, Refused):
        raise ActRefused(outcome.text_fr, outcome.text_en, {"code": outcome.code})
    return outcome


def _move(row: Procedure, after: Way, revision: int) -> None:
    Procedure.objects.filter(id=row.id).update(state=after.state, revision=revision)
