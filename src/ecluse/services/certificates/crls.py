"""Lists of revocation, fetched by the worker ahead of need: whoever checks a certificate waits for no network.

An address is that of a certificate kept here, of its issuers, or of an authority that is trusted. What is fetched is
kept only when an authority known here signed it, when it is about those that name the address, and when it does not go
back in time; else the former list stays and the failure is told: plain HTTP lets anybody on the way serve another list.
Source: RFC 5280 §5 and §6.3; IGC-Santé note §5 (HTTP only; LDAP is left alone).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from ecluse.protocols.x509.certificate import Certificate, read_certificate
from ecluse.protocols.x509.crl import Crl, read_crl, read_head
from ecluse.protocols.x509.errors import Unreadable
from ecluse.protocols.x509.names import same_name
from ecluse.protocols.x509.signature import signed_by
from ecluse.rules.certificates.crl_scope import covers, in_force, published
from ecluse.rules.certificates.options import DEFAULT
from ecluse.rules.certificates.path import Path
from ecluse.services.certificates.card_lists import card_addresses
from ecluse.services.certificates.settings import CertificateSettings
from ecluse.services.certificates.signer import read_chain
from ecluse.services.certificates.trust import STORES, trust_store
from ecluse.services.listening.tally import tallies
from ecluse.store.access_turn import writing
from ecluse.store.models.certificates import CrlKept, HeldCertificate
from ecluse.transports.crl_fetch import NotFetched, fetch
from ecluse.transports.destinations import networks

_MINUTE = 60_000_000
_LONGEST = 500
"""Characters of an address; a longer one is left alone."""
_RETRY_MINUTES = 10
"""How soon a list that could not be had is asked again."""

_GRACE = 30 * 1440 * _MINUTE
"""How long a list stays that nothing names any more: the clients' are named by a file that may be lost."""

_AT_ONCE_SECONDS = 8.0
"""How long somebody who imports a certificate waits for one list."""

_WORDS = {
    "address": ("l’adresse n’est pas une adresse http", "the address is no http address"),
    "forbidden": (
        "l’adresse n’est pas publique : ouvrez-la par allowed_networks de [certificates]",
        "the address is not public: open it by allowed_networks of [certificates]",
    ),
    "unreachable": ("le serveur ne répond pas", "the server does not answer"),
    "timeout": ("le serveur n’a pas répondu à temps", "the server did not answer in time"),
    "refused": ("le serveur a refusé", "the server refused"),
    "size": ("la liste est trop grande", "the list is too large"),
    "unreadable": ("ce qui est venu n’est pas une liste de révocation", "what came is no list of revocation"),
    "signature": (
        "aucune autorité connue ici n’a signé cette liste : importez son autorité",
        "no authority known here signed this list: import its authority",
    ),
    "other": (
        "ce n’est pas la liste que les certificats qui donnent cette adresse attendent",
        "it is not the list that the certificates that give this address expect",
    ),
    "future": (
        "la liste vient du futur : mettez l’horloge de cette machine à l’heure",
        "the list comes from the future: set the clock of this machine right",
    ),
    "older": (
        "la liste est plus ancienne que celle déjà reçue",
        "the list is older than the one received before",
    ),
}


@dataclass(frozen=True, slots=True)
class CrlOutcome:
    """What came of one address. state: `fetched`, `same` (nothing newer), `failed` or `waiting` (not due yet)."""

    address: str
    state: str
    text_fr: str = ""
    text_en: str = ""


class _Failed(Exception):
    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(why)
        more = f" ({detail})" if detail else ""
        self.fr, self.en = (text + more for text in _WORDS[why])


class Fetched(NamedTuple):
    """A list that was fetched, signed by an authority known here, and is not kept."""

    address: str
    crl: Crl


class Watched(NamedTuple):
    """An address of lists, and the subjects of the certificates that name it."""

    address: str
    subjects: tuple[str, ...]


def watched(settings: CertificateSettings) -> tuple[Watched, ...]:
    """The addresses that matter here, in order: those of the clients of the listeners and of people's cards too."""
    return _watched(named(settings), known_certificates())


def named(settings: CertificateSettings) -> tuple[str, ...]:
    """The addresses that clients of the listeners and cards of people named: their certificates are not kept here."""
    return (*tallies(settings.data / "run/writer.sock").addresses, *card_addresses(settings))


def _watched(more: Iterable[str], known: Iterable[Certificate]) -> tuple[Watched, ...]:
    found: dict[str, list[str]] = {address: [] for address in more if _can_be_had(address)}
    for one in known:
        for address in one.crl_addresses:
            if _can_be_had(address):
                found.setdefault(address, []).append(one.rfc4514)
    return tuple(Watched(address, tuple(found[address])) for address in sorted(found))


