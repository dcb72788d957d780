"""Signing in with a CPx card: what the TLS proxy tells is believed of declared proxies alone, and judged here.

The proxy proves that whoever calls holds the key of a certificate; the gateway decides what that certificate is worth
(path, usages, environment, revocation) and whose account it opens. No card ever makes an account.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from dataclasses import dataclass
from typing import Literal, NamedTuple
from urllib.parse import unquote

from django.db.models import Max

from ecluse.protocols.x509.certificate import Certificate, read_certificate
from ecluse.protocols.x509.errors import Unreadable
from ecluse.rules.certificates.cards import CardRefused, Holder, Why, judge_card, signs_in
from ecluse.rules.certificates.describe import describe
from ecluse.rules.certificates.path import Path
from ecluse.services.accounts import means
from ecluse.services.accounts.sign_in import locked
from ecluse.services.accounts.visitor import Account
from ecluse.services.certificates import settings as certificates
from ecluse.services.certificates.crls import bring
from ecluse.services.certificates.standing import Standing, stand
from ecluse.services.proxies import Network
from ecluse.services.queries.presentation import moment
from ecluse.store.access_turn import writing
from ecluse.store.models.accounts import Means, User

KIND = "card"
FACTORS = ("held", "known")
"""Natures of what a card proves: the card, and the code that opens its key."""

Refusal = (
    Why
    | Literal[
        "undeclared-proxy",
        "no-card",
        "unreadable",
        "no-account",
        "closed",
        "locked",
        "conflict",
        "other-person",
    ]
)

_LONGEST = 16_384
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}", re.ASCII)


class NotOpened(Exception):
    """A card opens nothing. why: of `Refusal`; detail: of the check that failed, for the trail; both are words of this
    program, never what a certificate says.
    """

    def __init__(self, why: Refusal, detail: str = "") -> None:
        super().__init__(f"{why} {detail}".strip())
        self.why = why


@dataclass(frozen=True, slots=True)
class CardSettings:
    """Settings of the sign-in by card.

    header: by which a proxy gives the certificate; proxies: networks of those that are believed, this machine included
    only when it is among them; level: of assurance, as the establishment declares it; hard_fail: a revocation that
    cannot be known refuses.
    """

    offered: bool = False
    header: str = ""
    proxies: tuple[Network, ...] = ()
    level: Literal["substantial", "high"] = "substantial"
    hard_fail: bool = True


class Opened(NamedTuple):
    """account: that the card opens; holder: of the card; label: what the register says of the card."""

    account: Account
    holder: Holder
    label: str


class Registered(NamedTuple):
    """A card of the register. id: its number there; holder: identifier on the card; issued: when it was registered
    (ISO 8601).
    """

    id: int
    holder: str
    issued: str


_current: list[CardSettings] = [CardSettings()]


def use(settings: CardSettings) -> None:
    """Follow these settings from now on."""
    _current[:] = [settings]


def current() -> CardSettings:
    """The settings followed."""
    return _current[0]


def open_with(told: str, peer: str, now: int) -> Opened:
    """The account that a card opens.

    :param told: the header, as it came; peer: who holds the connection; now: µs since 1970.
    :raises NotOpened: it opens nothing.
    """
    if not told.strip():
        raise NotOpened("no-card")
    if not declared(peer):
        raise NotOpened("undeclared-proxy")
    certificate = read_header(told)
    holder = _judged(certificate, now)
    return Opened(_account_of(holder, now), holder, _label(certificate))


def declared(peer: str) -> bool:
    """Whether a connection comes from a proxy that is believed for the certificates of cards."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in one for one in current().proxies)


def read_header(told: str) -> Certificate:
    """The one certificate that a proxy gives: PEM, percent-encoded or not (nginx: `$ssl_client_escaped_cert`), or DER
    in base64 (HAProxy: `%[ssl_c_der,base64]`).

    :raises NotOpened: it is something else, or several.
    """
    text = unquote(told.strip()) if len(told) <= _LONGEST else ""
    found = _PEM.fullmatch(text)
    encoded = "".join(found[1].split()) if found else text
    try:
        if not _BASE64.fullmatch(encoded):
            raise NotOpened("unreadable")
        return read_certificate(base64.b64decode(encoded, validate=True))
    except (binascii.Error, Unreadable):
        raise NotOpened("unreadable") from None


def register(opened: Opened, now: int) -> None:
    """Enter a card in the register of its account, the first time it serves."""
    rows = Means.objects.filter(
        user_id=opened.account.pk, kind=KIND, reference=opened.holder.identifier, revoked=None
    )
    if not rows.exists():
        by = f"user:{opened.account.pk}"
        with writing():
            means.issue(opened.account.pk, KIND, opened.holder.identifier, now, by, opened.label)


def registered(user: int) -> tuple[Registered, ...]:
    """The cards by which an account is opened, newest first."""
    rows = Means.objects.filter(user_id=user, kind=KIND, revoked=None).order_by("-id")
    return tuple(Registered(row.pk, row.reference, moment(row.issued)) for row in rows)


def added_by_others(user: int) -> bool:
    """Whether somebody else registered a card for an account since its holder last signed in without one."""
    mine = Means.objects.filter(user_id=user)
    last = mine.exclude(kind=KIND).aggregate(last=Max("last_used"))["last"] or 0
    rows = mine.filter(kind=KIND, revoked=None, issued__gt=last)
    return rows.exclude(issued_by=f"user:{user}").exists()


def confirms(user: int) -> bool:
    """Whether an account was opened by a card before, and can be again."""
    return current().offered and Means.objects.filter(user_id=user, kind=KIND, revoked=None).exists()


def _judged(certificate: Certificate, now: int) -> Holder:
    settings = certificates.current()
    stores = (f"igc-sante-{settings.environment}",)
    # What cannot sign in anyhow has no list of revocation fetched for it.
    found = stand(certificate, (), stores, settings, now) if signs_in(certificate) else Standing(None)
    unknown = any(one.state == "unknown" for one in found.statuses)
    if unknown and isinstance(found.path, Path) and bring(settings, found.path, now):
        found = stand(certificate, (), stores, settings, now)
    judged = judge_card(
        certificate,
        settings.environment,
        found.path,
        found.statuses,
        hard_fail=current().hard_fail,
        more=frozenset(settings.card_authorities),
    )
    if isinstance(judged, CardRefused):
        raise NotOpened(judged.why, judged.detail)
    return judged


def _account_of(holder: Holder, now: int) -> User:
    """The account that has the RPPS of the card, bound, or where an administrator registered a card without RPPS."""
    if holder.rpps:
        user = User.objects.filter(rpps=holder.rpps).exclude(rpps_bound="").first()
    else:
        rows = Means.objects.filter(kind=KIND, reference=holder.identifier, revoked=None)
        users = {one.user_id: one.user for one in rows.select_related("user")}
        user = next(iter(users.values())) if len(users) == 1 else None
    if user is None:
        raise NotOpened("no-account")
    if not user.is_active:
        raise NotOpened("closed")
    if not holder.rpps and user.rpps:
        raise NotOpened("conflict")
    if locked(user.username, now):
        raise NotOpened("locked")
    return user


def _label(certificate: Certificate) -> str:
    """What the register says of a card: its kind, when it is known."""
    card = describe(certificate).card
    return card.kind if card is not None else ""
