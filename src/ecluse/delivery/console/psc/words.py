"""What the templates say of providers and situations."""

from __future__ import annotations

from typing import Any, NamedTuple

from django import template
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ecluse.services.psc.accounts import providers_of
from ecluse.services.psc.providers import offered

register = template.Library()

_PROFESSIONS = {
    "10": gettext_noop("Médecin"),
    "21": gettext_noop("Pharmacien"),
    "40": gettext_noop("Chirurgien-dentiste"),
    "50": gettext_noop("Sage-femme"),
    "60": gettext_noop("Infirmier"),
    "70": gettext_noop("Masseur-kinésithérapeute"),
    "80": gettext_noop("Pédicure-podologue"),
}
"""Codes of TRE_G15 as the documentation of Pro Santé Connect lists them; another is shown by its code."""
_MODES = {"L": gettext_noop("libéral"), "S": gettext_noop("salarié")}


class Offer(NamedTuple):
    """A provider that people may sign in with: its kind, its name and where to go."""

    kind: str
    label: str
    address: str


@register.simple_tag
def sign_in_providers() -> list[Offer]:
    """`{% sign_in_providers as providers %}`: those of the sign-in page."""
    return [Offer(one.kind, one.label, reverse(one.kind)) for one in offered()]


@register.simple_tag(takes_context=True)
def confirming_providers(context: dict[str, Any]) -> list[Offer]:
    """`{% confirming_providers as providers %}`: those by which the visitor can prove again who she is."""
    visitor = context.get("visitor")
    known = () if visitor is None else providers_of(visitor.id)
    return [Offer(one.kind, one.label, reverse(one.kind)) for one in known]


@register.simple_tag
def profession(code: str) -> str:
    """`{% profession one.profession %}`: a profession by its name."""
    return _(_PROFESSIONS[code]) if code in _PROFESSIONS else code


@register.simple_tag
def exercise_mode(code: str) -> str:
    """`{% exercise_mode one.mode %}`: how a profession is exercised."""
    return _(_MODES[code]) if code in _MODES else code
