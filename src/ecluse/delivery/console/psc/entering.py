"""Going to a provider and coming back: an account opened, an RPPS bound, or an identity confirmed.

Going is a link and not a form: the pages allow forms to lead nowhere else (form-action of their security policy).
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import resume_request
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ecluse.delivery.console import errors
from ecluse.delivery.console.accounts import limits
from ecluse.delivery.console.accounts.adapters import now
from ecluse.delivery.console.acting import act, tell
from ecluse.delivery.console.guard import Request, own, public, sensitive
from ecluse.delivery.console.psc import kept
from ecluse.protocols.oidc import OidcError
from ecluse.services.accounts import sign_in as trail
from ecluse.services.accounts.visitor import Account
from ecluse.services.psc import sign_in
from ecluse.services.psc.accounts import METHODS, account_of, register
from ecluse.services.psc.providers import Provider, provider_of
from ecluse.services.psc.sign_in import SignedIn
from ecluse.services.psc.situations import situations

log = logging.getLogger(__name__)

_SECOND = 1_000_000
BIND, CONFIRM = "bind", "confirm"
"""Why somebody who is signed in already goes to a provider."""


@public
def begin(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the browser to a provider; somebody who is signed in goes there to prove again who she is."""
    purpose = ""
    if visitor := getattr(request, "visitor", None):
        purpose = f"{CONFIRM}:{visitor.id}"
    return _sent(request, kind, purpose, request.GET.get("next", "/"))


@sensitive
def bind(request: Request) -> HttpResponse:
    """Send the browser to Pro Santé Connect, whose RPPS will be the account's: the holder of both proves again who she
    is here, then there, else whoever finds a session open would bind his own RPPS to it.
    """
    return _sent(request, "psc", f"{BIND}:{request.visitor.id}", "/compte/")


@own
def no_password(request: Request) -> HttpResponse:
    """Say why there is no password to change."""
    text = _(
        "Ce compte n’a pas de mot de passe : il s’ouvre par un fournisseur d’identité. Pour en choisir un, demandez "
        "une invitation à un administrateur."
    )
    messages.info(request, text)
    return HttpResponseRedirect("/compte/")


@public
def back(request: HttpRequest, kind: str) -> HttpResponse:
    """What the browser brings back from a provider."""
    provider = provider_of(kind)
    if provider is None:
        return errors.not_found(request, Exception())
    try:
        signed_in = sign_in.finish(
            provider, request.session, request.META.get("QUERY_STRING", ""), now() // _SECOND
        )
        if signed_in.purpose:
            return _again(request, provider, signed_in)
        account = account_of(signed_in)
    except sign_in.NotBegun as error:
        return _told(request, provider, error)  # written nowhere: anybody can send as many as he likes
    except OidcError as error:
        return _refused(request, provider, error)
    if account is None:
        return _unknown(request, provider, signed_in)
    return _opened(request, provider, account, signed_in)


def _sent(request: HttpRequest, kind: str, purpose: str, after: str) -> HttpResponse:
    provider = provider_of(kind)
    if provider is None:
        return errors.not_found(request, Exception())
    if request.method not in ("GET", "HEAD"):
        return errors.not_allowed(request)
    if not purpose and not limits.within(request, "provider"):
        return _page(request, provider, _("Trop d’essais : réessayez dans une minute."), "", status=429)
    safe = url_has_allowed_host_and_scheme(after, allowed_hosts=None)
    try:
        address = sign_in.begin(
            provider,
            request.session,
            now() // _SECOND,
            after=after if safe else "/",
            purpose=purpose,
            fresh=bool(purpose),
        )
    except OidcError as error:
        return _refused(request, provider, error)
    return HttpResponseRedirect(address)


