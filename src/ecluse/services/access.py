"""Who may ask: tokens of the API authenticated, what they reach, and the trail of what they were shown.

A token is a secret of 256 bits written `ecl_ID_SECRET`; only its SHA-256 is kept. The readable ID tells two tokens
apart in logs and trails and gives no access.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db import DatabaseError

from ecluse.services import access_trail
from ecluse.services.access_trail import TrailUnavailable
from ecluse.services.queries.merges import merged_into
from ecluse.services.site_stays import SiteMarks, marks, on_sites
from ecluse.store.access_turn import use_turn, writing
from ecluse.store.models import PatientState
from ecluse.store.models.access import Inclusion, Token

__all__ = [
    "SCOPES",
    "AccessSettings",
    "Caller",
    "Denied",
    "NewSecret",
    "Once",
    "Reach",
    "TrailUnavailable",
    "authenticate",
    "digest_of",
    "new_secret",
    "reach",
    "record",
    "use",
    "use_turn",
]

log = logging.getLogger(__name__)

SCOPES = frozenset(
    {
        "patients:read", "stays:read", "consents:read", "consents:write", "identities:write", "messages:read",
        "events:read", "inclusions:read", "inclusions:write", "settings:read", "settings:write", "status:read",
        "users:write", "calendar:read",
    }
)  # fmt: skip
"""What a token may be allowed to do."""

PREFIX = "ecl_"
_SECRET = re.compile(r"ecl_([a-z2-7]{10})_[A-Za-z0-9_-]{43}")
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_SHOWN_EVERY = 60_000_000
"""Last use is written at most once in that many microseconds for each token."""
_PARTS = 400
"""Values per IN list."""


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Settings of the access. rate: requests per second of one token; burst: those it may make at once."""

    rate: float = 50.0
    burst: int = 200


@dataclass(slots=True)
class Once:
    """A request that must be done once. id: tells it from all others; again: the writer had done its act already."""

    id: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, once authenticated.

    id: `token:ID` (the operator of the journal and of the trail); name: given at creation; domain: id of the only
    domain it sees, None: all; inclusion: id of the inclusion list outside of which it sees nobody, or empty;
    on_behalf_of: the person for whom the caller says it asks, or empty; no right follows from it; certificate: SHA-256
    of the client certificate its token needs, or empty; expires: µs, None: never; once: set when it asks with an
    Idempotency-Key; domains: ids of the only domains a person sees (those of the establishments she works for), None:
    all.
    """

    id: str
    name: str
    scopes: frozenset[str]
    domain: int | None
    inclusion: str
    on_behalf_of: str
    certificate: str = ""
    expires: int | None = None
    once: Once | None = None
    domains: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Denied:
    """Why nobody was authenticated: a code of `problems.toml`, and seconds to wait when the rate is passed."""

    code: str
    retry_after: float = 0.0


class NewSecret(NamedTuple):
    """A token just made. secret: shown once, kept nowhere; digest: its SHA-256, in hexadecimal."""

    id: str
    secret: str
    digest: str


def new_secret() -> NewSecret:
    """Make the secret of a token: 256 random bits behind a readable id."""
    id_ = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    secret = f"{PREFIX}{id_}_{secrets.token_urlsafe(32)}"
    return NewSecret(id_, secret, digest_of(secret).hex())


def digest_of(secret: str) -> bytes:
    """What is kept of a secret: its SHA-256. A slow hash adds nothing to 256 random bits."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def from_header(told: str, now: int, certificate: str) -> Caller | Denied:
    """Whose request it is, by its `Authorization` header (RFC 6750, 2.1); see `authenticate`. told: it, or empty."""
    scheme, _, secret = told.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        return Denied("token-missing")
    return authenticate(secret.strip(), now, certificate)


