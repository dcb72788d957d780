"""Words of the accounts, as tags of the templates: roles, states, means."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from ecluse.delivery.console.tags import chip
from ecluse.services.accounts import cards
from ecluse.services.accounts.roles import roles

register = template.Library()

_STATES = {
    "active": ("ok", gettext_noop("Actif")),
    "invited": ("info", gettext_noop("Invité")),
    "locked": ("warn", gettext_noop("Verrouillé")),
    "closed": ("none", gettext_noop("Fermé")),
}
_KINDS = {
    "password-totp": gettext_noop("Mot de passe et application"),
    "webauthn": gettext_noop("Clé de sécurité"),
    "recovery": gettext_noop("Codes de secours"),
    "psc": gettext_noop("Pro Santé Connect"),
    "oidc": gettext_noop("Fournisseur d’identité de l’établissement"),
    "card": gettext_noop("Carte CPx"),
}
_IN_SESSION = {
    "password": gettext_noop("mot de passe"),
    "password-totp": gettext_noop("application d’authentification"),
    "webauthn": gettext_noop("clé de sécurité"),
    "recovery": gettext_noop("code de secours"),
}


@register.simple_tag
def role(name: str) -> str:
    """`{% role grant.role %}`: a role by its title."""
    found = roles().get(name)
    if found is None:
        return name
    return found.title_en if get_language() == "en" else found.title_fr


@register.simple_tag
def account_state(state: str) -> SafeString:
    """`{% account_state person.state %}`: whether an account may sign in."""
    kind, word = _STATES[state]
    return chip(kind, _(word))


@register.simple_tag
def means_kind(kind: str) -> str:
    """`{% means_kind one.kind %}`: a means of identification by its name."""
    return _(_KINDS[kind]) if kind in _KINDS else kind


@register.simple_tag
def session_means(kinds: tuple[str, ...]) -> str:
    """`{% session_means used.means %}`: what a session was opened with, one means beside the other."""
    return ", ".join(_(_IN_SESSION[one]) if one in _IN_SESSION else means_kind(one) for one in kinds)


@register.simple_tag
def card_sign_in() -> bool:
    """`{% card_sign_in as offered %}`: whether people sign in by card here."""
    return cards.current().offered


@register.simple_tag(takes_context=True)
def card_confirms(context: dict[str, Any]) -> bool:
    """`{% card_confirms as offered %}`: whether the visitor can prove by card who she is."""
    visitor = context.get("visitor")
    return visitor is not None and cards.confirms(visitor.id)


@register.simple_tag
def cards_of(user: int) -> tuple[cards.Registered, ...]:
    """`{% cards_of person.id as cards %}`: the cards by which an account is opened."""
    return cards.registered(user)
