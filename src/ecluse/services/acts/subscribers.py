"""Acts on subscribers: who is told of what, and what becomes of the deliveries that wait."""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
from django.db.models import F

from ecluse.services.acts.outcome import ActRefused, Done, check_unchanged
from ecluse.services.acts.subscriber_given import read_options, read_target
from ecluse.services.deliveries.subscribers import SubscriberRecord, record_of, write_options
from ecluse.services.queries.events import told_up_to
from ecluse.services.queries.subscribers import etag
from ecluse.services.receive_message import Intake
from ecluse.store.deliveries import Shared, record_given_up
from ecluse.store.models import Domain
from ecluse.store.models.deliveries import PendingDelivery, Subscriber

MOST = 200
"""Subscribers of one gateway."""
ROTATION_HOURS = 24
"""How long a replaced key still signs."""
_HOUR = 3_600_000_000
_LONGEST_NAME = 200
_ID = re.compile(r"sub_[0-9a-f]{16}")

Given = dict[str, Any]


def add(intake: Intake, given: Given, now: int) -> Done:
    """A new subscriber.

    Arguments: name, kind (`webhook`, `relay`), target, id and secret (sealed for that id, base64) for a webhook, domain
    (name) or empty, position (what it has seen already) or none for what comes from now on, options (see
    `subscriber_given.read_options`), plaintext: true to accept an http URL, or a relay without TLS to another machine.
    """
    name, kind = _text(given, "name", _LONGEST_NAME), given.get("kind")
    if kind not in ("webhook", "relay"):
        raise ActRefused("Indiquez le type : webhook ou relay.", "Give the kind: webhook or relay.")
    if Subscriber.objects.filter(name=name).exists():
        raise ActRefused(
            f"Un abonné « {name} » existe déjà : choisissez un autre nom, ou retirez-le d’abord.",
            f"A subscriber “{name}” exists already: choose another name, or remove it first.",
        )
    if Subscriber.objects.count() >= MOST:
        raise ActRefused(f"Il y a déjà {MOST} abonnés.", f"There are {MOST} subscribers already.")
    options = read_options(kind, given.get("options") or {})
    plaintext = given.get("plaintext") is True
    target = read_target(kind, _text(given, "target"), plaintext=plaintext, tls=options.tls)
    end = _end(intake, kind)
    position = _position(given)
    row = Subscriber(
        id=_id(given),
        name=name,
        kind=kind,
        domain_id=_domain(given.get("domain") or ""),
        target=target,
        secret=_sealed(given) if kind == "webhook" else None,
        options=write_options(options),
        status="active",
        created=now,
        position=end if position is None else min(position, end),
    )
    return Done(
        f"Abonné « {name} » enregistré : il reçoit ce qui suit la position {row.position}.",
        f"Subscriber “{name}” registered: it gets what follows position {row.position}.",
        {"id": row.id, "position": row.position},
        write=lambda: row.save(force_insert=True),
    )


def new_id() -> str:
    """An id for a subscriber, which no other ever had."""
    return f"sub_{secrets.token_hex(8)}"


def pause(intake: Intake, given: Given, now: int) -> Done:
    """Stop telling a subscriber; what comes meanwhile waits for it."""
    one = _found(given)
    return _change(
        one,
        f"Abonné « {one.name} » en pause : rien ne se perd, la suite lui sera remise à la reprise.",
        f"Subscriber “{one.name}” paused: nothing is lost, it gets the rest when it resumes.",
        status="paused",
    )


def resume(intake: Intake, given: Given, now: int) -> Done:
    """Tell a paused or gone subscriber again, from where it was."""
    one = _found(given)
    return _change(
        one,
        f"Abonné « {one.name} » repris à la position {one.position}.",
        f"Subscriber “{one.name}” resumed at position {one.position}.",
        status="active",
        reason="",
        failures=0,
        until=0,
    )


def remove(intake: Intake, given: Given, now: int) -> Done:
    """Forget a subscriber and what waits for it; what was shared with it stays on record."""
    one = _found(given)

    def write() -> None:
        PendingDelivery.objects.filter(subscriber=one.id)._raw_delete("default")
        Subscriber.objects.filter(id=one.id)._raw_delete("default")

    return Done(
        f"Abonné « {one.name} » retiré.", f"Subscriber “{one.name}” removed.", {"id": one.id}, write=write
    )


def rotate(intake: Intake, given: Given, now: int) -> Done:
    """Give a webhook a new key; the former one signs too for a day."""
    one = _found(given)
    if one.kind != "webhook":
        raise ActRefused("Un relais n’a pas de clé de signature.", "A relay has no signing key.")
    options = replace(one.options, former_secret=one.secret, former_until=now + ROTATION_HOURS * _HOUR)
    return _change(
        one,
        f"Nouvelle clé pour « {one.name} » ; l’ancienne signe encore {ROTATION_HOURS} heures.",
        f"New key for “{one.name}”; the former one signs too for {ROTATION_HOURS} hours.",
        secret=_sealed({**given, "id": one.id}),
        options=write_options(options),
    )


def release(intake: Intake, given: Given, now: int) -> Done:
    """Try parked deliveries again: one (position) or all."""
    one = _found(given)
    rows = _parked(one, given)
    return _change(
        one,
        f"{rows.count()} envoi(s) de « {one.name} » remis en route.",
        f"{rows.count()} delivery(ies) of “{one.name}” tried again.",
        also=lambda: rows.update(parked=False, attempts=0, since=0, next_at=now),
        failures=0,
        until=0,
    )


