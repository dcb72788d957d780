"""Coming in for the first time: the first visit of a new gateway, and invitations."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from ecluse.delivery.console import errors
from ecluse.delivery.console.accounts import limits
from ecluse.delivery.console.accounts.adapters import now
from ecluse.delivery.console.accounts.forms import CodeForm, EnrolForm, FirstAccountForm, InvitationForm
from ecluse.delivery.console.guard import public
from ecluse.services.accounts import enrol, first_visit, invitations, seal, sign_in
from ecluse.services.accounts.visitor import Account

_MAY, _SECRET, _INVITED = "first_visit", "enrol_secret", "invited"
_GET_POST = ("GET", "HEAD", "POST")


@public
def first(request: HttpRequest) -> HttpResponse:
    """The first visit: its code."""
    if not first_visit.needed():
        return HttpResponseRedirect("/")
    if request.method not in _GET_POST:
        return errors.not_allowed(request, _GET_POST)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not limits.within(request, "first_visit"):
            return _too_many(request, form, "first_visit")
        spent = first_visit.spent()
        if first_visit.right_code(form.cleaned_data["code"]):
            request.session.cycle_key()
            request.session[_MAY] = True
            return HttpResponseRedirect("/premiere-visite/compte/")
        if not spent:  # else anybody could fill the trail
            sign_in.trace(None, sign_in.REFUSED, now(), f"{request.META.get('REMOTE_ADDR', '')} first visit")
        form.add_error("code", _("Ce n’est pas ce code. Après dix essais, il faut redémarrer la passerelle."))
    return render(request, "console/accounts/first_visit.html", {"form": form}, status=_status(form))


@public
def first_account(request: HttpRequest) -> HttpResponse:
    """The first visit: the administrator, with a password and a second factor."""
    if not first_visit.needed() or not request.session.get(_MAY):
        return HttpResponseRedirect("/premiere-visite/")
    form = FirstAccountForm(request.POST or None, account=Account(), totp_secret=_secret(request))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            user = enrol.first_account(
                given["username"], given["name"], given["password"], _secret(request), now()
            )
        except enrol.AlreadyDone:
            return HttpResponseRedirect("/")
        first_visit.forget_code()
        return _enter(request, user, "/premiere-visite/etapes/")
    return _enrol_page(request, form, "console/accounts/first_account.html", "")


@public
def invitation(request: HttpRequest) -> HttpResponse:
    """An invitation: its name and code."""
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not limits.within(request, "invitation"):
            return _too_many(request, form, "invitation")
        given = form.cleaned_data
        user = invitations.invited(given["username"], given["code"], now())
        if user is not None:
            request.session.cycle_key()
            request.session[_INVITED] = [user.pk, bytes(user.invitation).hex()]
            return HttpResponseRedirect("/invitation/compte/")
        sign_in.failed(given["username"], request.META.get("REMOTE_ADDR", ""), now(), "invitation")
        form.add_error(None, _("Cet identifiant et ce code ne vont pas ensemble, ou l’invitation a expiré."))
    return render(request, "console/accounts/invitation.html", {"form": form}, status=_status(form))


@public
def invited_account(request: HttpRequest) -> HttpResponse:
    """An invitation: a password and a second factor."""
    number, digest = request.session.get(_INVITED, (0, ""))
    user = invitations.still_invited(number, digest, now())
    if user is None:
        return HttpResponseRedirect("/invitation/")
    form = EnrolForm(request.POST or None, account=user, totp_secret=_secret(request))
    if request.method == "POST" and form.is_valid():
        try:
            user = enrol.accept_invitation(user, form.cleaned_data["password"], _secret(request), now())
        except enrol.AlreadyDone:
            return HttpResponseRedirect("/invitation/")
        return _enter(request, user)
    return _enrol_page(request, form, "console/accounts/invited_account.html", user.username)


def _secret(request: HttpRequest) -> str:
    """The secret proposed to the authenticator, the same for the length of this visit, sealed in the session."""
    if _SECRET not in request.session:
        request.session[_SECRET] = seal.seal(generate_totp_secret())
    return seal.open_sealed(request.session[_SECRET])


def _enrol_page(request: HttpRequest, form: EnrolForm, template: str, username: str) -> HttpResponse:
    secret = _secret(request)
    label = form["username"].value() if "username" in form.fields else username
    url = get_mfa_adapter().build_totp_url(Account(username=label or "Écluse"), secret)
    values = {"form": form, "username": username, "secret": secret, "picture": picture(url), "url": url}
    return render(request, template, values, status=_status(form))


def picture(url: str) -> str:
    """A QR code as the address of an image."""
    drawn: str = get_mfa_adapter().build_totp_svg(url)
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode('ascii')}"


def _enter(request: HttpRequest, user: Any, then: str = "/") -> HttpResponse:
    """Open the session of somebody who just chose a password and a second factor: both were proved.

    :param then: where to go once the recovery codes were put away.
    """
    for name in (_SECRET, _MAY, _INVITED):
        request.session.pop(name, None)
    record_authentication(request, user, method="password")
    record_authentication(request, user, method="mfa", type="totp", reauthenticated=True)
    user.backend = "allauth.account.auth_backends.AuthenticationBackend"
    get_adapter().login(request, user)
    return HttpResponseRedirect(f"/compte/codes-de-secours/?next={then}")


def _too_many(request: HttpRequest, form: Form, page: str) -> HttpResponse:
    """Nothing is looked at and nothing is written."""
    form.add_error(None, _("Trop d’essais : réessayez dans une minute."))
    return render(request, f"console/accounts/{page}.html", {"form": form}, status=429)


def _status(form: Any) -> int:
    return 422 if form.is_bound and not form.is_valid() else 200
