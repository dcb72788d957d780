"""Sessions of the console, kept in the store: writing one takes the turn to write, as any other short write."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db import connections
from django.db.backends.signals import connection_created

from ecluse.store.access_turn import taking_turn, writing

_KIND, _BOX = "provider", "box"
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class SessionStore(db.SessionStore):
    """The engine named by SESSION_ENGINE."""


def forget_expired(now: datetime) -> None:
    """Delete sessions that are over, and what is known of where they were opened."""
    with writing():
        over = Session.objects.filter(expire_date__lt=now)
        over._raw_delete(over.db)
        gone = UserSession.objects.exclude(session_key__in=Session.objects.values("session_key"))
        gone._raw_delete(gone.db)


def keep_beside(session_key: str, kind: str, box: str) -> None:
    """Note where the tokens of a session that a provider opened are kept, to be forgotten with it.

    :param kind: of the provider; box: name of the row of its tokens.
    """
    UserSession.objects.filter(session_key=session_key).update(data={_KIND: kind, _BOX: box})


def kept_beside(session: UserSession) -> tuple[str, str]:
    """The provider that opened a session and the row of its tokens; both empty when it was opened here."""
    return str(session.data.get(_KIND, "")), str(session.data.get(_BOX, ""))


def end_all(user: int) -> None:
    """End the sessions of an account and forget the tokens of its providers, in the transaction that is open."""
    rows = UserSession.objects.filter(user_id=user)
    keys = [key for one in rows for key in (one.session_key, kept_beside(one)[1]) if key]
    over = Session.objects.filter(session_key__in=keys)
    # `delete` would open a transaction of its own.
    over._raw_delete(over.db)
    rows._raw_delete(rows.db)


def take_turns() -> None:
    """From now on, what Django and its applications write in this process takes the turn to write.

    Without it, a write would be tried again and again beside a writer that is never idle.
    """
    connection_created.connect(_watch, dispatch_uid="ecluse.take_turns")
    for one in connections.all(initialized_only=True):
        _watch(sender=None, connection=one)


def _watch(sender: Any, connection: Any, **_more: Any) -> None:
    if _in_turn not in connection.execute_wrappers:
        connection.execute_wrappers.append(_in_turn)


def _in_turn(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    if context["connection"].in_atomic_block or not sql.startswith(_WRITES):
        return execute(sql, params, many, context)
    # No transaction around it: one that closes before the row of an INSERT … RETURNING is read is refused by SQLite.
    with taking_turn():
        return execute(sql, params, many, context)