def skip(intake: Intake, given: Given, now: int) -> Done:
    """Give one parked delivery up: those behind it leave. The record of what was shared says so."""
    one = _found(given)
    if _position(given) is None:
        raise ActRefused("Indiquez la position de l’envoi.", "Give the position of the delivery.")
    row = _parked(one, given).get()
    keys: tuple[str, ...] = msgspec.json.decode(bytes(row.keys), type=tuple[str, ...])

    def write() -> None:
        patients = tuple(key for key in keys if "|" not in key)
        record_given_up(one.id, one.name, Shared(row.position, patients, now, dropped=True))
        PendingDelivery.objects.filter(subscriber=one.id, position=row.position)._raw_delete("default")

    return _change(
        one,
        f"Envoi {row.position} de « {one.name} » abandonné ; les suivants du même patient partent.",
        f"Delivery {row.position} of “{one.name}” given up; those behind it leave.",
        also=write,
    )


def replay(intake: Intake, given: Given, now: int) -> Done:
    """Deliver again everything that follows a position of the feed."""
    one = _found(given)
    position = _position(given)
    if position is None or position > one.position:
        raise ActRefused(
            f"Indiquez une position de 0 à {one.position}, où en est cet abonné.",
            f"Give a position from 0 to {one.position}, where this subscriber is.",
        )
    behind = PendingDelivery.objects.filter(subscriber=one.id, position__gt=position)
    return _change(
        one,
        f"« {one.name} » reçoit à nouveau tout ce qui suit la position {position}.",
        f"“{one.name}” gets everything that follows position {position} again.",
        also=lambda: behind._raw_delete("default"),
        position=position,
    )


def _change(
    one: SubscriberRecord,
    text_fr: str,
    text_en: str,
    also: Callable[[], object] | None = None,
    **columns: Any,
) -> Done:
    """Change the row of a subscriber; its new revision has the deliverer begin again from it."""

    def write() -> None:
        if also is not None:
            also()
        Subscriber.objects.filter(id=one.id).update(revision=F("revision") + 1, **columns)

    return Done(text_fr, text_en, {"id": one.id}, write=write)


def _found(given: Given) -> SubscriberRecord:
    """The subscriber that is named. expected: see `check_unchanged`."""
    name = _text(given, "name")
    row = Subscriber.objects.filter(name=name).first() or Subscriber.objects.filter(id=name).first()
    if row is None:
        raise ActRefused(
            f"Abonné inconnu : {name}. Voyez « ecluse subscriber list ».",
            f"Unknown subscriber: {name}. See “ecluse subscriber list”.",
        )
    found = record_of(row)
    check_unchanged(given, etag(found))
    return found


def _parked(one: SubscriberRecord, given: Given) -> Any:
    rows = PendingDelivery.objects.filter(subscriber=one.id, parked=True)
    if (position := _position(given)) is not None:
        rows = rows.filter(position=position)
    if not rows.exists():
        raise ActRefused(
            f"Aucun envoi de « {one.name} » n’est en attente de décision à cette place.",
            f"No delivery of “{one.name}” waits for a decision there.",
        )
    return rows


def _text(given: Given, name: str, longest: int = 2000) -> str:
    text = given.get(name)
    if not isinstance(text, str) or not text.strip() or not text.isprintable():
        raise ActRefused(f"Indiquez « {name} ».", f"Give “{name}”.")
    if len(text.strip()) > longest:
        raise ActRefused(
            f"« {name} » est trop long : {longest} caractères au plus.",
            f"“{name}” is too long: {longest} characters at most.",
        )
    return text.strip()


def _position(given: Given) -> int | None:
    """A place of a feed, or None when none is given."""
    position = given.get("position")
    if position is None:
        return None
    if not isinstance(position, int) or isinstance(position, bool) or not 0 <= position < 2**63:
        raise ActRefused("Une position est un nombre entier.", "A position is a whole number.")
    return position


def _id(given: Given) -> str:
    """The id that the key was sealed for, or a new one."""
    id_ = given.get("id") or new_id()
    if not isinstance(id_, str) or not _ID.fullmatch(id_) or Subscriber.objects.filter(id=id_).exists():
        raise ActRefused("Identifiant d’abonné invalide.", "Wrong id of a subscriber.")
    return id_


def _domain(name: Any) -> int | None:
    if not name:
        return None
    if not isinstance(name, str) or not name.isprintable():
        raise ActRefused("Domaine illisible.", "The domain cannot be read.")
    found = Domain.objects.filter(name=name).values_list("id", flat=True).first()
    if found is None:
        raise ActRefused(f"Domaine inconnu : {name}.", f"Unknown domain: {name}.")
    return found


def _sealed(given: Given) -> bytes:
    """The sealed key: the process that asks seals it, so that the key itself is never in the journal."""
    try:
        sealed = base64.b64decode(given.get("secret") or "", validate=True)
    except (binascii.Error, TypeError):
        sealed = b""
    if not sealed or not given.get("id"):
        raise ActRefused("La clé scellée du webhook manque.", "The sealed key of the webhook is missing.")
    return sealed


def _end(intake: Intake, kind: str) -> int:
    if kind == "relay":
        return intake.ledger.seq
    return told_up_to()
