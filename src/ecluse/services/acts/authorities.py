"""Acts on trust: authorities that enter or leave a trust store, and cards of the people who order certificates."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any

from ecluse.services.acts.access import text
from ecluse.services.acts.certificate_given import binary, establishment, ignore, number, operator
from ecluse.services.acts.outcome import ActRefused, Done
from ecluse.services.certificates.key_vault import new_id
from ecluse.services.receive_message import Intake
from ecluse.store.models.certificates import CertificateAuthority, ProfessionalCard

STORES = ("igc-sante-production", "igc-sante-test", "igc-osi")
CARDS = ("CDE", "CPS", "CPE", "CPF", "CDA", "CPA")


def add(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Trust an authority. store; der (base64); fingerprint; subject; anchor; not_after: µs; origin: `published` or
    `declared`.
    """
    store, der = given.get("store"), binary(given, "der")
    fingerprint = sha256(der).hexdigest()
    if store not in STORES or given.get("origin") not in ("published", "declared"):
        raise ActRefused("Magasin de confiance inconnu.", "Unknown trust store.")
    if fingerprint != given.get("fingerprint"):
        raise ActRefused(
            "L’empreinte n’est pas celle de ce certificat.",
            "The fingerprint is not that of this certificate.",
        )
    if CertificateAuthority.objects.filter(store=store, fingerprint=fingerprint).exists():
        raise ActRefused("Cette autorité y est déjà.", "This authority is there already.")
    row = CertificateAuthority(
        store=store, fingerprint=fingerprint, der=der, subject=text(given, "subject", 1000),
        anchor=given.get("anchor") is True, not_after=number(given, "not_after"), origin=given["origin"],
        added=now, added_by=operator(given),
    )  # fmt: skip
    return Done(
        f"Autorité de confiance ajoutée ({store}).",
        f"Authority trusted ({store}).",
        data={"fingerprint": fingerprint},
        write=lambda: row.save(force_insert=True),
    )


def remove(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """No longer trust an authority. store; fingerprint."""
    store = text(given, "store", 30)
    rows = CertificateAuthority.objects.filter(store=store, fingerprint=text(given, "fingerprint", 64))
    if not rows.exists():
        raise ActRefused("Autorité inconnue.", "Unknown authority.")
    return Done(
        f"Autorité retirée ({store}) : ce qu’elle a émis n’est plus accepté.",
        f"Authority taken away ({store}): what it issued is no longer accepted.",
        write=lambda: ignore(rows._raw_delete(rows.db)),
    )


def add_card(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Register a card. establishment; kind: of `CARDS`; holder; number; expires: AAAA-MM-JJ."""
    row = ProfessionalCard(id=new_id("card"), establishment=establishment(given), **card_told(given))
    same = ProfessionalCard.objects.filter(number=row.number, retired=None)
    if same.exists():
        raise ActRefused("Cette carte est déjà enregistrée.", "This card is registered already.")
    return Done(
        f"Carte {row.kind} enregistrée, valable jusqu’au {row.expires}.",
        f"Card {row.kind} registered, valid until {row.expires}.",
        data={"id": row.id},
        write=lambda: row.save(force_insert=True),
    )


def edit_card(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """Change a card. card: its id; and what `add_card` takes, its establishment aside."""
    found, told = _found(given), card_told(given)
    return Done(
        f"Carte {told['kind']} modifiée, valable jusqu’au {told['expires']}.",
        f"Card {told['kind']} changed, valid until {told['expires']}.",
        write=lambda: ignore(ProfessionalCard.objects.filter(id=found.id).update(**told)),
    )


def retire_card(intake: Intake, given: dict[str, Any], now: int) -> Done:
    """A card was given back, lost or replaced. card: its id."""
    found = _found(given)
    return Done(
        "Carte retirée du registre.",
        "Card taken out of the register.",
        write=lambda: ignore(ProfessionalCard.objects.filter(id=found.id).update(retired=now)),
    )


def day(given: dict[str, Any], name: str, *, needed: bool = True) -> str:
    """A day, AAAA-MM-JJ.

    :raises ActRefused: it is none.
    """
    value = given.get(name) or ""
    try:
        if value or needed:
            return date.fromisoformat(value if isinstance(value, str) else "").isoformat()
    except ValueError:
        raise ActRefused(
            f"« {name} » : une date AAAA-MM-JJ est attendue.",
            f"“{name}”: a date AAAA-MM-JJ is expected.",
        ) from None
    return ""


def card_told(given: dict[str, Any]) -> dict[str, str]:
    """The fields of a card. kind: of `CARDS`; holder; number; expires: AAAA-MM-JJ.

    :raises ActRefused: one of them is missing or of another form.
    """
    if given.get("kind") not in CARDS:
        raise ActRefused(
            f"Genre de carte inconnu. Genres : {', '.join(CARDS)}.",
            f"Unknown kind of card. Kinds: {', '.join(CARDS)}.",
        )
    return {
        "kind": given["kind"],
        "holder": text(given, "holder"),
        "number": text(given, "number", 40),
        "expires": day(given, "expires"),
    }


def _found(given: dict[str, Any]) -> ProfessionalCard:
    found = ProfessionalCard.objects.filter(id=text(given, "card", 20), retired=None).first()
    if found is None:
        raise ActRefused("Carte inconnue, ou déjà retirée.", "Unknown card, or retired already.")
    return found