def _opened(request: HttpRequest, provider: Provider, account: Account, signed_in: SignedIn) -> HttpResponse:
    """Open the session of an account: the trail is written first, as for any sign-in."""
    _record(request, account, signed_in)
    register(account, signed_in, provider.settings.label, now())
    get_adapter().login(request, account)
    kept.keep(request, provider, signed_in)
    found = situations(signed_in.professional)
    kept.offer_situations(request, found, signed_in.after)
    if len(found) > 1:
        return HttpResponseRedirect("/compte/situation/")
    return HttpResponseRedirect(signed_in.after or "/")


def _record(request: HttpRequest, account: Account, signed_in: SignedIn, *, again: bool = False) -> None:
    """Note in the session how the person proved who she is."""
    told = asdict(signed_in.means)
    record_authentication(
        request,
        account,
        method=METHODS[signed_in.means.kind],
        factors=len(signed_in.means.factors),
        natures=list(signed_in.means.factors),
        level=told["level"],
        acr=told["acr"],
        amr=list(told["amr"]),
        authenticated=told["authenticated"],
        reauthenticated=again or None,
    )


def _again(request: HttpRequest, provider: Provider, signed_in: SignedIn) -> HttpResponse:
    """Somebody who is signed in came back: it must still be she."""
    why, _colon, number = signed_in.purpose.partition(":")
    visitor = getattr(request, "visitor", None)
    if visitor is None or str(visitor.id) != number:
        return _unknown(request, provider, signed_in)
    assert isinstance(request.user, Account)
    if why == BIND:
        arguments = {"user": visitor.id, "rpps": signed_in.rpps}
        kept.drop(provider, signed_in)
        result = tell(request, act(request, "user.bind-rpps", arguments))  # type: ignore[arg-type]  # (guarded)
        if result.done:
            register(request.user, signed_in, provider.settings.label, now())
    else:
        account = account_of(signed_in)
        if account is None or account.pk != visitor.id:
            return _unknown(request, provider, signed_in)
        _record(request, account, signed_in, again=True)
        kept.keep_instead(request, provider, signed_in)
        return _resumed(request, signed_in.after or "/")
    return HttpResponseRedirect(signed_in.after or "/")


def _resumed(request: HttpRequest, after: str) -> HttpResponse:
    """Go on with what was asked before the confirmation, a form that was posted included."""
    request.GET = QueryDict(urlencode({REDIRECT_FIELD_NAME: after}))
    resumed: HttpResponse | None = resume_request(request)
    return resumed or HttpResponseRedirect(after)


def _unknown(request: HttpRequest, provider: Provider, signed_in: SignedIn) -> HttpResponse:
    """The person is known, and no account is hers (or not the one of this session)."""
    _trace(request, provider, "no account")
    kept.drop(provider, signed_in)
    text = _(
        "Vous êtes bien identifié, mais aucun compte d’ici n’est le vôtre. Demandez à un administrateur de créer "
        "votre compte, ou connectez-vous à votre compte puis liez-y votre RPPS."
    )
    return _page(request, provider, text, signed_in.rpps)


def _refused(request: HttpRequest, provider: Provider, error: OidcError) -> HttpResponse:
    log.warning("sign-in by %s refused: %s", provider.settings.kind, error)
    _trace(request, provider, error.code)
    return _told(request, provider, error)


def _told(request: HttpRequest, provider: Provider, error: OidcError) -> HttpResponse:
    return _page(
        request, provider, error.text_en if get_language() == "en" else error.text_fr, "", error.code
    )


def _trace(request: HttpRequest, provider: Provider, why: str) -> None:
    address = request.META.get("REMOTE_ADDR", "")
    method = METHODS[provider.settings.kind]
    user = request.user if isinstance(request.user, Account) else None
    trail.trace(user, trail.REFUSED, now(), f"{address} {method} {why}")


def _page(
    request: HttpRequest, provider: Provider, text: str, rpps: str, code: str = "", status: int = 403
) -> HttpResponse:
    values = {"provider": provider.settings, "text": text, "rpps": rpps, "code": code}
    return render(request, "console/psc/refused.html", values, status=status)
