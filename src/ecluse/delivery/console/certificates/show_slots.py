"""Slots: which certificate serves for what, the next one that waits, and the rotation, which can be undone."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import tell
from ecluse.delivery.console.certificates.common import MANAGE, READ, now, on, places, show
from ecluse.delivery.console.guard import Request, act, page
from ecluse.services.certificates.settings import current
from ecluse.services.queries import certificates
from ecluse.services.queries.certificate_pages import Use, uses
from ecluse.services.queries.certificates import CertificateDocument, SlotDocument
from ecluse.services.queries.settings import EstablishmentSettings

_SECTION = "slots"


class Row(NamedTuple):
    """A use of an establishment: its slot, and the certificates in it; newest: one that suits and was never placed."""

    use: Use
    slot: SlotDocument | None
    current: CertificateDocument | None
    next: CertificateDocument | None
    previous: CertificateDocument | None
    newest: CertificateDocument | None


class House(NamedTuple):
    """The slots of an establishment: those that hold something, and the uses that have none yet."""

    place: EstablishmentSettings
    rows: tuple[Row, ...]
    unused: tuple[Use, ...]
    may_manage: bool


@page(READ)
def every(request: Request) -> HttpResponse:
    """Each establishment within reach, use by use."""
    known = {one.fingerprint: one for one in certificates.inventory(current(), now(), every=True)}
    slots = {(one.establishment, one.use): one for one in certificates.slots(now())}
    managed = {one.id for one in places(request, MANAGE)}
    houses = [_house(place, slots, known, place.id in managed) for place in places(request)]
    return show(request, _SECTION, "slots", {"houses": houses})


def _house(
    place: EstablishmentSettings,
    slots: dict[tuple[int, str], SlotDocument],
    known: dict[str, CertificateDocument],
    may_manage: bool,
) -> House:
    rows = [_row(use, slots.get((place.id, name)), known) for name, use in uses().items()]
    return House(
        place,
        tuple(row for row in rows if row.slot is not None),
        tuple(row.use for row in rows if row.slot is None),
        may_manage,
    )


def _row(use: Use, slot: SlotDocument | None, known: dict[str, CertificateDocument]) -> Row:
    if slot is None:
        return Row(use, None, None, None, None, None)
    newest = slot.newest if slot.newest not in (slot.next, slot.previous) else ""
    held = [known.get(one) for one in (slot.current, slot.next, slot.previous, newest)]
    return Row(use, slot, *held)


@act(MANAGE, fresh=True)
def rotate(request: Request, establishment: int, use: str) -> HttpResponse:
    """The next certificate serves from now on."""
    return _done(request, "certificate.rotate", establishment, use)


@act(MANAGE, fresh=True)
def go_back(request: Request, establishment: int, use: str) -> HttpResponse:
    """The previous certificate serves again."""
    return _done(request, "certificate.rotate-back", establishment, use)


@act(MANAGE, fresh=True)
def empty(request: Request, establishment: int, use: str) -> HttpResponse:
    """Take a certificate out of a place."""
    return _done(request, "certificate.empty", establishment, use, place=request.POST.get("place", ""))


@act(MANAGE, fresh=True)
def place(request: Request, establishment: int, use: str) -> HttpResponse:
    """Put a certificate of the inventory in a slot."""
    given = {name: request.POST.get(name, "")[:80] for name in ("fingerprint", "place")}
    return _done(request, "certificate.place", establishment, use, **given)


def _done(request: Request, name: str, establishment: int, use: str, **more: Any) -> HttpResponse:
    on(request, establishment)
    if use not in uses():
        raise Http404
    tell(request, ask(request, name, {"establishment": establishment, "use": use, **more}))
    return HttpResponseRedirect(f"{reverse('slots')}#{use}-{establishment}")