def authenticate(secret: str, now: int, certificate: str) -> Caller | Denied:
    """Whose secret it is, if it may be used now.

    :param secret: the bearer token as received; now: µs since 1970; certificate: SHA-256 of the client's certificate
        in hexadecimal, as told by a trusted proxy, or empty.
    :raises DatabaseError: when the store does not answer.
    """
    match = _SECRET.fullmatch(secret)
    token = Token.objects.filter(id=match[1]).first() if match else None
    # Compared with something in any case, so that the time taken tells nothing.
    kept = bytes(token.digest) if token is not None else bytes(32)
    if not hmac.compare_digest(kept, digest_of(secret)) or token is None:
        return Denied("token-unknown")
    if token.revoked is not None:
        return Denied("token-revoked")
    if token.expires is not None and token.expires <= now:
        return Denied("token-expired")
    if token.certificate and not hmac.compare_digest(token.certificate, certificate):
        return Denied("token-certificate")
    wait = _buckets.take(token.id, now)
    if wait:
        return Denied("rate-limited", wait)
    _show_use(token, now)
    return Caller(
        id=f"token:{token.id}",
        name=token.name,
        scopes=frozenset(token.scopes.split()),
        domain=token.domain_id,
        inclusion=token.inclusion_id or "",
        on_behalf_of="",
        certificate=token.certificate,
        expires=token.expires,
    )


def _show_use(token: Token, now: int) -> None:
    """Write when a token was last used. It serves to spot forgotten tokens: a failure refuses nobody."""
    if token.last_used is not None and 0 <= now - token.last_used < _SHOWN_EVERY:
        return
    try:
        with writing():
            Token.objects.filter(id=token.id).update(last_used=now)
    except (DatabaseError, OSError):
        log.warning("last use of token %s not written", token.id)


