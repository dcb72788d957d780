"""Signing in with a CPx card, and proving again with it who one is.

Always a form, with its token: a page of elsewhere cannot sign in whoever left a card in the reader.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import resume_request
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from ecluse.delivery.console import errors
from ecluse.delivery.console.accounts import limits
from ecluse.delivery.console.accounts.adapters import now
from ecluse.delivery.console.accounts.card_words import NOT_COUNTED, said_of
from ecluse.delivery.console.acting import act as ask
from ecluse.delivery.console.acting import tell
from ecluse.delivery.console.guard import Request, act, everywhere, public
from ecluse.services.accounts import cards, sign_in
from ecluse.services.accounts.cards import NotOpened, Opened
from ecluse.services.accounts.visitor import Account
from ecluse.services.proxies import PEER

log = logging.getLogger(__name__)

_MANAGE = "users.manage"
_SECOND = 1_000_000
_METHODS = ("GET", "HEAD", "POST")


@public
def enter(request: HttpRequest) -> HttpResponse:
    """Open the session of the holder of a card, or confirm the one that is open."""
    if not cards.current().offered:
        return errors.not_found(request, Exception())
    if request.method not in _METHODS:
        return errors.not_allowed(request, _METHODS)
    if request.method != "POST":
        return _page(request)
    if not limits.within(request, "card"):
        return _page(request, _("Trop d’essais : réessayez dans une minute."), status=429)
    try:
        opened = _opened(request)
        return _entered(request, opened)
    except NotOpened as error:
        return _refused(request, error)


def _opened(request: HttpRequest) -> Opened:
    """What the card opens; while somebody is signed in, only her own account.

    :raises NotOpened: nothing.
    """
    told = request.headers.get(cards.current().header, "")
    peer = str(request.META.get(PEER) or request.META.get("REMOTE_ADDR", ""))
    opened = cards.open_with(told, peer, now())
    visitor = getattr(request, "visitor", None)
    if visitor is not None and visitor.id != opened.account.pk:
        raise NotOpened("other-person")
    return opened


def _entered(request: HttpRequest, opened: Opened) -> HttpResponse:
    again = getattr(request, "visitor", None) is not None
    after = _after(request)
    cards.register(opened, now())
    record_authentication(
        request,
        opened.account,
        method=cards.KIND,
        factors=len(cards.FACTORS),
        natures=list(cards.FACTORS),
        level=cards.current().level,
        authenticated=now() // _SECOND,
        reauthenticated=again or None,
    )
    if again:
        request.GET = QueryDict(urlencode({REDIRECT_FIELD_NAME: after}))
        resumed: HttpResponse | None = resume_request(request)
        return resumed or HttpResponseRedirect(after)
    get_adapter().login(request, opened.account)
    return HttpResponseRedirect(after)


def _refused(request: HttpRequest, error: NotOpened) -> HttpResponse:
    """One sentence to the person; the exact reason in the trail, without a word of the certificate."""
    if error.why not in NOT_COUNTED:
        log.warning("sign-in by card refused: %s", error)
        user = request.user if isinstance(request.user, Account) else None
        sign_in.trace(user, sign_in.REFUSED, now(), f"{request.META.get('REMOTE_ADDR', '')} card {error}")
    return _page(request, said_of(error.why), status=403)


def _page(request: HttpRequest, refused: str = "", status: int = 200) -> HttpResponse:
    values = {
        "refused": refused,
        "again": getattr(request, "visitor", None) is not None,
        "redirect_field_value": _after(request),
    }
    return render(request, "console/accounts/card.html", values, status=status)


def _after(request: HttpRequest) -> str:
    address = request.POST.get(REDIRECT_FIELD_NAME) or request.GET.get(REDIRECT_FIELD_NAME) or "/"
    return address if url_has_allowed_host_and_scheme(address, allowed_hosts=None) else "/"


@act(_MANAGE, fresh=True)
@everywhere(_MANAGE)
def bind(request: Request, username: str) -> HttpResponse:
    """Register the card of an employee (`holder`)."""
    given = {"username": username, "holder": request.POST.get("holder", "").strip()}
    tell(request, ask(request, "user.bind-card", given))
    return HttpResponseRedirect(f"/reglages/utilisateurs/{username}/#cartes")


@act(_MANAGE, fresh=True)
@everywhere(_MANAGE)
def drop(request: Request, username: str) -> HttpResponse:
    """Strike a card out of the register (`means`)."""
    number = request.POST.get("means", "")
    given = {"username": username, "means": int(number) if number.isdigit() else 0}
    tell(request, ask(request, "user.drop-card", given))
    return HttpResponseRedirect(f"/reglages/utilisateurs/{username}/#cartes")


@receiver(user_logged_out)
def left(user: Account | None, request: HttpRequest, **_more: Any) -> None:
    """Whoever leaves a session opened by a card is told what the browser keeps of it."""
    if any(one.get("method") == cards.KIND for one in get_authentication_records(request, user)):
        text = _(
            "Votre navigateur garde la carte ouverte : retirez-la du lecteur et fermez toutes les fenêtres du "
            "navigateur avant de laisser ce poste."
        )
        messages.info(request, text)
