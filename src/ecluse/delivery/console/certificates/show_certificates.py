"""The inventory by soonest end, one certificate with all that is known of it, the calendar of what ends."""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import get_language

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import tell
from ecluse.delivery.console.certificates.common import (
    MANAGE,
    READ,
    STORES,
    file_of,
    now,
    places,
    sees,
    show,
    within,
)
from ecluse.delivery.console.guard import Request, act, page
from ecluse.services.certificates.ics import CONTENT_TYPE, calendar_of
from ecluse.services.certificates.settings import current
from ecluse.services.queries import certificates
from ecluse.services.queries.certificate_pages import alarm_history, ends_within, uses, within_reach
from ecluse.services.queries.certificates import CertificateDocument, CertificateView
from ecluse.services.queries.certificates_watch import alarms
from ecluse.services.queries.operators import operators

_SECTION = "inventory"
_PRINT = re.compile(r"[0-9a-f]{64}")


@page(READ)
def every(request: Request) -> HttpResponse:
    """All that is within reach, the soonest end first."""
    whole = request.GET.get("vue") == "tous"
    held = within(request)
    seen = [
        one
        for one in certificates.inventory(current(), now(), every=whole)
        if held is None or one.establishment in held
    ]
    asked = {name: request.GET.get(name, "")[:60] for name in ("etablissement", "famille", "emploi")}
    values = {
        "found": [one for one in seen if _wanted(one, asked)],
        "any": bool(seen),
        "whole": whole,
        "asked": asked,
        "filtered": any(asked.values()),
        "establishments": places(request),
        "families": sorted({one.family for one in seen}),
        "uses": sorted({use for one in seen for use in (*one.uses, *one.waiting)}, key=list(uses()).index),
        "alarms": within_reach(alarms(), held),
        "test": current().environment == "test",
    }
    return show(request, _SECTION, "every", values)


def _wanted(one: CertificateDocument, asked: dict[str, str]) -> bool:
    return (
        asked["etablissement"] in ("", str(one.establishment))
        and asked["famille"] in ("", one.family)
        and (not asked["emploi"] or asked["emploi"] in (*one.uses, *one.waiting))
    )


@page(READ)
def one(request: Request, fingerprint: str) -> HttpResponse:
    """Everything a certificate says, its chain, its looks and alarms, where it serves."""
    found = known(request, fingerprint)
    document = found.document
    values: dict[str, Any] = {
        "view": found,
        "one": document,
        "told": found.description,
        "store": STORES.get(found.store, ""),
        "alarms": alarm_history(f"certificate:{document.fingerprint}"),
        "who": operators(_people(document)),
        "may_change": request.visitor.may(MANAGE) and sees(request, document.establishment, MANAGE),
        "stops": certificates.stops(document.uses or document.waiting),
    }
    return show(request, _SECTION, "one", values)


def _people(document: CertificateDocument) -> list[str]:
    revoked = [document.revocation.by] if document.revocation else []
    return [document.imported_by, *revoked]


@page(READ)
def download(request: Request, fingerprint: str) -> HttpResponse:
    """The certificate and its issuers, PEM: nothing that is secret."""
    found = known(request, fingerprint)
    return file_of(found.pem, f"certificat-{fingerprint[:12]}.pem", "application/x-pem-file")


def known(request: Request, fingerprint: str, right: str = READ) -> CertificateView:
    """A certificate within reach.

    :raises Http404: there is none.
    """
    found = certificates.one(current(), fingerprint, now()) if _PRINT.fullmatch(fingerprint) else None
    if found is None or not sees(request, found.document.establishment, right):
        raise Http404
    return found


@page(READ)
def calendar(request: Request) -> HttpResponse:
    """What ends, for an agenda: dates and names, and nobody's."""
    shown = ends_within(current(), within(request))
    text = calendar_of(shown, now(), "en" if get_language() == "en" else "fr")
    return file_of(text, "echeances.ics", CONTENT_TYPE)


@act(MANAGE)
def see(request: Request, alarm: int) -> HttpResponse:
    """An alarm was dealt with."""
    seen = within_reach(alarms(), within(request, MANAGE))
    if alarm not in {one.id for one in seen}:
        raise Http404
    tell(request, ask(request, "alarm.see", {"alarm": alarm}))
    return HttpResponseRedirect(reverse("certificates"))