class _Buckets:
    """A token bucket for each token, in the memory of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, int]] = {}
        self.settings = AccessSettings()

    def take(self, token: str, now: int) -> float:
        """Take one request; 0, or the seconds to wait for one."""
        rate, burst = self.settings.rate, self.settings.burst
        with self._lock:
            left, at = self._left.get(token, (float(burst), now))
            left = min(float(burst), left + max(0, now - at) / 1_000_000 * rate)
            if left < 1:
                self._left[token] = (left, max(at, now))
                return (1 - left) / rate
            self._left[token] = (left - 1, max(at, now))
            return 0.0

    def empty(self) -> None:
        with self._lock:
            self._left.clear()


_buckets = _Buckets()


def use(settings: AccessSettings) -> None:
    """Follow these settings from now on."""
    _buckets.settings = settings
    _buckets.empty()


class Reach:
    """The patients a caller may know of. Ask it for every patient: one out of reach does not exist for the caller."""

    def __init__(
        self,
        domains: int | frozenset[int] | None,
        inclusion: str,
        sites: frozenset[int] = frozenset(),
    ) -> None:
        """:param domains: those wholly within reach, None: all; inclusion: list that limits it further, or empty;
        sites: those whose patients (who have or had a stay there) are within reach beside.
        """
        self.domains = frozenset((domains,)) if isinstance(domains, int) else domains
        self.inclusion = inclusion
        self.sites = frozenset[int]() if self.domains is None else sites
        self._marks: SiteMarks | None = None
        self._stayed: dict[str, bool] = {}

    @property
    def everywhere(self) -> bool:
        """Whether every patient of every domain is within reach."""
        return self.domains is None and not self.inclusion

    def sees(self, patient: str, domain: int) -> bool:
        """Whether a patient of a domain is within reach.

        A patient is, too, when one that was merged into it is included: it is the same person. An exclusion of the
        survivor itself wins.
        """
        if patient not in self.placed({patient: domain}):
            return False
        if not self.inclusion:
            return True
        return patient in self.among([patient])

    def placed(self, patients: Mapping[str, int]) -> frozenset[str]:
        """Those of these patients (domain by id) that a domain or a site reaches, whatever the inclusion list says.

        Ask the same reach again within a request: what was read of stays is not read twice.
        """
        if self.domains is None:
            return frozenset(patients)
        whole = self.domains
        found = {one for one, domain in patients.items() if domain in whole}
        near = self._near() - whole
        left = [one for one, domain in patients.items() if domain in near]
        if unread := [one for one in left if one not in self._stayed]:
            stayed = on_sites(self._site_marks(), unread)
            self._stayed.update((one, one in stayed) for one in unread)
        return frozenset(found.union(one for one in left if self._stayed[one]))

    def near(self) -> frozenset[int] | None:
        """Domains of which patients may be within reach, all or some of them; None: every domain."""
        return None if self.domains is None else self.domains | self._near()

    def _near(self) -> frozenset[int]:
        return self._site_marks().within if self.sites else frozenset()

    def _site_marks(self) -> SiteMarks:
        if self._marks is None:
            self._marks = marks(self.sites)
        return self._marks

    def among(self, patients: Iterable[str]) -> frozenset[str]:
        """Those of these patients that the inclusion list reaches, whatever their domain.

        Looked for from each patient through those merged into it: the work does not grow with the list, and is the same
        for somebody else's patient as for one who never existed.
        """
        wanted = frozenset(patients)
        if not self.inclusion:
            return wanted
        included: set[str] = set()
        survivors: dict[str, str] = {}
        seen, latest = set(wanted), set(wanted)
        while latest:
            said = self._said(latest)
            included.update(one for one, is_included in said.items() if is_included)
            # What the list says of a patient holds whatever was merged into it.
            merged = merged_into(latest - set(said))
            survivors |= merged
            latest = set(merged) - seen
            seen |= latest
        found: set[str] = set()
        for one in included:
            while one and one not in found:
                found.add(one)
                one = survivors.get(one, "")
        return wanted & found

    def _said(self, patients: Iterable[str]) -> dict[str, bool]:
        """What the list says of each of these patients that it names."""
        said: dict[str, bool] = {}
        for part in _parts(patients):
            rows = Inclusion.objects.filter(list_id=self.inclusion, patient__in=part)
            said.update(rows.values_list("patient", "included"))
        return said

    def only(self) -> Reach | None:
        """What restricts the patients within reach beyond their domain; None when no inclusion list does."""
        return Reach(None, self.inclusion) if self.inclusion else None

    def everyone(self) -> frozenset[str] | None:
        """Ids of all patients that the inclusion list reaches, whatever their domain; None without a list.

        The work grows with the list: ask `among` of the patients at hand wherever they are known.
        """
        if not self.inclusion:
            return None
        rows = dict(Inclusion.objects.filter(list_id=self.inclusion).values_list("patient", "included"))
        found = {patient for patient, included in rows.items() if included}
        latest = found
        while latest := {one for one in _survivors(latest) if one not in rows} - found:
            found |= latest
        return frozenset(found)


def _parts(patients: Iterable[str]) -> Iterator[list[str]]:
    ids = list(patients)
    for start in range(0, len(ids), _PARTS):
        yield ids[start : start + _PARTS]


def _survivors(patients: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for part in _parts(patients):
        rows = PatientState.objects.filter(id__in=part).exclude(merged_into="")
        found.update(rows.values_list("merged_into", flat=True))
    return found


def reach(caller: Caller) -> Reach:
    """What a caller may know of."""
    return Reach(caller.domains if caller.domain is None else caller.domain, caller.inclusion)


def record(caller: Caller, action: str, patients: Sequence[str], now: int, detail: str = "") -> None:
    """Write that a caller found or was shown patients; call it before the answer leaves.

    :param action: `patient.read`, `patient.search`…; patients: ids, none: a search that found nobody, which is written
        too; now: µs since 1970; detail: the address asked as a pattern, never a value that designates a person.
    :raises TrailUnavailable: it could not be written: the read must be refused.
    """
    access_trail.write(
        [
            access_trail.Line(now, caller.id, caller.name, caller.on_behalf_of, action, patient, detail)
            for patient in dict.fromkeys(patients) or ("",)
        ]
    )
