"""Settings at a glance, how long things are kept, and the languages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse

from ecluse.delivery.console.guard import Request, page
from ecluse.delivery.console.settings_pages.common import READ, domains_of, now, show
from ecluse.delivery.console.settings_pages.show_subscribers import sees, troubled
from ecluse.services import works
from ecluse.services.deployment_view import current
from ecluse.services.queries import subscribers
from ecluse.services.queries.access import tokens
from ecluse.services.queries.places import places
from ecluse.services.queries.presentation import moment
from ecluse.services.queries.proofs import backups, last_purges
from ecluse.services.try_listener import certificate_state


@page(READ)
def overview(request: Request) -> HttpResponse:
    """What is set, and what somebody should look at."""
    known, at = places(domains_of(request, READ)), now()
    told = [one for one in subscribers.every(at) if sees(request, one)]
    instant = datetime.now(UTC)
    certificates = [
        found for one in current().listeners if (found := certificate_state(one, instant)) is not None
    ]
    files = backups(current().data, 1)
    work = works.follow(current().data, "backup")
    values: dict[str, Any] = {
        "places": known,
        "without_finess": sum(not one.establishment.finess for one in known.establishments),
        "view": current(),
        "certificates": sorted(certificates, key=lambda one: one.days)[:1],
        "subscribers": told,
        "troubled": [one for one in told if troubled(one)],
        "tokens": sum(
            one.revoked is None and (one.expires is None or one.expires > moment(at)) for one in tokens()
        ),
        "backup": files[0] if files else None,
        "backup_at": moment(work.last.at) if work and work.last and work.last.found else None,
    }
    return show(request, "overview", "overview", values)


@page(READ)
def keeping(request: Request) -> HttpResponse:
    """How long things are kept, where that is written, and what was purged last."""
    return show(request, "keeping", "keeping", {"view": current(), "purges": last_purges()})


@page(READ)
def languages(request: Request) -> HttpResponse:
    """Which texts are in which language."""
    return show(request, "languages", "languages", {})
