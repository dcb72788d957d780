"""Certificates as people see them: the inventory, one certificate with its chain, the slots, the requests.

Everything is a frozen dataclass; times are ISO 8601 in UTC, and nothing of a private key is in any of them but whether
it is here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from django.db.models import F

from ecluse.protocols.x509.certificate import Certificate, read_certificate
from ecluse.rules.certificates import calendar
from ecluse.rules.certificates.describe import Description, describe
from ecluse.rules.certificates.slots import Use, reserved_names, uses
from ecluse.services.certificates.crls import moment_of
from ecluse.services.certificates.ends import kind_of, uses_of
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.services.certificates.signer import read_chain
from ecluse.services.certificates.standing import stand, store_names
from ecluse.services.queries.presentation import moment
from ecluse.store.models.certificates import (
    CertificateRequest,
    CertificateRevocation,
    CertificateSlot,
    HeldCertificate,
)


@dataclass(frozen=True, slots=True)
class RevocationDocument:
    """A revocation. source: `operator`, `crl` or `ocsp`; stopped: ids of the uses that stopped."""

    reason: str
    note: str
    source: str
    at: str
    recorded: str
    by: str
    stopped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stop:
    """What stops if a certificate is no longer good, for one use."""

    use: str
    name_fr: str
    name_en: str
    text_fr: str
    text_en: str


@dataclass(frozen=True, slots=True)
class CertificateDocument:
    """A certificate of the inventory.

    key: `file`, `token` or `none`; usable_until: end of what its key may do; renewable_until, renewable: it may be
    renewed until then, and now; days: whole days left; ladder: the steps of its alarms; uses: those it serves now;
    waiting: those where it is the next one; stops: what stops when it ends; checked: last look, with its status
    (`good`, `revoked`, `unknown`, empty: never) and its sentence; newer: fingerprint of a newer certificate of the
    inventory that suits the same uses, while this one serves, or empty.
    """

    fingerprint: str
    family: str
    environment: str
    establishment: int
    establishment_name: str
    structure: str
    service: str
    subject: str
    issuer: str
    serial: str
    not_before: str
    not_after: str
    usable_until: str
    renewable_until: str
    renewable: bool
    days: int
    ladder: tuple[calendar.Step, ...]
    state: str
    key: str
    uses: tuple[str, ...]
    waiting: tuple[str, ...]
    previous: tuple[str, ...]
    stops: tuple[Stop, ...]
    imported: str
    imported_by: str
    checked: str | None
    checked_status: str
    checked_fr: str
    checked_en: str
    newer: str
    revocation: RevocationDocument | None


@dataclass(frozen=True, slots=True)
class Link:
    """One certificate of a chain. state: `good`, `revoked` or `unknown`, with its sentence; `anchor` for the root."""

    fingerprint: str
    subject: str
    issuer: str
    not_before: str
    not_after: str
    state: str
    text_fr: str = ""
    text_en: str = ""


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate, what it says, its chain up to the root, and the trust store that leads there (empty: none)."""

    document: CertificateDocument
    description: Description
    pem: str
    chain: tuple[Link, ...]
    store: str


@dataclass(frozen=True, slots=True)
class SlotDocument:
    """A slot. current, next, previous: fingerprints, or empty; newest: the certificate of the inventory that suits the
    slot and ends last, when it is not the current one (the next one, or one that was never placed), or empty.
    """

    establishment: int
    establishment_name: str
    use: str
    name_fr: str
    name_en: str
    stops_fr: str
    stops_en: str
    families: tuple[str, ...]
    current: str
    next: str
    previous: str
    since: str | None
    days: int | None
    newest: str


@dataclass(frozen=True, slots=True)
class RequestDocument:
    """A request whose certificate is awaited. content: PEM, to upload on the platform."""

    id: str
    establishment: int
    establishment_name: str
    use: str
    subject: str
    content: str
    made: str
    by: str
    state: str
    certificate: str


