"""Addresses of the grouped refusals."""

from __future__ import annotations

import time

from django.urls import URLPattern, path

from ecluse.delivery.console import navigation
from ecluse.delivery.console.refusals import change_group, show_groups
from ecluse.services.accounts.visitor import Visitor
from ecluse.services.queries.refusal_groups import attention


def addresses() -> list[URLPattern]:
    """The groups, one group, and what is done about them."""
    navigation.COUNTS["refusals"] = _waiting
    return [
        path("rejets/", show_groups.every, name="refusals"),
        path("rejets/<str:group>/", show_groups.one, name="refusal"),
        path("rejets/<str:group>/confier/", change_group.assign, name="refusal_assign"),
        path("rejets/<str:group>/noter/", change_group.note, name="refusal_note"),
        path("rejets/<str:group>/sourdine/", change_group.mute, name="refusal_mute"),
        path("rejets/<str:group>/resoudre/", change_group.resolve, name="refusal_resolve"),
        path("rejets/<str:group>/rouvrir/", change_group.reopen, name="refusal_reopen"),
    ]


def _waiting(visitor: Visitor) -> int:
    """Groups that ask for attention, for the bar of whoever deals with them."""
    if not visitor.may("refusals.manage"):
        return 0
    return attention(time.time_ns() // 1000, visitor.reach("refusals.manage").domains).groups
