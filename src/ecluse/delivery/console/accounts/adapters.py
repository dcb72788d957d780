"""What django-allauth asks us: who may sign in, what is written of it, and how secrets of second factors are sealed."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecluse.delivery.console import errors, visits
from ecluse.services.access_trail import TrailUnavailable
from ecluse.services.accounts import cards, means, preferences, seal, sign_in
from ecluse.services.accounts.visitor import Account
from ecluse.services.psc.accounts import providers_of


def now() -> int:
    """µs since 1970."""
    return time.time_ns() // 1000


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]  # (it carries no types)
    """Sign-in by name and password; a second factor always follows."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": gettext_lazy(
            "Cet identifiant et ce mot de passe ne vont pas ensemble : vérifiez-les."
        ),
        "too_many_login_attempts": gettext_lazy("Trop de refus : attendez quelques minutes, puis réessayez."),
        "incorrect_password": gettext_lazy("Ce n’est pas votre mot de passe."),
        "enter_current_password": gettext_lazy("Ce n’est pas votre mot de passe actuel."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for himself."""
        return False

    def add_message(self, *_args: Any, **_kwargs: Any) -> None:
        """The pages say themselves what happened."""

    def send_notification_mail(self, *_args: Any, **_kwargs: Any) -> None:
        """No mail leaves the gateway."""

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """One's own account, where the notice says what was done."""
        return "/compte/"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse an attempt on a locked account, and too many attempts at once."""
        name = str(credentials.get("username", ""))
        if sign_in.locked(name, now()):
            sign_in.failed(name, self.get_client_ip(request), now(), "locked")
            raise self.validation_error("too_many_login_attempts")
        super().pre_authenticate(request, **credentials)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the refusal, which may lock the account."""
        sign_in.failed(str(credentials.get("username", "")), self.get_client_ip(request), now(), "password")

    def login(self, request: HttpRequest, user: Account) -> None:
        """Open the session, once the sign-in is written: one that left no trace does not happen."""
        used = means.session_means(get_authentication_records(request, user))
        if used.factors < 2:
            text = _(
                "Ce compte n’a pas de second facteur : demandez une nouvelle invitation à un administrateur."
            )
            messages.error(request, text)
            raise ImmediateHttpResponse(HttpResponseRedirect("/connexion/"))
        if "password" in used.means and sign_in.locked(user.username, now()):
            # Locked between the password and the second factor. Providers, where nobody guesses here, stay open.
            sign_in.failed(user.username, self.get_client_ip(request), now(), "locked")
            messages.error(request, self.error_messages["too_many_login_attempts"])
            raise ImmediateHttpResponse(HttpResponseRedirect("/connexion/"))
        try:
            sign_in.succeeded(user, "+".join(used.means), self.get_client_ip(request), now())
        except TrailUnavailable:
            raise ImmediateHttpResponse(errors.unavailable(request)) from None
        super().login(request, user)
        # django-allauth does it for its own pages only. A session that is not listed here could not be ended.
        UserSession.objects.create_from_request(request)
        visits.begin(request)
        if cards.KIND not in used.means and cards.added_by_others(user.pk):
            _tell_card(request)
        for kind in used.means:
            means.used(user.pk, kind, now())
        if not user.rpps_told:
            _tell_rpps(request, user)

    def get_reauthentication_methods(self, user: Account) -> list[dict[str, Any]]:
        """The second factor first: it proves more than the password."""
        found: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        for one in providers_of(user.pk):
            found.append({"id": one.kind, "description": one.label, "url": reverse(one.kind)})
        if cards.confirms(user.pk):
            found.append({"id": "card", "description": _("Carte CPx"), "url": reverse("card_sign_in")})
        return sorted(found, key=lambda one: "mfa" not in str(one.get("id", "")))


def _tell_card(request: HttpRequest) -> None:
    """Tell the holder that an administrator gave her account one more way in since she last came without it."""
    text = _(
        "Un administrateur a enregistré une carte qui ouvre votre compte. Si ce n’est pas la vôtre, dites-le-lui : "
        "« Mon compte » la montre."
    )
    messages.warning(request, text)


def _tell_rpps(request: HttpRequest, user: Account) -> None:
    """Tell the holder what administrators did of her RPPS since she last came."""
    told = (
        _(
            "Deux administrateurs ont lié le RPPS %(rpps)s à votre compte. Si ce n’est pas le vôtre, dites-le-leur."
        )
        if user.rpps
        else _("Un administrateur a retiré le RPPS de votre compte.")
    )
    messages.warning(request, told % {"rpps": user.rpps})
    preferences.told_of_rpps(user.pk)


class SecondFactors(DefaultMFAAdapter):  # type: ignore[misc]  # (it carries no types)
    """Second factors, their secrets sealed with the master key."""

    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("Ce code n’est pas le bon, ou a déjà servi : attendez le suivant."),
    }

    def encrypt(self, text: str) -> str:
        """A secret as it is stored."""
        return seal.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """The secret."""
        return seal.open_sealed(encrypted_text)

    def send_notification_mail(self, *_args: Any, **_kwargs: Any) -> None:
        """No mail leaves the gateway."""

    def can_delete_authenticator(self, authenticator: Any) -> bool:
        """Never the last second factor: without one, nobody may sign in."""
        kinds = ("totp", "webauthn")
        others = type(authenticator).objects.filter(user_id=authenticator.user_id, type__in=kinds)
        return bool(authenticator.type not in kinds or others.exclude(pk=authenticator.pk).exists())

    def _get_site_name(self) -> str:
        return "Écluse"