def inventory(
    settings: CertificateSettings, now: int, *, establishment: int | None = None, every: bool = False
) -> tuple[CertificateDocument, ...]:
    """Certificates, the soonest end first.

    :param now: µs since 1970; establishment: its own alone; every: revoked and put away ones too.
    """
    rows = HeldCertificate.objects.select_related("establishment", "key").order_by(
        "usable_until", "fingerprint"
    )
    if not every:
        rows = rows.filter(state="held")
    if establishment is not None:
        rows = rows.filter(establishment_id=establishment)
    return _documents(settings, list(rows), now)


def one(settings: CertificateSettings, fingerprint: str, now: int) -> CertificateView | None:
    """A certificate by its fingerprint, with its chain as it is now; None when it is unknown."""
    row = (
        HeldCertificate.objects.select_related("establishment", "key").filter(fingerprint=fingerprint).first()
    )
    if row is None:
        return None
    certificate = read_certificate(bytes(row.der))
    (document,) = _documents(settings, [row], now)
    links, store = _chain(settings, certificate, bytes(row.chain), now)
    return CertificateView(document, describe(certificate), certificate.pem, links, store)


def slots(now: int, *, establishment: int | None = None) -> tuple[SlotDocument, ...]:
    """The slots that hold something, by establishment and in the order of the uses."""
    rows = CertificateSlot.objects.select_related("establishment", "current")
    if establishment is not None:
        rows = rows.filter(establishment_id=establishment)
    order = {name: place for place, name in enumerate(uses())}
    found = sorted(rows, key=lambda row: (row.establishment_id, order.get(row.use, len(order))))
    return tuple(_slot(row, now) for row in found if row.current_id or row.next_id or row.previous_id)


def requests(*, pending: bool = True) -> tuple[RequestDocument, ...]:
    """Requests, the last one first. pending: only those that wait."""
    rows = CertificateRequest.objects.select_related("establishment").order_by("-made", "id")
    return tuple(
        RequestDocument(
            row.id, row.establishment_id, row.establishment.name, row.use, row.subject, row.content,
            moment(row.made), row.by, row.state, row.certificate_id or "",
        )
        for row in (rows.filter(state="pending") if pending else rows)
    )  # fmt: skip


def stops(use_ids: Iterable[str]) -> tuple[Stop, ...]:
    """What stops when these uses lose their certificate."""
    known = uses()
    return tuple(
        Stop(one, known[one].text_fr, known[one].text_en, known[one].stops_fr, known[one].stops_en)
        for one in use_ids
        if one in known
    )


def stops_once_revoked(document: CertificateDocument) -> tuple[Stop, ...]:
    """What stops when a certificate is revoked: a use goes on when a next one waits, on another key."""
    here = CertificateSlot.objects.filter(current=document.fingerprint).exclude(next=None)
    going_on = set(here.exclude(next__key=F("current__key")).values_list("use", flat=True))
    return tuple(one for one in document.stops if one.use not in going_on)


def _documents(
    settings: CertificateSettings, rows: list[HeldCertificate], now: int
) -> tuple[CertificateDocument, ...]:
    held = [row.fingerprint for row in rows]
    serving = uses_of(held)
    waiting, previous = _placed("next", held), _placed("previous", held)
    revoked = {
        row.certificate_id: _revocation(row)
        for row in CertificateRevocation.objects.filter(certificate__in=held)
    }
    newest = _newest()
    return tuple(
        _document(settings, row, now, serving.get(row.fingerprint, ()), waiting.get(row.fingerprint, ()),
                  previous.get(row.fingerprint, ()), revoked.get(row.fingerprint), newest)
        for row in rows
    )  # fmt: skip


