"""Acts on certificates: kept, requested, refused, revoked, put away.

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
    key_of,
    number,
    operator,
    request_of,
)
from ecluse.services.acts.certificate_keys import (
    check_key,
    check_not_revoked,
    lock_key,
    on_same_key,
    read_given,
)
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.acts.slots import anywhere, move, placing, without
from ecluse.services.certificates.structures import elsewhere_declared
from ecluse.services.receive_message import Intake
from ecluse.store.models.access import Establishment
from ecluse.store.models.certificates import (
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
    key, der = key_of(given), binary(given, "der")
    before = _before(fingerprint, key, place_of)
    read = read_given(der, fingerprint)
    check_not_revoked(read)
    if key is not None:
        check_key(key, place_of, read)
    _check_structure(given, place_of)
    request = _answered(given, key, place_of)
    row = HeldCertificate(
        fingerprint=fingerprint, der=der, chain=binary(given, "chain", needed=False),
        key=key, establishment=place_of, imported=now, imported_by=operator(given), state="held",
        **{name: text(given, name, longest, needed=False) for name, longest in _TOLD.items()},
        **{name: number(given, name) for name in ("not_before", "not_after", "usable_until")},
    )  # fmt: skip
    placed = placing(given, place_of, fingerprint, now) if given.get("use") else None

    def write() -> None:
        if key is not None:
            lock_key(key)
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


def _before(fingerprint: str, key: PrivateKey | None, where: Establishment) -> HeldCertificate | None:
    """The same certificate when it was kept without its key, or put away: its key may come back."""
    found = HeldCertificate.objects.filter(fingerprint=fingerprint).first()
    if found is None:
        return None
    elsewhere = found.establishment_id != where.id and found.state != "retired"
    if found.key_id is not None or key is None or elsewhere:
        raise ActRefused(
            "Ce certificat est déjà gardé : pour qu’il serve, placez-le (« ecluse pki place »).",
            "This certificate is kept already: to have it serve, place it (“ecluse pki place”).",
        )
    return found


def _answered(
    given: dict[str, Any], key: PrivateKey | None, where: Establishment
) -> CertificateRequest | None:
    """The request that a certificate answers: of the same establishment, on the same key."""
    if not given.get("request"):
        return None
    found = request_of(given)
    if key is None or found.key_id != key.id or found.establishment_id != where.id:
        raise ActRefused(
            "Ce certificat ne répond pas à cette demande.", "This certificate does not answer that request."
        )
    return found


def _check_structure(given: dict[str, Any], where: Establishment) -> None:
    structure = text(given, "structure", 40, needed=False)
    if structure in elsewhere_declared((structure,), where.id):
        raise ActRefused(
            f"L’identifiant {structure} est celui d’un autre établissement déclaré ici.",
            f"The identifier {structure} is that of another establishment declared here.",
        )


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
    where = establishment(given)
    check_key(key, where)
    row = CertificateRequest(
        id=text(given, "id", 20), key=key, establishment=where, use=text(given, "use", 30),
        subject=text(given, "subject", 1000), content=content[:MOST_BYTES], made=now, by=operator(given),
        state="pending",
    )  # fmt: skip

    def write() -> None:
        lock_key(key)
        row.save(force_insert=True)

    return Done(
        "Demande de certificat gardée : sa clé ne quitte pas cette passerelle.",
        "Certificate request kept: its key does not leave this gateway.",
        data={"id": row.id},
        write=write,
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
    reason: of `REASONS`; note; at: µs, when it was revoked, or None for now; source: of `SOURCES`. When the key got out
    of hand, every other certificate on the same key is revoked with it.
    """
    held = certificate(given, states=("held", "retired"))
    reason, source = given.get("reason"), given.get("source") or "operator"
    if reason not in REASONS or source not in SOURCES:
        raise ActRefused(
            f"Motif inconnu. Motifs possibles : {', '.join(REASONS)}.",
            f"Unknown reason. Possible reasons: {', '.join(REASONS)}.",
        )
    at, note = given.get("at"), text(given, "note", 500, needed=False)
    same = on_same_key(held, reason, note)
    gone = frozenset(one.fingerprint for one in (held, *same))
    left = [(slot, without(slot, gone)) for slot in CertificateSlot.objects.filter(anywhere(gone))]
    stopped = [slot.use for slot, kept in left if slot.current_id in gone and kept["current"] is None]
    revoked = [
        CertificateRevocation(
            certificate=one, source=source, reason=reason, note=note,
            at=min(at, now) if isinstance(at, int) else now, recorded=now, by=operator(given),
            stopped=msgspec.json.encode(stopped),
        )
        for one in (held, *same)
    ]  # fmt: skip

    def write() -> None:
        for row in revoked:
            row.save(force_insert=True)
        HeldCertificate.objects.filter(fingerprint__in=gone).update(state="revoked")
        for slot, kept in left:
            move(slot, kept, now)

    told = {"stopped": stopped, "same_key": sorted(one.fingerprint for one in same)}
    return Done(
        f"Révocation enregistrée{_also(same)[0]}. Usages arrêtés : {', '.join(stopped) or 'aucun'}.",
        f"Revocation recorded{_also(same)[1]}. Uses stopped: {', '.join(stopped) or 'none'}.",
        data={"stopped": stopped},
        told=told,
        write=write,
    )


def _also(same: list[HeldCertificate]) -> tuple[str, str]:
    """What is said of the other certificates on the same key, in each language."""
    if not same:
        return "", ""
    return (
        f", pour {len(same)} autre(s) certificat(s) sur la même clé aussi",
        f", for {len(same)} other certificate(s) on the same key too",
    )


def retire(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Put a certificate that no slot holds away for good: its private key is destroyed. fingerprint."""
    held = certificate(given, states=("held", "revoked"))
    if CertificateSlot.objects.filter(anywhere({held.fingerprint})).exists():
        raise ActRefused(
            "Ce certificat est dans un emplacement : retirez-le d’abord.",
            "This certificate is in a slot: take it out first.",
        )

    def write() -> None:
        HeldCertificate.objects.filter(fingerprint=held.fingerprint).update(state="retired", key=None)
        if held.key_id is not None:
            forget_key(held.key_id)

    return Done("Certificat rangé, clé détruite.", "Certificate put away, key destroyed.", write=write)


def forget_key(key: str) -> None:
    """Destroy a private key that nothing needs. Inside the writer's transaction."""
    if HeldCertificate.objects.filter(key_id=key).exists():
        return
    if CertificateRequest.objects.filter(key_id=key, state="pending").exists():
        return
    PrivateKey.objects.filter(id=key).update(sealed=None, wrapped=None)
