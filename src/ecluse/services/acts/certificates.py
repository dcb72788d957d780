"""Acts on certificates: kept, requested, put in a slot, rotated, revoked; authorities trusted; cards registered.

What needs reading a certificate was decided before (`services.certificates`): here is what must hold when it is kept.
A private key never comes here, not even sealed: it is kept beside, and an act names it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

import msgspec
from django.db.models import Q

from ecluse.services.acts.access import text
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.receive_message import Intake
from ecluse.store.models.access import Establishment
from ecluse.store.models.certificates import (
    CertificateAlarm,
    CertificateRequest,
    CertificateRevocation,
    CertificateSlot,
    HeldCertificate,
    PrivateKey,
)

_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_MOST_BYTES = 64 * 1024

REASONS = {
    "content": ("erreur dans le contenu", "error in the content"),
    "loss": ("perte", "loss"),
    "theft": ("vol", "theft"),
    "compromise": ("clé compromise", "key compromised"),
    "end_of_activity": ("fin d’activité", "end of activity"),
    "changed_data": ("données du certificat changées", "data of the certificate changed"),
    "told": ("déclarée par l’autorité", "told by the authority"),
}
"""Why a certificate is revoked (IGC-Santé, causes of revocation), and what the authority told by itself."""
SOURCES = ("operator", "crl", "ocsp")


def keep(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Keep a certificate that was judged, or the key of one that was kept without.

    der, chain: base64; establishment; key: id, or empty; family, environment, structure, service, subject, issuer,
    serial; not_before, not_after, usable_until: µs; request: id of the one it answers, or empty; use, place: slot and
    `current` or `next`, or empty.
    """
    fingerprint = _fingerprint(given)
    place_of = establishment(given)
    key = _key(given)
    before = HeldCertificate.objects.filter(fingerprint=fingerprint).first()
    if before is not None and (before.key_id is not None or key is None or before.state == "revoked"):
        raise ActRefused("Ce certificat est déjà gardé.", "This certificate is kept already.")
    request = _request(given) if given.get("request") else None
    row = HeldCertificate(
        fingerprint=fingerprint, der=binary(given, "der"), chain=binary(given, "chain", needed=False),
        key=key, establishment=place_of, imported=now, imported_by=operator(given), state="held",
        **{name: text(given, name, 1000, needed=False) for name in _TOLD},
        **{name: number(given, name) for name in ("not_before", "not_after", "usable_until")},
    )  # fmt: skip
    placed = _placing(given, place_of, fingerprint, now) if given.get("use") else None

    def write() -> None:
        row.save(force_insert=before is None, force_update=before is not None)
        if request is not None:
            CertificateRequest.objects.filter(id=request.id).update(state="answered", certificate=row)
        if placed is not None:
            placed()

    return Done(
        f"Certificat gardé : {row.family} « {row.service} ».",
        f"Certificate kept: {row.family} “{row.service}”.",
        data={"fingerprint": fingerprint},
        write=write,
    )


_TOLD = ("family", "environment", "structure", "service", "subject", "issuer", "serial")


