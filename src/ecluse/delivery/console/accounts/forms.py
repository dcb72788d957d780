"""Forms of the accounts; those of django-allauth with our words, and our count of what fails."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm, LoginForm, ReauthenticateForm
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as ReauthenticateByCodeForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, validate_totp_code
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import validate_password
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ecluse.delivery.console import errors
from ecluse.delivery.console.accounts.adapters import now
from ecluse.delivery.console.accounts.fields import UsernameField
from ecluse.delivery.console.psc.kept import end_elsewhere
from ecluse.services.access_trail import TrailUnavailable
from ecluse.services.accounts import seal, sign_in
from ecluse.services.accounts import settings as accounts

_CODE = {
    "autocomplete": "one-time-code",
    "inputmode": "numeric",
    "spellcheck": "false",
    "class": "code-input",
}


def password_rules() -> str:
    """What a password must be, in one sentence."""
    return _(
        "%(n)d caractères au moins ; ni votre nom, ni celui de l’établissement, ni un mot courant,"
        " même suivi de chiffres, ni un mot de passe divulgué."
    ) % {"n": accounts.current().minimum_password_length}


class SignInForm(LoginForm):  # type: ignore[misc]  # (it carries no types)
    """Name and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Identifiant de connexion")
        self.fields["login"].widget.attrs.update(
            {
                "autocomplete": "username webauthn",
                "autofocus": True,
                "autocapitalize": "none",
                "placeholder": "",
            }
        )
        self.fields["password"].label = _("Mot de passe")
        self.fields["password"].help_text = ""
        self.fields["password"].widget.attrs.update({"placeholder": ""})


class _CodeOfAccount:
    """Beside a form of django-allauth that takes a code: what every code respects."""

    user: Any
    authenticator: Any

    def clean_code(self) -> str:
        """The code, when it is right and the account is not locked; a wrong one is counted against the account."""
        _not_locked(self.user)
        try:
            code = str(super().clean_code())  # type: ignore[misc]  # (of the form)
            if self.authenticator.type == Authenticator.Type.TOTP:
                _serves_once(self.user, code)
        except ValidationError:
            _count_failure(self.user)
            raise
        return code


class _KeyOfAccount:
    """Beside a form of django-allauth that takes the answer of a security key."""

    user: Any

    def clean_credential(self) -> Any:
        """The key, when it is one of the account's; another one is counted against the account."""
        _not_locked(self.user)
        try:
            return super().clean_credential()  # type: ignore[misc]  # (of the form)
        except ValidationError:
            _count_failure(self.user)
            raise


class SecondFactorForm(_CodeOfAccount, AuthenticateForm):  # type: ignore[misc]  # (it carries no types)
    """A code of the authenticator, or a recovery code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code de votre application, ou code de secours")
        self.fields["code"].widget.attrs.update({**_CODE, "autofocus": True, "placeholder": ""})


class SecondFactorKeyForm(_KeyOfAccount, AuthenticateWebAuthnForm):  # type: ignore[misc]  # (it carries no types)
    """The answer of a security key."""


def _not_locked(user: Any) -> None:
    """Whoever gave the right password before the account was locked guesses its second factor no longer.

    :raises ValidationError: the account is locked. Nothing is written: these attempts have no limit of their own.
    """
    if sign_in.locked(user.username, now()):
        raise get_adapter().validation_error("too_many_login_attempts")


def _serves_once(user: Any, code: str) -> None:
    """Refuse a code that served: django-allauth forgets it after one period, and it is good for longer.

    :raises ValidationError: it served.
    """
    lasts = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    if not cache.add(f"ecluse.totp.used:{user.pk}:{normalize_user_code(code)}", True, timeout=lasts):
        raise get_mfa_adapter().validation_error("incorrect_code")


def _count_failure(user: Any, why: str = "second factor") -> None:
    address = context.request.META.get("REMOTE_ADDR", "")
    sign_in.failed(user.username, address, now(), why)


class ConfirmPasswordForm(ReauthenticateForm):  # type: ignore[misc]  # (it carries no types)
    """The password, again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = _("Mot de passe")
        self.fields["password"].widget.attrs.update({"autofocus": True, "placeholder": ""})


class ConfirmKeyForm(_KeyOfAccount, ReauthenticateWebAuthnForm):  # type: ignore[misc]  # (it carries no types)
    """A security key, again."""


