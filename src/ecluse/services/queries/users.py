"""Accounts of the console, as their administrators see them."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.services.queries.presentation import moment
from ecluse.store.models.accounts import Means, RoleGrant, User


@dataclass(frozen=True, slots=True)
class GrantDocument:
    """A role given. establishment: its name, null: everywhere; site: name of the only one where it holds, null: all."""

    role: str
    establishment: str | None
    establishment_id: int | None
    since: str
    site: str | None = None
    site_id: int | None = None

    @property
    def place(self) -> str | None:
        """Where it holds, in words; null: everywhere."""
        return ", ".join(filter(None, (self.establishment, self.site))) or None


@dataclass(frozen=True, slots=True)
class UserDocument:
    """An account. state: `active`, `invited`, `locked` or `closed`; invited_until, last_sign_in: ISO 8601 in UTC."""

    id: int
    username: str
    name: str
    email: str
    rpps: str
    rpps_bound: str
    rpps_proposed: str
    rpps_proposed_by: str
    rpps_checked: str
    rpps_checked_at: str | None
    profession: str
    unit: str
    external: str
    state: str
    roles: tuple[GrantDocument, ...]
    created: str
    invited_until: str | None
    last_sign_in: str | None


@dataclass(frozen=True, slots=True)
class MeansDocument:
    """A means of identification of the register."""

    id: int
    kind: str
    factors: int
    conformity: str
    label: str
    issued: str
    issued_by: str
    revoked: str | None
    last_used: str | None


def every(now: int) -> tuple[UserDocument, ...]:
    """All accounts, by name of sign-in. now: µs."""
    grants: dict[int, list[GrantDocument]] = {}
    for row in RoleGrant.objects.select_related("establishment", "site").order_by("id"):
        grants.setdefault(row.user_id, []).append(_grant(row))
    return tuple(
        _document(one, tuple(grants.get(one.pk, ())), now) for one in User.objects.order_by("username")
    )


def named(username: str, now: int) -> UserDocument | None:
    """One account."""
    user = User.objects.filter(username=username.strip().lower()).first()
    if user is None:
        return None
    rows = RoleGrant.objects.filter(user=user).select_related("establishment", "site").order_by("id")
    return _document(user, tuple(map(_grant, rows)), now)


def means_of(user: int) -> tuple[MeansDocument, ...]:
    """The register of an account, newest first, struck-out means included."""
    return tuple(_means(row) for row in Means.objects.filter(user_id=user).order_by("-id"))


def _grant(row: RoleGrant) -> GrantDocument:
    name = None if row.establishment is None else row.establishment.name
    site = None if row.site is None else row.site.name
    return GrantDocument(row.role, name, row.establishment_id, moment(row.since), site, row.site_id)


def _document(user: User, roles: tuple[GrantDocument, ...], now: int) -> UserDocument:
    return UserDocument(
        id=user.pk,
        username=user.username,
        name=user.name,
        email=user.email,
        rpps=user.rpps,
        rpps_bound=user.rpps_bound,
        rpps_proposed=user.rpps_proposed,
        rpps_proposed_by=user.rpps_proposed_by,
        rpps_checked=user.rpps_checked,
        rpps_checked_at=None if user.rpps_checked_at is None else moment(user.rpps_checked_at),
        profession=user.profession,
        unit=user.unit,
        external=user.external,
        state=_state(user, now),
        roles=roles,
        created=moment(user.created),
        invited_until=None if user.invited_until is None else moment(user.invited_until),
        last_sign_in=None if user.last_login is None else user.last_login.isoformat(),
    )


def _state(user: User, now: int) -> str:
    if not user.is_active:
        return "closed"
    if user.password == "!":
        return "invited"
    return "locked" if user.locked_until is not None and user.locked_until > now else "active"


def _means(row: Means) -> MeansDocument:
    return MeansDocument(
        id=row.pk,
        kind=row.kind,
        factors=row.factors,
        conformity=row.conformity,
        label=row.label,
        issued=moment(row.issued),
        issued_by=row.issued_by,
        revoked=None if row.revoked is None else moment(row.revoked),
        last_used=None if row.last_used is None else moment(row.last_used),
    )