def refuse(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Write down that a certificate was presented and refused; nothing of it is kept. fingerprint, or empty when the
    file could not be read; use; checks: names of those that said no.
    """
    use = text(given, "use", 30, needed=False)
    return Done("Certificat refusé.", "Certificate refused.", data={"use": use})


def request(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Keep a request whose key was made here. id; key; establishment; use; subject (RFC 4514); content (PEM)."""
    key = _key(given)
    if key is None:
        raise ActRefused("Cette demande n’a pas de clé.", "This request has no key.")
    content = given.get("content")
    if not isinstance(content, str) or not content.startswith("-----BEGIN CERTIFICATE REQUEST-----"):
        raise ActRefused("La demande n’est pas un PKCS#10.", "The request is no PKCS#10.")
    row = CertificateRequest(
        id=text(given, "id", 20), key=key, establishment=establishment(given), use=text(given, "use", 30),
        subject=text(given, "subject", 1000), content=content[:_MOST_BYTES], made=now, by=operator(given),
        state="pending",
    )  # fmt: skip
    return Done(
        "Demande de certificat gardée : sa clé ne quitte pas cette passerelle.",
        "Certificate request kept: its key does not leave this gateway.",
        data={"id": row.id},
        write=lambda: row.save(force_insert=True),
    )


def drop_request(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Give up a request: its key is destroyed. request: its id."""
    row = _request(given)

    def write() -> None:
        CertificateRequest.objects.filter(id=row.id).update(state="dropped")
        forget_key(row.key_id)

    return Done(
        "Demande abandonnée : sa clé est détruite, un certificat qui y répondrait serait inutilisable.",
        "Request given up: its key is destroyed, a certificate that answered it could not be used.",
        write=write,
    )


def place(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Put a certificate kept here in a slot. establishment; use; fingerprint; place: `current` or `next`."""
    held = certificate(given)
    if held.key_id is None:
        raise ActRefused(
            "Ce certificat est gardé sans sa clé : importez aussi la clé (PKCS#12).",
            "This certificate is kept without its key: import the key too (PKCS#12).",
        )
    write = _placing(given, establishment(given), held.fingerprint, now)
    return Done("Certificat placé.", "Certificate placed.", write=write)


def rotate(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """The next certificate of a slot becomes the current one, without a restart. establishment; use."""
    slot = _slot(given)
    if slot is None or slot.next_id is None:
        raise ActRefused(
            "Aucun certificat suivant n’attend dans cet emplacement : importez-le d’abord.",
            "No next certificate waits in this slot: import it first.",
        )
    _in_force(slot.next_id, now)
    change = {"current": slot.next_id, "next": None, "previous": slot.current_id}
    return Done(
        "Rotation faite : le nouveau certificat sert dès maintenant, l’ancien est gardé pour"
        " revenir en arrière.",
        "Rotated: the new certificate serves from now on, the former one is kept to go back to.",
        write=lambda: _move(slot, change, now),
    )


def undo_rotation(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """The previous certificate of a slot serves again, and the current one waits as the next. establishment; use."""
    slot = _slot(given)
    if slot is None or slot.previous_id is None:
        raise ActRefused("Il n’y a pas de certificat précédent.", "There is no previous certificate.")
    if slot.next_id is not None:
        raise ActRefused(
            "Un autre certificat attend déjà comme suivant : retirez-le d’abord.",
            "Another certificate waits as the next one already: take it away first.",
        )
    _in_force(slot.previous_id, now)
    change = {"current": slot.previous_id, "next": slot.current_id, "previous": None}
    return Done(
        "Certificat précédent remis en service.",
        "Previous certificate in use again.",
        write=lambda: _move(slot, change, now),
    )


def empty(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Take a certificate out of a slot. establishment; use; place: `current`, `next` or `previous`."""
    slot, where = _slot(given), given.get("place")
    if where not in ("current", "next", "previous") or slot is None or getattr(slot, f"{where}_id") is None:
        raise ActRefused("Cette place est déjà vide.", "This place is empty already.")
    return Done("Place vidée.", "Place emptied.", write=lambda: _move(slot, {where: None}, now))


def revoke(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Record that a certificate is revoked: it leaves every slot, where the next one takes its place. fingerprint;
    reason: of `REASONS`; note; at: µs, when it was revoked, or None for now; source: of `SOURCES`.
    """
    held = certificate(given, states=("held", "retired"))
    reason, source = given.get("reason"), given.get("source") or "operator"
    if reason not in REASONS or source not in SOURCES:
        raise ActRefused(
            f"Motif inconnu. Motifs possibles : {', '.join(REASONS)}.",
            f"Unknown reason. Possible reasons: {', '.join(REASONS)}.",
        )
    at = given.get("at")
    slots = list(CertificateSlot.objects.filter(_anywhere(held.fingerprint)))
    stopped = [slot.use for slot in slots if slot.current_id == held.fingerprint and slot.next_id is None]
    row = CertificateRevocation(
        certificate=held, source=source, reason=reason, note=text(given, "note", 500, needed=False),
        at=min(at, now) if isinstance(at, int) else now, recorded=now, by=operator(given),
        stopped=msgspec.json.encode(stopped),
    )  # fmt: skip

    def write() -> None:
        row.save(force_insert=True)
        HeldCertificate.objects.filter(fingerprint=held.fingerprint).update(state="revoked")
        for slot in slots:
            _move(slot, _without(slot, held.fingerprint), now)

    return Done(
        f"Révocation enregistrée. Usages arrêtés : {', '.join(stopped) or 'aucun'}.",
        f"Revocation recorded. Uses stopped: {', '.join(stopped) or 'none'}.",
        data={"stopped": stopped},
        told={"stopped": stopped},
        write=write,
    )


def retire(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Put a certificate that no slot holds away for good: its private key is destroyed. fingerprint."""
    held = certificate(given, states=("held", "revoked"))
    if CertificateSlot.objects.filter(_anywhere(held.fingerprint)).exists():
        raise ActRefused(
            "Ce certificat est dans un emplacement : retirez-le d’abord.",
            "This certificate is in a slot: take it out first.",
        )

    def write() -> None:
        HeldCertificate.objects.filter(fingerprint=held.fingerprint).update(state="retired", key=None)
        if held.key_id is not None:
            forget_key(held.key_id)

    return Done("Certificat rangé, clé détruite.", "Certificate put away, key destroyed.", write=write)


def see_alarm(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Say that an alarm was dealt with. alarm: its number."""
    found = CertificateAlarm.objects.filter(pk=number(given, "alarm"), seen=None).first()
    if found is None:
        raise ActRefused("Cette alarme est déjà traitée.", "This alarm was dealt with already.")
    about = found.about
    return Done(
        "Alarme traitée.",
        "Alarm dealt with.",
        write=lambda: ignore(CertificateAlarm.objects.filter(about=about, seen=None).update(seen=now)),
    )


def establishment(given: dict[str, Any]) -> Establishment:
    """The establishment an act names by its number."""
    id_ = given.get("establishment")
    found = Establishment.objects.filter(id=id_).first() if isinstance(id_, int) else None
    if found is None:
        raise ActRefused("Établissement inconnu.", "Unknown establishment.")
    return found


def certificate(given: dict[str, Any], states: tuple[str, ...] = ("held",)) -> HeldCertificate:
    """The certificate an act names by its fingerprint, when it is in one of these states."""
    found = HeldCertificate.objects.filter(fingerprint=_fingerprint(given)).first()
    if found is None:
        raise ActRefused("Certificat inconnu.", "Unknown certificate.")
    if found.state not in states:
        raise ActRefused(
            "Ce certificat est déjà révoqué ou rangé.", "This certificate is revoked or put away already."
        )
    return found


def operator(given: dict[str, Any]) -> str:
    """Who asks."""
    return str(given.get("operator") or "")[:80]


def binary(given: dict[str, Any], name: str, *, needed: bool = True) -> bytes:
    """Bytes given in base64.

    :raises ActRefused: they are not, or too many.
    """
    value = given.get(name) or ""
    try:
        content = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        content = b""
    if (needed or value) and not 0 < len(content) <= _MOST_BYTES:
        raise ActRefused(f"« {name} » n’a pas la forme attendue.", f"“{name}” has not the form expected.")
    return content


def number(given: dict[str, Any], name: str) -> int:
    """A whole number.

    :raises ActRefused: it is not.
    """
    value = given.get(name)
    if not isinstance(value, int) or not -(2**63) <= value < 2**63:
        raise ActRefused(f"« {name} » n’a pas la forme attendue.", f"“{name}” has not the form expected.")
    return value


def forget_key(key: str) -> None:
    """Destroy a private key that nothing needs. Inside the writer's transaction."""
    if HeldCertificate.objects.filter(key_id=key).exists():
        return
    if CertificateRequest.objects.filter(key_id=key, state="pending").exists():
        return
    PrivateKey.objects.filter(id=key).update(sealed=None, wrapped=None)


def ignore(_: object) -> None:
    """For a statement whose count of rows says nothing."""


def _fingerprint(given: dict[str, Any]) -> str:
    value = given.get("fingerprint")
    if not isinstance(value, str) or not _FINGERPRINT.fullmatch(value):
        raise ActRefused(
            "L’empreinte attendue a 64 chiffres hexadécimaux.", "A fingerprint of 64 hexadecimal digits is expected."
        )  # fmt: skip
    return value


def _key(given: dict[str, Any]) -> PrivateKey | None:
    if not given.get("key"):
        return None
    found = PrivateKey.objects.filter(id=text(given, "key", 20)).first()
    if found is None:
        raise ActRefused("Clé inconnue : recommencez.", "Unknown key: try again.")
    return found


def _request(given: dict[str, Any]) -> CertificateRequest:
    found = CertificateRequest.objects.filter(id=text(given, "request", 20), state="pending").first()
    if found is None:
        raise ActRefused("Demande inconnue, ou déjà close.", "Unknown request, or closed already.")
    return found


def _slot(given: dict[str, Any]) -> CertificateSlot | None:
    return CertificateSlot.objects.filter(
        establishment=establishment(given), use=text(given, "use", 30)
    ).first()


def _anywhere(fingerprint: str) -> Q:
    return Q(current=fingerprint) | Q(next=fingerprint) | Q(previous=fingerprint)


def _without(slot: CertificateSlot, fingerprint: str) -> dict[str, str | None]:
    """A slot once a certificate has left it: the next one takes the place of the current one."""
    places = {name: getattr(slot, f"{name}_id") for name in ("current", "next", "previous")}
    kept = {name: None if held == fingerprint else held for name, held in places.items()}
    if kept["current"] is None and places["current"] == fingerprint:
        kept["current"], kept["next"] = kept["next"], None
    return kept


def _in_force(fingerprint: str, now: int) -> None:
    held = HeldCertificate.objects.get(fingerprint=fingerprint)
    if held.state != "held" or not held.not_before <= now <= held.usable_until:
        raise ActRefused(
            "Ce certificat est révoqué, expiré ou pas encore valable : il ne peut pas servir.",
            "This certificate is revoked, expired or not valid yet: it cannot serve.",
        )


def _placing(given: dict[str, Any], where: Establishment, fingerprint: str, now: int) -> Callable[[], None]:
    """What puts a certificate in a slot."""
    use, wanted = text(given, "use", 30), given.get("place")
    if wanted not in ("current", "next"):
        raise ActRefused(
            "Indiquez la place : current ou next.",
            "Say which place: current or next.",
        )
    slot = CertificateSlot.objects.filter(establishment=where, use=use).first()
    if slot is not None and fingerprint in (slot.current_id, slot.next_id):
        raise ActRefused("Ce certificat y est déjà.", "This certificate is there already.")
    if slot is None:
        slot = CertificateSlot(establishment=where, use=use, since=0, revision=0)
    change: dict[str, str | None] = {wanted: fingerprint}
    if wanted == "current" and slot.current_id is not None:
        change["previous"] = slot.current_id
    return lambda: _move(slot, change, now)


def _move(slot: CertificateSlot, change: dict[str, str | None], now: int) -> None:
    """Write what a slot holds. Inside the writer's transaction."""
    for name, held in change.items():
        setattr(slot, f"{name}_id", held)
    if "current" in change:
        slot.since = now
    slot.revision += 1
    slot.save(force_insert=slot.revision == 1, force_update=slot.revision > 1)
