"""Acts on slots: which certificate serves an establishment for which use, the one that follows, the one before."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.db.models import Q

from ecluse.rules.certificates.slots import reserved_names, uses
from ecluse.services.acts.access import text
from ecluse.services.acts.certificate_given import certificate, establishment
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.receive_message import Intake
from ecluse.store.models.access import Establishment
from ecluse.store.models.certificates import CertificateSlot, HeldCertificate


def place(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Put a certificate kept here in a slot. establishment; use; fingerprint; place: `current` or `next`."""
    held = certificate(given)
    if held.key_id is None:
        raise ActRefused(
            "Ce certificat est gardé sans sa clé : importez aussi la clé (PKCS#12).",
            "This certificate is kept without its key: import the key too (PKCS#12).",
        )
    where = establishment(given)
    _suits(held, where, text(given, "use", 30))
    _in_force(held.fingerprint, now)
    write = placing(given, where, held.fingerprint, now)
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
        write=lambda: move(slot, change, now),
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
        write=lambda: move(slot, change, now),
    )


def empty(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Take a certificate out of a slot. establishment; use; place: `current`, `next` or `previous`."""
    slot, where = _slot(given), given.get("place")
    if where not in ("current", "next", "previous") or slot is None or getattr(slot, f"{where}_id") is None:
        raise ActRefused("Cette place est déjà vide.", "This place is empty already.")
    return Done("Place vidée.", "Place emptied.", write=lambda: move(slot, {where: None}, now))


def placing(given: dict[str, Any], where: Establishment, fingerprint: str, now: int) -> Callable[[], None]:
    """What puts a certificate in a slot."""
    use, wanted = text(given, "use", 30), given.get("place")
    if use not in uses():
        raise ActRefused("Usage inconnu.", "Unknown use.")
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
    return lambda: move(slot, change, now)


def anywhere(fingerprints: Collection[str]) -> Q:
    """Slots that hold one of these certificates in any place."""
    return Q(current__in=fingerprints) | Q(next__in=fingerprints) | Q(previous__in=fingerprints)


def without(slot: CertificateSlot, gone: Collection[str]) -> dict[str, str | None]:
    """A slot once certificates have left it: the next one takes the place of the current one."""
    places = {name: getattr(slot, f"{name}_id") for name in ("current", "next", "previous")}
    kept = {name: None if held in gone else held for name, held in places.items()}
    if kept["current"] is None and places["current"] in gone:
        kept["current"], kept["next"] = kept["next"], None
    return kept


def move(slot: CertificateSlot, change: dict[str, str | None], now: int) -> None:
    """Write what a slot holds. Inside the writer's transaction."""
    for name, held in change.items():
        setattr(slot, f"{name}_id", held)
    if "current" in change:
        slot.since = now
    slot.revision += 1
    slot.save(force_insert=slot.revision == 1, force_update=slot.revision > 1)


def _slot(given: dict[str, Any]) -> CertificateSlot | None:
    return CertificateSlot.objects.filter(
        establishment=establishment(given), use=text(given, "use", 30)
    ).first()


def _suits(held: HeldCertificate, where: Establishment, use: str) -> None:
    """Refuse to place a certificate where it could not serve (it was judged for another slot)."""
    found = uses().get(use)
    if found is None:
        raise ActRefused(
            f"Usage inconnu. Usages : {', '.join(uses())}.", f"Unknown use. Uses: {', '.join(uses())}."
        )
    named = held.service in (found.imposed or (held.service,)) and (
        found.imposed or held.service not in reserved_names()
    )
    if held.family not in found.families or not named or held.establishment_id != where.id:
        raise ActRefused(
            f"Ce certificat ({held.family}, « {held.service} ») ne convient pas à cet usage de cet établissement :"
            f" {' / '.join(found.families)} est attendu.",
            f"This certificate ({held.family}, “{held.service}”) does not suit that use of that establishment:"
            f" {' / '.join(found.families)} is expected.",
        )


def _in_force(fingerprint: str, now: int) -> None:
    held = HeldCertificate.objects.get(fingerprint=fingerprint)
    if held.state != "held" or not held.not_before <= now <= held.usable_until:
        raise ActRefused(
            "Ce certificat est révoqué, expiré ou pas encore valable : il ne peut pas servir.",
            "This certificate is revoked, expired or not valid yet: it cannot serve.",
        )
