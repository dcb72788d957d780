"""The register of means of identification: what each account can sign in with, since when, and until when.

Factors are counted by nature (known, held, inherent), as the référentiel d'identification électronique does; whether a
means conforms to it is for the establishment to say, and is never supposed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ecluse.services.accounts.visitor import SessionMeans
from ecluse.store.models.accounts import Means

FACTORS = {"password-totp": 2, "webauthn": 2, "recovery": 2, "psc": 2, "oidc": 0, "card": 2}
"""Factors of each kind. webauthn: beside the password. oidc: what the provider says, not more."""


def issue(user: int, kind: str, reference: str, now: int, by: str, label: str = "", factors: int = 0) -> None:
    """Enter a means in the register. factors: those an identity provider proves; 0: those of the kind."""
    Means.objects.create(
        user_id=user, kind=kind, factors=factors or FACTORS[kind], label=label[:200], reference=reference[:200],
        issued=now, issued_by=by[:80],
    )  # fmt: skip


def revoke(user: int, now: int, by: str, kind: str = "", reference: str = "") -> None:
    """Strike out the means of an account: all, those of a kind, or one; what is struck out stays in the register."""
    rows = Means.objects.filter(user_id=user, revoked=None)
    if kind:
        rows = rows.filter(kind=kind)
    if reference:
        rows = rows.filter(reference=reference)
    rows.update(revoked=now, revoked_by=by[:80])


def keep_only(user: int, kind: str, references: Iterable[str], now: int, by: str) -> None:
    """Strike out the means of a kind but these."""
    rows = Means.objects.filter(user_id=user, kind=kind, revoked=None).exclude(reference__in=list(references))
    rows.update(revoked=now, revoked_by=by[:80])


def used(user: int, kind: str, now: int) -> None:
    """Note that a means served."""
    Means.objects.filter(user_id=user, kind=kind, revoked=None).update(last_used=now)


_KINDS = {"totp": "password-totp", "webauthn": "webauthn", "recovery_codes": "recovery"}
"""Kinds of the register by what django-allauth calls the authenticator."""
_HELD = frozenset(_KINDS.values())
_WHOLE = frozenset({"psc", "card"})
"""Kinds that prove two factors by themselves."""


def of_authenticator(kind: str) -> str:
    """The kind of the register for an authenticator of django-allauth."""
    return _KINDS.get(kind, kind)


def session_means(records: Iterable[Mapping[str, Any]]) -> SessionMeans:
    """How a session was opened.

    :param records: authentications of the session, oldest first: `method` (`password`, `mfa`, `psc`, `oidc`), `type`,
        `at` (s); of an identity provider, also `factors` (how many it proved) and `level`.
    """
    means: list[str] = []
    latest, proved, level = 0.0, 0, ""
    for one in records:
        method = str(one.get("method", ""))
        kind = of_authenticator(str(one.get("type", ""))) if method == "mfa" else method
        if kind not in means:
            means.append(kind)
        latest = max(latest, float(one.get("at") or 0))
        proved, level = max(proved, int(one.get("factors") or 0)), str(one.get("level") or level)
    return SessionMeans(tuple(means), max(proved, _factors(means)), int(latest * 1_000_000), level)


def _factors(means: list[str]) -> int:
    """How many factors were proved: an authenticator, a key or a recovery code is only held, and nothing without a
    password.
    """
    if not _WHOLE.isdisjoint(means):
        return 2
    return 2 if "password" in means and not _HELD.isdisjoint(means) else min(1, len(means))
