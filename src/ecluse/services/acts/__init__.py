"""Operators' acts that only the writer may do: each is a line of the journal, with who asked."""

from __future__ import annotations

import logging
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec

from ecluse.services.acts import (
    access,
    access_places,
    alarms,
    authorities,
    certificates,
    consents,
    directory,
    dossiers,
    habilitations,
    identities,
    notes,
    procedures,
    refusal_groups,
    retention,
    reviews,
    rpps,
    senders,
    slots,
    subscribers,
    trail,
    user_cards,
    users,
)
from ecluse.services.acts.listing import list_act
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.receive_message import Intake
from ecluse.services.typography import french
from ecluse.services.wire import Act, ActResult
from ecluse.store.ledger import Entry
from ecluse.store.models import JournalEntry
from ecluse.store.models.access import AccessLine
from ecluse.store.trust import facts

__all__ = ["ACTS", "ActRefused", "Done", "perform"]

log = logging.getLogger(__name__)

Handler = Callable[[Intake, dict[str, Any], int], Done]
"""Prepares an act: the intake, its arguments and the `operator` who asks, the time (µs since 1970, UTC).

:raises ActRefused: when it cannot be done.
"""

ACTS: dict[str, Handler] = {
    "alarm.see": alarms.see_alarm,
    "authority.add": authorities.add,
    "authority.remove": authorities.remove,
    "card.add": authorities.add_card,
    "card.edit": authorities.edit_card,
    "card.retire": authorities.retire_card,
    "certificate.drop-request": certificates.drop_request,
    "certificate.empty": slots.empty,
    "certificate.keep": certificates.keep,
    "certificate.place": slots.place,
    "certificate.refuse": certificates.refuse,
    "certificate.request": certificates.request,
    "certificate.retire": certificates.retire,
    "certificate.revoke": certificates.revoke,
    "certificate.rotate": slots.rotate,
    "certificate.rotate-back": slots.undo_rotation,
    "directory.undo": directory.undo,
    "directory.use": directory.use,
    "domain.add": access_places.add_domain,
    "domain.edit": access_places.edit_domain,
    "establishment.add": access_places.add_establishment,
    "establishment.edit": access_places.edit_establishment,
    "habilitation.review.close": habilitations.close_review,
    "habilitation.review.decide": habilitations.decide,
    "habilitation.review.open": habilitations.open_review,
    "habilitation.set": habilitations.set_matrix,
    "inclusion.exclude": access.exclude,
    "inclusion.include": access.include,
    "inclusion-list.create": access.create_list,
    "patient.dossier": dossiers.dossier,
    "patient.note": notes.note,
    "patient.unmerge": identities.unmerge,
    "consent.record": consents.record,
    "journal.purge": retention.purge,
    "leaflet.edit": reviews.edit_leaflet,
    "procedure.attach": procedures.attach,
    "procedure.close": procedures.close,
    "procedure.open": procedures.open_procedure,
    "procedure.step": procedures.step,
    "procedure.undo": procedures.undo_step,
    "refusal-group.assign": refusal_groups.assign,
    "refusal-group.mute": refusal_groups.mute,
    "refusal-group.note": refusal_groups.note,
    "refusal-group.reopen": refusal_groups.reopen,
    "refusal-group.resolve": refusal_groups.resolve,
    "sender.add": senders.add,
    "sender.confirm": senders.confirm,
    "sender.edit": senders.edit,
    "sender.refuse": senders.refuse,
    "sender.forget": senders.forget,
    "site.add": access_places.add_site,
    "site.edit": access_places.edit_site,
    "subscriber.add": subscribers.add,
    "subscriber.pause": subscribers.pause,
    "subscriber.release": subscribers.release,
    "subscriber.remove": subscribers.remove,
    "subscriber.replay": subscribers.replay,
    "subscriber.resume": subscribers.resume,
    "subscriber.rotate": subscribers.rotate,
    "subscriber.skip": subscribers.skip,
    "suspects.review": reviews.review,
    "token.create": access.create_token,
    "token.revoke": access.revoke_token,
    "user.add": users.add,
    "user.approve-means": users.approve_means,
    "user.bind-card": user_cards.bind,
    "user.bind-rpps": rpps.bind,
    "user.confirm-rpps": rpps.confirm,
    "user.drop-card": user_cards.drop,
    "user.drop-rpps": rpps.drop,
    "user.propose-rpps": rpps.propose,
    "user.disable": users.disable,
    "user.edit": users.edit,
    "user.invite": users.invite,
    "user.roles": users.give_roles,
    "trail.purge": trail.purge,
    "trail.seal": trail.seal,
}


def perform(intake: Intake, act: Act, now: int) -> ActResult:
    """Do an act and keep it. Never raises for a wrong act: the result says why it was not done."""
    if act.name not in ACTS:
        return _refused(f"Acte inconnu : {act.name}.", f"Unknown act: {act.name}.")
    try:
        earlier = _done_already(act)
        if earlier is not None:
            return earlier
        done = ACTS[act.name](intake, {**act.arguments, "operator": act.operator}, now)
        line = _keep(intake, act, done, now)
        return ActResult(True, line, french(done.text_fr), done.text_en, done.data)
    except ActRefused as refused:
        return _refused(refused.text_fr, refused.text_en, refused.data)
    except Exception:  # whoever asked must hear, and the writer go on with the messages
        log.exception("act %s not kept", act.name)
        intake.recover()
        return _refused(
            "L’acte n’a pas pu être enregistré : voyez le journal d’exécution (disque plein, base indisponible).",
            "The act could not be kept: see the log (disk full, database unavailable).",
        )


def _refused(text_fr: str, text_en: str, data: dict[str, Any] | None = None) -> ActResult:
    return ActResult(False, 0, french(text_fr), text_en, data or {})


def _done_already(act: Act) -> ActResult | None:
    """The result of this very act, when the journal has it: whoever asked did not hear the answer, and asks again."""
    if not act.once:
        return None
    lines = JournalEntry.objects.filter(sender_id=None, kind="act", control_id=act.once)
    row = lines.values_list("seq", "details").first()
    if row is None:
        return None
    text_fr, text_en, data = msgspec.json.decode(bytes(row[1]))["result"]
    return ActResult(True, row[0], french(text_fr), text_en, data, again=True)


def _keep(intake: Intake, act: Act, done: Done, now: int) -> int:
    """The line of an act: what was asked, and the senders and domains as it leaves them (see `store.trust`)."""
    details = msgspec.json.encode(
        {
            "operator": act.operator,
            "act": act.name,
            "arguments": act.arguments,
            **facts(intake.senders.pending),
            **done.told,
            **({"result": [done.text_fr, done.text_en, done.data]} if act.once else {}),
        }
    )
    verb = act.name.rpartition(".")[2]
    content = sha256(details).digest()
    entry = Entry(
        "act", done.domain, None, act.once, verb, "", "", content, details, b"", b"[]", details, done.events
    )
    seq = intake.keep_act(entry, now)

    def write() -> None:
        intake.senders.write()
        list_act(seq, now, act, [*done.shown, *(one.patient for one in done.events)])
        if done.write is not None:
            done.write()
        for patient in done.shown:
            AccessLine(
                at=now, caller=act.operator[:80], name="", on_behalf_of="", action=act.name, patient=patient,
                detail=f"journal {seq}",
            ).save(force_insert=True)  # fmt: skip

    intake.ledger.commit(write)
    return seq
