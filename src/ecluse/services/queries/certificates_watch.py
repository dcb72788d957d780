"""What is watched around certificates: alarms to deal with, authorities, lists of revocation, cards, metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from ecluse.rules.certificates import calendar
from ecluse.services.certificates.crls import moment_of, watched
from ecluse.services.certificates.ends import Kind, ends, list_state
from ecluse.services.certificates.settings import CertificateSettings, current
from ecluse.services.certificates.trust import STORES, missing
from ecluse.services.queries.presentation import moment
from ecluse.store.models.certificates import (
    CertificateAlarm,
    CertificateAuthority,
    CrlKept,
    HeldCertificate,
    ProfessionalCard,
)


@dataclass(frozen=True, slots=True)
class AlarmDocument:
    """An alarm that nobody dealt with. id: for the act `alarm.see`; about: `certificate:FINGERPRINT`, `card:ID`…"""

    id: int
    about: str
    kind: str
    threshold: int
    level: str
    text_fr: str
    text_en: str
    at: str


@dataclass(frozen=True, slots=True)
class AuthorityDocument:
    """An authority of a trust store. origin: `published` or `declared`."""

    store: str
    fingerprint: str
    subject: str
    anchor: bool
    not_after: str
    days: int
    origin: str
    added: str
    added_by: str


@dataclass(frozen=True, slots=True)
class TrustStoreDocument:
    """A trust store that is filled here. missing: short names of the published authorities that are not in it."""

    name: str
    authorities: tuple[AuthorityDocument, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CrlDocument:
    """A list of revocation. state: `fresh`, `to-refresh`, `late`, `stale`, `endless` or `missing`; subjects: of the
    certificates that name it.
    """

    address: str
    state: str
    issuer: str
    number: str
    this_update: str | None
    next_update: str | None
    fetched: str | None
    tried: str | None
    failing_since: str | None
    error_fr: str
    error_en: str
    subjects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CardDocument:
    """A card of the register. expires: AAAA-MM-JJ; days: whole days left."""

    id: str
    establishment: int
    establishment_name: str
    kind: str
    holder: str
    number: str
    expires: str
    days: int
    level: str


@dataclass(frozen=True, slots=True)
class Remaining:
    """Seconds before something ends, negative once it has; for the metrics. name: never that of a person; family,
    finess: of a certificate and of its establishment, empty for anything else.
    """

    kind: str
    name: str
    uses: tuple[str, ...]
    seconds: int
    family: str = ""
    finess: str = ""


@dataclass(frozen=True, slots=True)
class ListAge:
    """How old a list of revocation is. seconds: since its authority made it; failing: since the first failure in a row
    to fetch it, 0 when the last attempt went well.
    """

    address: str
    seconds: int
    failing: int


def alarms() -> tuple[AlarmDocument, ...]:
    """Alarms to deal with: the last one of each thing whose cause still stands, the worst and the latest first."""
    rows = list(CertificateAlarm.objects.filter(way="console", seen=None).order_by("-at", "-id"))
    standing = _standing() if rows else frozenset()
    last: dict[str, CertificateAlarm] = {}
    for row in rows:
        if row.about.partition(":")[0] not in _ENDING or (row.about, row.ends) in standing:
            last.setdefault(row.about, row)
    rank = {"critical": 0, "warning": 1, "notice": 2}
    found = sorted(last.values(), key=lambda row: (rank.get(row.level, 3), -row.at, row.about))
    return tuple(
        AlarmDocument(
            row.pk, row.about, row.about.partition(":")[0], row.threshold, row.level, row.text_fr, row.text_en,
            moment(row.at),
        )
        for row in found
    )  # fmt: skip


_ENDING = get_args(Kind)
"""Alarms whose cause may go by itself; the others tell of what happened once."""


def _standing() -> frozenset[tuple[str, int]]:
    """What ends, and when: a certificate that was replaced, a card renewed and a list fetched anew are gone."""
    never = CrlKept.objects.filter(der=b"").exclude(failing_since=0).values_list("address", "failing_since")
    return frozenset(
        [(one.about, one.ends) for one in ends(CertificateSettings())]
        + [(f"crl:{address}", since) for address, since in never]
    )


def trust_stores(now: int) -> tuple[TrustStoreDocument, ...]:
    """The stores that are filled here (not that of this machine)."""
    return tuple(
        TrustStoreDocument(
            name,
            tuple(
                AuthorityDocument(
                    row.store, row.fingerprint, row.subject, row.anchor, moment(row.not_after),
                    calendar.days_left(moment_of(row.not_after), moment_of(now)), row.origin, moment(row.added),
                    row.added_by,
                )
                for row in CertificateAuthority.objects.filter(store=name).order_by("-anchor", "subject")
            ),
            missing(name),
        )
        for name in STORES
        if name != "public"
    )  # fmt: skip


def lists(now: int) -> tuple[CrlDocument, ...]:
    """The lists that matter here, by address; those of the clients of the listeners too, which have no subject here."""
    rows = {row.address: row for row in CrlKept.objects.all()}
    return tuple(
        _list(rows.get(address) or CrlKept(address=address), subjects, now)
        for address, subjects in watched(current())
    )


def cards(now: int) -> tuple[CardDocument, ...]:
    """Cards in use, the soonest end first."""
    found = {
        one.about.removeprefix("card:"): one.ends for one in ends(CertificateSettings()) if one.kind == "card"
    }
    rows = (
        ProfessionalCard.objects.filter(retired=None)
        .select_related("establishment")
        .order_by("expires", "id")
    )
    told = []
    for row in rows:
        left = calendar.days_left(moment_of(found[row.id]), moment_of(now))
        level = "ok" if left > max(calendar.CARD_DAYS) else calendar.severity(left)
        told.append(
            CardDocument(
                row.id,
                row.establishment_id,
                row.establishment.name,
                row.kind,
                row.holder,
                row.number,
                row.expires,
                left,
                level,
            )
        )
    return tuple(told)


def remaining(settings: CertificateSettings, now: int) -> tuple[Remaining, ...]:
    """What ends and in how many seconds; a card by its number in this program, never its holder."""
    held = {
        row[0]: row[1:]
        for row in HeldCertificate.objects.values_list("fingerprint", "family", "establishment__finess")
    }
    told = []
    for one in ends(settings):
        name = one.about.partition(":")[2]
        family, finess = held.get(name, ("", "")) if one.kind == "certificate" else ("", "")
        told.append(Remaining(one.kind, name, one.uses, (one.ends - now) // 1_000_000, family, finess or ""))
    return tuple(told)


def list_ages(now: int) -> tuple[ListAge, ...]:
    """The age of each list of revocation at hand, for the metrics. now: µs since 1970."""
    return tuple(
        ListAge(
            row.address,
            (now - row.this_update) // 1_000_000,
            (now - row.failing_since) // 1_000_000 if row.failing_since else 0,
        )
        for row in CrlKept.objects.exclude(this_update=0).order_by("address").defer("der")
    )


def _list(row: CrlKept, subjects: tuple[str, ...], now: int) -> CrlDocument:
    def told(when: int) -> str | None:
        return moment(when) if when else None

    return CrlDocument(
        row.address, list_state(row, now), row.issuer, row.number, told(row.this_update), told(row.next_update),
        told(row.fetched), told(row.tried), told(row.failing_since), row.error_fr, row.error_en, subjects,
    )  # fmt: skip