class ConfirmCodeForm(_CodeOfAccount, ReauthenticateByCodeForm):  # type: ignore[misc]  # (it carries no types)
    """A code, again."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code de votre application")
        self.fields["code"].widget.attrs.update({**_CODE, "autofocus": True, "placeholder": ""})


class NewPasswordForm(ChangePasswordForm):  # type: ignore[misc]  # (it carries no types)
    """The former password and the new one, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = {
            "oldpassword": _("Mot de passe actuel"),
            "password1": _("Nouveau mot de passe"),
            "password2": _("Le même mot de passe, encore une fois"),
        }
        for name, label in words.items():
            self.fields[name].label = label
            self.fields[name].help_text = ""
            self.fields[name].widget.attrs.update({"placeholder": ""})
        self.fields["password1"].help_text = password_rules()

    def clean_oldpassword(self) -> str:
        """The former password; a wrong one is counted as at the door."""
        _not_locked(self.user)
        try:
            return str(super().clean_oldpassword())
        except ValidationError:
            _count_failure(self.user, "password")
            raise

    def save(self) -> None:
        """Change it, once the trail has it; other sessions end, which whoever knew the former one could have opened.

        :raises ImmediateHttpResponse: the trail cannot be written; nothing changed.
        """
        mine = UserSession.objects.purge_and_list(self.user)
        others = [one for one in mine if one.session_key != context.request.session.session_key]
        try:
            sign_in.trace(self.user, sign_in.CHANGED, now(), context.request.META.get("REMOTE_ADDR", ""))
            for _one in others:
                sign_in.trace(self.user, sign_in.ENDED, now(), "password changed")
        except TrailUnavailable:
            raise ImmediateHttpResponse(errors.unavailable(context.request)) from None
        for one in others:
            end_elsewhere(one)
        super().save()
        told = gettext("Mot de passe changé. Autres sessions terminées : %(n)d.") % {"n": len(others)}
        messages.success(context.request, told)


class AddTotpForm(ActivateTOTPForm):  # type: ignore[misc]  # (it carries no types)
    """The first code of a new authenticator.

    Its secret waits in the session, in the store: sealed, where django-allauth leaves it readable.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        session = context.request.session
        sealed = session.get(SECRET_SESSION_KEY)
        super().__init__(*args, **kwargs)
        if self.is_bound and sealed:
            self.secret = seal.open_sealed(sealed)
        else:
            session[SECRET_SESSION_KEY] = seal.seal(self.secret)
        self.fields["code"].label = _("Code à six chiffres")
        self.fields["code"].widget.attrs.update({**_CODE, "placeholder": ""})


class AddKeyForm(AddWebAuthnForm):  # type: ignore[misc]  # (it carries no types)
    """A new security key, and how its owner calls it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Nom de la clé")
        self.fields["name"].required = True


class RenameKeyForm(EditWebAuthnForm):  # type: ignore[misc]  # (it carries no types)
    """Another name for a security key."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Nom de la clé")


class CodeForm(forms.Form):
    """The code of the first visit."""

    code = forms.CharField(
        label=_("Code de première visite"),
        max_length=60,
        help_text=_("Il est écrit dans le terminal, ou le journal du service, où la passerelle a démarré."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True, "class": "mono"}
        ),
    )


class InvitationForm(forms.Form):
    """Name and code of an invitation."""

    username = forms.CharField(
        label=_("Identifiant de connexion"),
        max_length=80,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "autofocus": True}
        ),
    )
    code = forms.CharField(
        label=_("Code d’invitation"),
        max_length=60,
        help_text=_("Votre administrateur vous l’a donné ; il ne sert qu’une fois."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )


class EnrolForm(forms.Form):
    """A password and the first code of an authenticator, chosen together.

    :param account: whose password it will be (an account that may not be kept yet); totp_secret: base32.
    """

    password = forms.CharField(
        label=_("Mot de passe"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("Le même mot de passe, encore une fois"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    totp = forms.CharField(
        label=_("Code à six chiffres affiché par votre application"),
        max_length=10,
        widget=forms.TextInput(attrs=_CODE),
    )

    def __init__(self, *args: Any, account: Any, totp_secret: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._account = account
        self._secret = totp_secret
        self.fields["password"].help_text = password_rules()

    def account(self) -> Any:
        """Whose password it is."""
        return self._account

    def clean_totp(self) -> str:
        """The code, when the authenticator was set with our secret."""
        code: str = self.cleaned_data["totp"].replace(" ", "")
        if not validate_totp_code(self._secret, code):
            raise ValidationError(
                _(
                    "Ce n’est pas le code attendu : attendez le suivant, et vérifiez l’heure de votre téléphone."
                )
            )
        return code

    def clean(self) -> dict[str, Any]:
        """Both passwords are the same, and a good one."""
        found = super().clean() or {}
        password, again = found.get("password"), found.get("again")
        if password and again and password != again:
            self.add_error("again", _("Les deux saisies diffèrent."))
        elif password:
            try:
                validate_password(password, self.account())
            except ValidationError as error:
                self.add_error("password", error)
        return found


class FirstAccountForm(EnrolForm):
    """The administrator of a new gateway."""

    name = forms.CharField(
        label=_("Votre nom"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    username = UsernameField(
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"})
    )

    field_order = ("name", "username", "password", "again", "totp")

    def account(self) -> Any:
        """An account as it will be."""
        self._account.username = self.cleaned_data.get("username", "")
        self._account.name = self.cleaned_data.get("name", "")
        return self._account