def _can_be_had(address: str) -> bool:
    return address.startswith("http:") and len(address) <= _LONGEST


def known_certificates() -> tuple[Certificate, ...]:
    """Certificates that serve or may, their issuers, and the authorities of the stores (this machine's aside)."""
    found: dict[str, Certificate] = {}
    rows = HeldCertificate.objects.filter(state="held").values_list("der", "chain")
    for der, chain in rows:
        for one in (read_certificate(bytes(der)), *read_chain(bytes(chain))):
            found[one.fingerprint] = one
    for one in authorities():
        found[one.fingerprint] = one
    return tuple(found.values())


def authorities() -> tuple[Certificate, ...]:
    """Every authority trusted here, of the stores of the IGC."""
    stores = [trust_store(name) for name in STORES if name != "public"]
    return tuple(one for store in stores for one in (*store.anchors, *store.intermediates))


def refresh(settings: CertificateSettings, now: int, *, force: bool = False) -> tuple[CrlOutcome, ...]:
    """Fetch the lists that are due, those of the clients of the listeners and of the cards of people included; the
    failures are kept with them.

    :param now: µs since 1970; force: ask all of them, due or not.
    """
    rows = {row.address: row for row in CrlKept.objects.all()}
    known = known_certificates()
    told = []
    for one in _watched(named(settings), known):
        row = rows.pop(one.address, None) or CrlKept(address=one.address)
        if not force and not _due(row, settings.crl_minutes, now):
            told.append(CrlOutcome(one.address, "waiting"))
            continue
        told.append(_look(row, settings, known, now))
    _forget(rows, now)
    return tuple(told)


def _look(
    row: CrlKept,
    settings: CertificateSettings,
    known: Collection[Certificate],
    now: int,
    seconds: float = 0.0,
) -> CrlOutcome:
    """Fetch one list and keep it, or keep why it could not be had.

    :param known: authorities that may sign it, and certificates that name its address; seconds: to wait at most; 0: as
        the worker does.
    """
    try:
        allowed = networks(settings.allowed_networks)
        content = fetch(row.address, allowed, seconds=seconds) if seconds else fetch(row.address, allowed)
        return _keep(row, content, known, now)
    except NotFetched as error:
        return _fail(row, _Failed(error.why, error.detail), now)
    except _Failed as error:
        return _fail(row, error, now)


def _due(row: CrlKept, minutes: int, now: int) -> bool:
    """Every so many minutes; sooner after a failure."""
    wait = min(minutes, _RETRY_MINUTES) if row.failing_since else minutes
    return now - row.tried >= wait * _MINUTE


def _keep(row: CrlKept, content: bytes, known: Collection[Certificate], now: int) -> CrlOutcome:
    return _keep_read(row, _signed(content, known), known, now)


def _keep_read(row: CrlKept, crl: Crl, known: Collection[Certificate], now: int) -> CrlOutcome:
    _check_place(row, crl, [one for one in known if row.address in one.crl_addresses], moment_of(now))
    same = bytes(row.der) == crl.der
    row.issuer, row.der, row.number = (
        str(crl.issuer),
        crl.der,
        "" if crl.number is None else f"{crl.number:x}",
    )
    row.this_update = micros(crl.this_update)
    row.next_update = micros(crl.next_update) if crl.next_update else 0
    row.fetched = row.tried = now
    row.failing_since, row.error_fr, row.error_en = 0, "", ""
    _save(row)
    return CrlOutcome(row.address, "same" if same else "fetched")


def _signed(content: bytes, known: Iterable[Certificate]) -> Crl:
    """The list, its entries read only once it is known to come from an authority: they may take seconds."""
    try:
        head = read_head(content)
        if not any(
            one.is_authority and same_name(one.subject, head.issuer) and signed_by(head, one) for one in known
        ):
            raise _Failed("signature")
        return read_crl(content)
    except Unreadable:
        raise _Failed("unreadable") from None


def _check_place(row: CrlKept, crl: Crl, naming: Collection[Certificate], at: datetime) -> None:
    """Refuse a list that is rightly signed, but not the next one of this address.

    One that is kept and is not about those that name the address, or is over, does not stand in the way of a right one.

    :param naming: certificates that name the address; none for those of clients and cards, which are not kept: the
        list that is there then says which one follows.
    :raises _Failed: and why.
    """
    if not _expected(crl, row.address, naming):
        raise _Failed("other")
    if not published(crl, at, DEFAULT.clock_skew):
        raise _Failed("future")
    before = _at_hand(row.address, (row.fetched, row.this_update, row.number)) if row.der else None
    if before is None or not _expected(before, row.address, naming):
        return
    if crl.this_update < before.this_update:
        raise _Failed("older")
    if not in_force(before, at):
        return
    if not same_name(crl.issuer, before.issuer) or crl.scope != before.scope:
        raise _Failed("other")
    if (crl.number or 0) < (before.number or 0):  # RFC 5280 §5.2.3
        raise _Failed("older")


