"""Settings of Django and django-allauth for the accounts of the console."""

from __future__ import annotations

import logging
import sys
from typing import Any

from django.conf import settings

from ecluse.main.cards import use_cards
from ecluse.main.configuration import Configuration, split_address
from ecluse.main.django_setup import ACCOUNTS

_VALIDATORS = "django.contrib.auth.password_validation"
_FORMS = "ecluse.delivery.console.accounts.forms"
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def account_settings(configuration: Configuration) -> dict[str, Any]:
    """Accounts and sessions. What signs sessions comes later (`session_key`) when Django is not set up yet."""
    told = configuration.accounts
    secure = secure_cookies(configuration)
    return {
        **ACCOUNTS,
        "SECRET_KEY": session_key(configuration) if settings.configured else "",
        "AUTHENTICATION_BACKENDS": ["allauth.account.auth_backends.AuthenticationBackend"],
        "AUTH_PASSWORD_VALIDATORS": _password_rules(configuration),
        "LOGIN_URL": "/connexion/",
        "LOGIN_REDIRECT_URL": "/",
        "SESSION_ENGINE": "ecluse.services.accounts.sessions",
        "SESSION_COOKIE_NAME": "ecluse_session",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_EXPIRE_AT_BROWSER_CLOSE": True,
        "SESSION_COOKIE_AGE": int(told.absolute_hours * 3600),
        "CSRF_COOKIE_NAME": "ecluse_csrf",
        "CSRF_COOKIE_SECURE": secure,
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_FAILURE_VIEW": "ecluse.delivery.console.errors.forged",
        "MESSAGE_STORAGE": "django.contrib.messages.storage.session.SessionStorage",
        "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        "ACCOUNT_ADAPTER": "ecluse.delivery.console.accounts.adapters.Accounts",
        "ACCOUNT_REAUTHENTICATION_TIMEOUT": told.fresh_minutes * 60,
        "ACCOUNT_SESSION_REMEMBER": False,
        "ACCOUNT_RATE_LIMITS": {
            "login": "30/m/ip",
            # Each attempt keeps a row until it is over; a whole establishment may come from one address.
            "provider": "120/m/ip",
            "card": "60/m/ip",
            "first_visit": "30/m/ip",
            "invitation": "30/m/ip",
            "login_failed": "10/m/ip,5/5m/key",
            "reauthenticate": "10/m/user",
            "change_password": "5/m/user",
        },
        "ACCOUNT_FORMS": {
            "login": f"{_FORMS}.SignInForm",
            "reauthenticate": f"{_FORMS}.ConfirmPasswordForm",
            "change_password": f"{_FORMS}.NewPasswordForm",
        },
        **_second_factors(secure),
        "USERSESSIONS_TRACK_ACTIVITY": False,
    }


def session_key(configuration: Configuration) -> str:
    """What signs sessions, derived from the master key, which is made unless the store needs the one that is missing.

    :raises StoreError: the master key can be neither read nor made.
    """
    from django.db import DatabaseError

    from ecluse.main.assembly import secrets_folder
    from ecluse.services.sealed_things import nothing_sealed
    from ecluse.services.vault import Vault

    def may_make() -> bool:
        try:
            return nothing_sealed()
        except DatabaseError:
            return False  # a store that does not answer may need it

    return Vault(secrets_folder(configuration)).derive("django secret key", may_make=may_make).hex()


def _password_rules(configuration: Configuration) -> list[dict[str, Any]]:
    told = configuration.accounts
    return [
        {
            "NAME": f"{_VALIDATORS}.MinimumLengthValidator",
            "OPTIONS": {"min_length": told.minimum_password_length},
        },
        {"NAME": "ecluse.services.accounts.passwords.MaximumLength"},
        {
            "NAME": f"{_VALIDATORS}.UserAttributeSimilarityValidator",
            "OPTIONS": {"user_attributes": ("username", "name", "email")},
        },
        {"NAME": f"{_VALIDATORS}.CommonPasswordValidator"},
        {"NAME": "ecluse.services.accounts.common_words.CommonWords"},
        {
            "NAME": "ecluse.services.accounts.passwords.KnownFromBreaches",
            "OPTIONS": {"file": told.breached_passwords},
        },
    ]


def _second_factors(secure: bool) -> dict[str, Any]:
    return {
        "MFA_ADAPTER": "ecluse.delivery.console.accounts.adapters.SecondFactors",
        "MFA_FORMS": {
            "authenticate": f"{_FORMS}.SecondFactorForm",
            "authenticate_webauthn": f"{_FORMS}.SecondFactorKeyForm",
            "reauthenticate": f"{_FORMS}.ConfirmCodeForm",
            "reauthenticate_webauthn": f"{_FORMS}.ConfirmKeyForm",
            "activate_totp": f"{_FORMS}.AddTotpForm",
            "add_webauthn": f"{_FORMS}.AddKeyForm",
            "edit_webauthn": f"{_FORMS}.RenameKeyForm",
        },
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_TOTP_ISSUER": "Écluse",
        # A code of the period before is taken too: clocks and fingers are slow.
        "MFA_TOTP_TOLERANCE": 1,
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": not secure,
    }


def show_accounts(configuration: Configuration) -> None:
    """Have the accounts follow these settings from now on."""
    from ecluse.main.assembly import secrets_folder
    from ecluse.main.providers import use_providers
    from ecluse.services.accounts import settings as accounts

    use_providers(configuration)
    use_cards(configuration)
    told = configuration.accounts
    accounts.use(
        accounts.AccountSettings(
            secrets=secrets_folder(configuration),
            idle_minutes=told.idle_minutes,
            absolute_hours=told.absolute_hours,
            fresh_minutes=told.fresh_minutes,
            attempts=told.attempts,
            lock_minutes=told.lock_minutes,
            invitation_hours=told.invitation_hours,
            minimum_password_length=told.minimum_password_length,
        )
    )


def invite_first(configuration: Configuration, port: int) -> None:
    """While nobody has an account, print the code that makes the first one, where the server was started.

    :param port: bound to.
    """
    from django.db import DatabaseError, connection

    from ecluse.services.accounts import first_visit

    try:
        if first_visit.needed():
            print(_first_visit(configuration, port, first_visit.make_code()), file=sys.stderr, flush=True)
    except DatabaseError:
        logging.getLogger("ecluse.main").warning(
            "no account could be looked for: the database does not answer"
        )
    finally:
        connection.close()


def _first_visit(configuration: Configuration, port: int, code: str) -> str:
    hosts = configuration.http_hosts
    here = split_address(configuration.http)[0]
    address = f"https://{hosts[0]}" if hosts else f"http://{here}:{port}"
    return (
        f"\nPremière visite : ouvrez {address}/premiere-visite/ et donnez ce code, valable jusqu’au prochain démarrage."
        f"\nFirst visit: open {address}/premiere-visite/ and give this code, good until the next start."
        f"\n\n    {code}\n"
    )


def secure_cookies(configuration: Configuration) -> bool:
    """Whether browsers send the cookie of a session over TLS only: beyond this machine, a TLS proxy is in front."""
    told = configuration.accounts.secure_cookies
    if told != "auto":
        return told == "always"
    return bool(configuration.http_hosts) or split_address(configuration.http)[0] not in _LOOPBACK