def _placed(place: str, held: list[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    rows = CertificateSlot.objects.filter(**{f"{place}__in": held}).order_by("use")
    for use, fingerprint in rows.values_list("use", place):
        found[fingerprint] = (*found.get(fingerprint, ()), use)
    return found


def _document(
    settings: CertificateSettings,
    row: HeldCertificate,
    now: int,
    serves: tuple[str, ...],
    waits: tuple[str, ...],
    before: tuple[str, ...],
    revocation: RevocationDocument | None,
    newest: dict[tuple[int, str, str], tuple[int, str]],
) -> CertificateDocument:
    certificate = read_certificate(bytes(row.der))
    at, until = moment_of(now), moment_of(row.usable_until)
    renewal = calendar.renewal(certificate, at, revoked=row.state != "held")
    ends, fingerprint = newest.get(kind_of(row), (0, ""))
    return CertificateDocument(
        fingerprint=row.fingerprint,
        family=row.family,
        environment=row.environment,
        establishment=row.establishment_id,
        establishment_name=row.establishment.name,
        structure=row.structure,
        service=row.service,
        subject=row.subject,
        issuer=row.issuer,
        serial=row.serial,
        not_before=moment(row.not_before),
        not_after=moment(row.not_after),
        usable_until=moment(row.usable_until),
        renewable_until=renewal.until.isoformat().replace("+00:00", "Z"),
        renewable=renewal.open,
        days=calendar.days_left(until, at),
        ladder=calendar.ladder(until, at, settings.thresholds),
        state=row.state,
        key="none" if row.key is None else "token" if row.key.token else "file",
        uses=serves,
        waiting=waits,
        previous=before,
        stops=stops(serves),
        imported=moment(row.imported),
        imported_by=row.imported_by,
        checked=None if row.checked is None else moment(row.checked),
        checked_status=row.checked_status,
        checked_fr=row.checked_fr,
        checked_en=row.checked_en,
        newer=fingerprint if serves and ends > row.usable_until else "",
        revocation=revocation,
    )


def _newest() -> dict[tuple[int, str, str], tuple[int, str]]:
    """The certificate that ends last, with its key, of each kind: its end and its fingerprint."""
    found: dict[tuple[int, str, str], tuple[int, str]] = {}
    for row in HeldCertificate.objects.filter(state="held").exclude(key=None).defer("der", "chain"):
        found[kind_of(row)] = max(found.get(kind_of(row), (0, "")), (row.usable_until, row.fingerprint))
    return found


def _revocation(row: CertificateRevocation) -> RevocationDocument:
    stopped = tuple(msgspec.json.decode(bytes(row.stopped)))
    return RevocationDocument(
        row.reason, row.note, row.source, moment(row.at), moment(row.recorded), row.by, stopped
    )


def _chain(
    settings: CertificateSettings, certificate: Certificate, kept: bytes, now: int
) -> tuple[tuple[Link, ...], str]:
    given = read_chain(kept)
    found = stand(certificate, given, store_names(None, settings), settings, now, responders=False)
    states = {one.certificate.fingerprint: one for one in found.statuses}
    chain = getattr(found.path, "chain", None) or (certificate, *given)
    links = []
    for link in chain:
        status = states.get(link.fingerprint)
        why = None if status is None else status.why
        last = bool(found.store) and link == chain[-1]
        links.append(
            Link(
                link.fingerprint,
                link.rfc4514,
                str(link.issuer),
                _iso(link.not_before),
                _iso(link.not_after),
                "anchor" if last and status is None else status.state if status else "unknown",
                why.text_fr if why else "",
                why.text_en if why else "",
            )
        )
    return tuple(links), found.store


def _iso(when: object) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def _slot(row: CertificateSlot, now: int) -> SlotDocument:
    use: Use | None = uses().get(row.use)
    families = use.families if use else ()
    suited = HeldCertificate.objects.filter(
        establishment_id=row.establishment_id, family__in=families, state="held"
    ).exclude(key=None)
    if use and use.imposed:
        suited = suited.filter(service__in=use.imposed)
    else:
        suited = suited.exclude(service__in=reserved_names())
    last = suited.order_by("-usable_until", "fingerprint").values_list("fingerprint", "usable_until").first()
    current = row.current
    newer = last is not None and (current is None or last[1] > current.usable_until)
    return SlotDocument(
        establishment=row.establishment_id,
        establishment_name=row.establishment.name,
        use=row.use,
        name_fr=use.text_fr if use else row.use,
        name_en=use.text_en if use else row.use,
        stops_fr=use.stops_fr if use else "",
        stops_en=use.stops_en if use else "",
        families=families,
        current=row.current_id or "",
        next=row.next_id or "",
        previous=row.previous_id or "",
        since=moment(row.since) if row.since else None,
        days=None if current is None else calendar.days_left(moment_of(current.usable_until), moment_of(now)),
        newest=last[0] if newer and last is not None else "",
    )