def _expected(crl: Crl, address: str, naming: Collection[Certificate]) -> bool:
    """Whether the list is a complete one, that of a distribution point with this address."""
    if crl.is_delta:
        return False
    points = [(one, point) for one in naming for point in one.known.distribution_points]
    return not naming or any(
        covers(crl, point, one) for one, point in points if address in (name.text for name in point.full_name)
    )


def _fail(row: CrlKept, failed: _Failed, now: int) -> CrlOutcome:
    row.tried, row.error_fr, row.error_en = now, failed.fr, failed.en
    row.failing_since = row.failing_since or now
    _save(row)
    return CrlOutcome(row.address, "failed", failed.fr, failed.en)


def _save(row: CrlKept) -> None:
    with writing():
        row.save()


def _forget(rows: dict[str, CrlKept], now: int) -> None:
    """Lists that nothing names any more, and has not for a month."""
    old = [address for address, row in rows.items() if row.tried < now - _GRACE]
    if old:
        with writing():
            gone = CrlKept.objects.filter(address__in=old)
            gone._raw_delete(gone.db)


def bring(settings: CertificateSettings, path: Path, now: int) -> bool:
    """Fetch and keep the lists of a path that are not at hand; whether one came.

    :param path: a valid one, so that only addresses written by a trusted authority are called; now: µs.
    """
    rows = {row.address: row for row in CrlKept.objects.all()}
    known = tuple(dict.fromkeys((*known_certificates(), *path.certificates)))
    came = False
    for address in dict.fromkeys(address for one in path.certificates for address in one.crl_addresses):
        row = rows.get(address) or CrlKept(address=address)
        if not _can_be_had(address) or row.next_update > now or now - row.tried < _MINUTE:
            continue  # a minute: nobody has the gateway call somebody else in a loop
        came |= _look(row, settings, known, now, _AT_ONCE_SECONDS).state == "fetched"
    return came


def fetched_for(settings: CertificateSettings, path: Path, now: int) -> tuple[Fetched, ...]:
    """The lists of a path that are not at hand: fetched now, for a certificate that is being looked at for the first
    time, and not kept. One that cannot be had is left out: the status of its certificates is then unknown.

    :param path: a valid one, so that only addresses written by a trusted authority are called.
    """
    fresh = set(CrlKept.objects.filter(next_update__gt=now).values_list("address", flat=True))
    wanted = dict.fromkeys(
        address
        for one in path.certificates
        for address in one.crl_addresses
        if address.startswith("http:") and address not in fresh
    )
    found, allowed = [], networks(settings.allowed_networks)
    known = (*path.chain, *known_certificates())
    for address in wanted:
        try:
            found.append(Fetched(address, _signed(fetch(address, allowed, seconds=_AT_ONCE_SECONDS), known)))
        except (NotFetched, _Failed):
            continue
    return tuple(found)


def keep(path: Path, lists: Iterable[Fetched], now: int) -> None:
    """Keep the lists that were fetched for a certificate, once it is kept: its page then says what its import said.

    :param path: of the certificate; now: µs.
    """
    known = tuple(dict.fromkeys((*known_certificates(), *path.certificates)))
    for one in lists:
        row = CrlKept.objects.filter(address=one.address).first() or CrlKept(address=one.address)
        try:
            _keep_read(row, one.crl, known, now)
        except _Failed:
            continue  # the worker asks for it again, and tells why


_Version = tuple[int, int, str]
_opened: dict[str, tuple[_Version, Crl]] = {}


def kept() -> tuple[Crl, ...]:
    """The lists at hand, read once per process and version."""
    columns = ("address", "fetched", "this_update", "number")
    rows = CrlKept.objects.exclude(der=b"").order_by("address").values_list(*columns)
    found = {address: _at_hand(address, version) for address, *version in rows}
    for address in [one for one in _opened if one not in found]:
        _opened.pop(address, None)
    return tuple(found.values())


def _at_hand(address: str, version: Iterable[object]) -> Crl:
    """A list that is kept. Fetched anew without a change, it is not read anew."""
    before = _opened.get(address)
    if before is not None and before[0] == tuple(version):
        return before[1]
    content = bytes(CrlKept.objects.get(address=address).der)
    crl = before[1] if before is not None and before[1].der == content else read_crl(content)
    _opened[address] = (tuple(version), crl)  # type: ignore[assignment]
    return crl


def micros(moment: datetime) -> int:
    """µs since 1970."""
    return int(moment.timestamp()) * 1_000_000


def moment_of(now: int) -> datetime:
    """An instant, aware, UTC. now: µs since 1970."""
    return datetime.fromtimestamp(now / 1_000_000, UTC)
