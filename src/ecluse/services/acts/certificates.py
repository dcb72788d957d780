"""Acts on certificates: kept, requested, refused, revoked, put away; an alarm dealt with.

What needs reading a certificate was decided before (`services.certificates`): here is what must hold when it is kept.
A private key never comes here, not even sealed: it is kept beside, and an act names it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ecluse.services.acts.access import text
from ecluse.services.acts.certificate_given import (
    MOST_BYTES,
    binary,
    certificate,
    establishment,
    fingerprint_of,
    ignore,
    key_of,
    number,
    operator,
    request_of,
)
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.acts.slots import anywhere, move, placing, without
from ecluse.services.receive_message import Intake
from ecluse.store.models.certificates import (
    CertificateAlarm,
    CertificateRequest,
    CertificateRevocation,
    CertificateSlot,
    HeldCertificate,
    PrivateKey,
)

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
    fingerprint = fingerprint_of(given)
    place_of = establishment(given)
    key = key_of(given)
    before = HeldCertificate.objects.filter(fingerprint=fingerprint).first()
    if before is not None and (before.key_id is not None or key is None or before.state == "revoked"):
        raise ActRefused("Ce certificat est déjà gardé.", "This certificate is kept already.")
    request = request_of(given) if given.get("request") else None
    row = HeldCertificate(
        fingerprint=fingerprint, der=binary(given, "der"), chain=binary(given, "chain", needed=False),
        key=key, establishment=place_of, imported=now, imported_by=operator(given), state="held",
        **{name: text(given, name, longest, needed=False) for name, longest in _TOLD.items()},
        **{name: number(given, name) for name in ("not_before", "not_after", "usable_until")},
    )  # fmt: skip
    placed = placing(given, place_of, fingerprint, now) if given.get("use") else None

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


_TOLD = {
    "family": 30, "environment": 20, "structure": 40, "service": 200, "subject": 1000, "issuer": 1000, "serial": 64,
}  # fmt: skip
"""What is told of a certificate, and how long it may be."""


def refuse(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Write down that a certificate was presented and refused; nothing of it is kept. fingerprint, or empty when the
    file could not be read; use; checks: names of those that said no.
    """
    use = text(given, "use", 30, needed=False)
    return Done("Certificat refusé.", "Certificate refused.", data={"use": use})


def request(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Keep a request whose key was made here. id; key; establishment; use; subject (RFC 4514); content (PEM)."""
    key = key_of(given)
    if key is None:
        raise ActRefused("Cette demande n’a pas de clé.", "This request has no key.")
    content = given.get("content")
    if not isinstance(content, str) or not content.startswith("-----BEGIN CERTIFICATE REQUEST-----"):
        raise ActRefused("La demande n’est pas un PKCS#10.", "The request is no PKCS#10.")
    row = CertificateRequest(
        id=text(given, "id", 20), key=key, establishment=establishment(given), use=text(given, "use", 30),
        subject=text(given, "subject", 1000), content=content[:MOST_BYTES], made=now, by=operator(given),
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
    row = request_of(given)

    def write() -> None:
        CertificateRequest.objects.filter(id=row.id).update(state="dropped")
        forget_key(row.key_id)

    return Done(
        "Demande abandonnée : sa clé est détruite, un certificat qui y répondrait serait inutilisable.",
        "Request given up: its key is destroyed, a certificate that answered it could not be used.",
        write=write,
    )


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
    slots = list(CertificateSlot.objects.filter(anywhere(held.fingerprint)))
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
            move(slot, without(slot, held.fingerprint), now)

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
    if CertificateSlot.objects.filter(anywhere(held.fingerprint)).exists():
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


def forget_key(key: str) -> None:
    """Destroy a private key that nothing needs. Inside the writer's transaction."""
    if HeldCertificate.objects.filter(key_id=key).exists():
        return
    if CertificateRequest.objects.filter(key_id=key, state="pending").exists():
        return
    PrivateKey.objects.filter(id=key).update(sealed=None, wrapped=None)
