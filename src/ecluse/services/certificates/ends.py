"""What comes to an end here, and when: certificates, cards, authorities, lists of revocation.

One list for every way of telling it: alarms, calendar, probe, metrics, pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from ecluse.protocols.x509.certificate import read_certificate
from ecluse.rules.certificates import calendar
from ecluse.rules.certificates.describe import describe
from ecluse.rules.certificates.slots import reserved_names, uses
from ecluse.services.certificates.crls import micros, moment_of
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.store.models.certificates import (
    CertificateAuthority,
    CertificateSlot,
    CrlKept,
    HeldCertificate,
    ProfessionalCard,
)

UNKNOWN = (
    "les certificats de signature sont refusés à l’import, et les clients des ports TLS selon tls_revocation.",
    "certificates that sign are refused when imported, and clients of TLS ports as tls_revocation says.",
)
"""What a revocation that cannot be known does, as a sentence ends: lists that are missing or stale."""

Kind = Literal["certificate", "card", "authority", "crl"]


@dataclass(frozen=True, slots=True)
class End:
    """Something that ends. about: what it is, for ever the same (`certificate:FINGERPRINT`); ends: µs since 1970; days:
    the steps of its alarms; name_fr, name_en: as a sentence says it; do_fr, do_en: what to do; uses: of a certificate,
    those that stop; establishment: its name, or empty.
    """

    about: str
    kind: Kind
    ends: int
    days: tuple[int, ...]
    name_fr: str
    name_en: str
    do_fr: str
    do_en: str
    uses: tuple[str, ...] = ()
    establishment: str = ""


def ends(settings: CertificateSettings) -> tuple[End, ...]:
    """Everything that ends, the soonest first."""
    found = [*_certificates(settings), *_cards(), *_authorities(), *_lists()]
    return tuple(sorted(found, key=lambda one: (one.ends, one.about)))


def _certificates(settings: CertificateSettings) -> Iterator[End]:
    rows = list(HeldCertificate.objects.filter(state="held").select_related("establishment"))
    serving = uses_of(row.fingerprint for row in rows)
    waiting = set(CertificateSlot.objects.exclude(next=None).values_list("next_id", flat=True))
    last: dict[tuple[int, str, str], int] = {}
    for row in rows:
        last[kind_of(row)] = max(last.get(kind_of(row), 0), row.usable_until)
    for row in rows:
        newer = last[kind_of(row)] > row.usable_until
        if newer and row.fingerprint not in serving and row.fingerprint not in waiting:
            continue  # it was replaced, nobody is to be told
        told = serving.get(row.fingerprint, ())
        do_fr, do_en = _to_do(told, newer)
        yield End(
            about=f"certificate:{row.fingerprint}",
            kind="certificate",
            ends=row.usable_until,
            days=settings.thresholds,
            name_fr=f"Le certificat {row.family} « {row.service} » ({row.establishment.name})",
            name_en=f"The certificate {row.family} “{row.service}” ({row.establishment.name})",
            do_fr=do_fr,
            do_en=do_en,
            uses=told,
            establishment=row.establishment.name,
        )


def kind_of(row: HeldCertificate) -> tuple[int, str, str]:
    """What certificates that replace one another have in common: establishment, family, and the service name when one
    use imposes it (INSi): another one of the family does not do for it.
    """
    return row.establishment_id, row.family, row.service if row.service in reserved_names() else ""


def _to_do(told: tuple[str, ...], newer: bool) -> tuple[str, str]:
    known = [uses()[one] for one in told if one in uses()]
    stops_fr = f"Ce qui s’arrêtera : {' ; '.join(one.text_fr for one in known)}. " if known else ""
    stops_en = f"What will stop: {'; '.join(one.text_en for one in known)}. " if known else ""
    if newer:
        return (
            f"{stops_fr}Un certificat plus récent est dans l’inventaire : mettez-le en service.",
            f"{stops_en}A newer certificate is in the inventory: put it to use.",
        )
    return (
        f"{stops_fr}Commandez son remplaçant tant qu’il est valable : un certificat expiré ne se renouvelle plus.",
        f"{stops_en}Order its replacement while it is valid: an expired certificate cannot be renewed any more.",
    )


def uses_of(fingerprints: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The uses for which certificates are the current ones, by fingerprint, in the order of the slots."""
    found: dict[str, list[str]] = {}
    for use, current in CertificateSlot.objects.filter(current__in=list(fingerprints)).values_list(
        "use", "current"
    ):
        found.setdefault(current, []).append(use)
    order = {name: place for place, name in enumerate(uses())}
    return {
        one: tuple(sorted(names, key=lambda name: (order.get(name, len(order)), name)))
        for one, names in found.items()
    }


def _cards() -> Iterator[End]:
    for row in ProfessionalCard.objects.filter(retired=None).select_related("establishment"):
        last = datetime.combine(datetime.fromisoformat(row.expires), time(), UTC) + timedelta(days=1)
        yield End(
            about=f"card:{row.id}",
            kind="card",
            ends=micros(last),
            days=calendar.CARD_DAYS,
            name_fr=f"La carte {row.kind} de {row.holder} ({row.establishment.name})",
            name_en=f"The {row.kind} card of {row.holder} ({row.establishment.name})",
            do_fr="Sans carte valable, personne ne commande de certificat : demandez son renouvellement.",
            do_en="Without a valid card nobody orders a certificate: ask for its renewal.",
            establishment=row.establishment.name,
        )


def _authorities() -> Iterator[End]:
    for row in CertificateAuthority.objects.all():
        named = describe(read_certificate(bytes(row.der))).authority
        name = named.name if named is not None else row.subject
        yield End(
            about=f"authority:{row.store}:{row.fingerprint}",
            kind="authority",
            ends=row.not_after,
            days=calendar.AUTHORITY_DAYS,
            name_fr=f"L’autorité « {name} » ({row.store})",
            name_en=f"The authority “{name}” ({row.store})",
            do_fr="Importez l’autorité qui la remplace : ce qu’elle a émis ne sera plus accepté.",
            do_en="Import the authority that replaces it: what it issued will no longer be accepted.",
        )


def _lists() -> Iterator[End]:
    """A list is told once it is late: in its last quarter somebody may still act."""
    for row in CrlKept.objects.exclude(next_update=0):
        yield End(
            about=f"crl:{row.address}",
            kind="crl",
            ends=row.next_update,
            days=(),
            name_fr=f"La liste de révocation {row.address}",
            name_en=f"The list of revocation {row.address}",
            do_fr=(f"Dernier essai : {row.error_fr}. " if row.error_fr else "")
            + f"Sans liste à jour, {UNKNOWN[0]} Vérifiez l’accès à cette adresse.",
            do_en=(f"Last attempt: {row.error_en}. " if row.error_en else "")
            + f"Without a fresh list {UNKNOWN[1]} Check the way to this address.",
        )


def list_state(row: CrlKept, now: int) -> str:
    """`fresh`, `to-refresh`, `late`, `stale`; `missing` when none was ever had, `endless` when it says no end."""
    if not row.der:
        return "missing"
    if not row.next_update:
        return "endless"
    return calendar.list_freshness(moment_of(row.this_update), moment_of(row.next_update), moment_of(now))
