"""Words of the grouped refusals, as tags of the templates."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

register = template.Library()

STEPS = {
    "first": gettext_noop("Premier rejet"),
    "again": gettext_noop("Revenu"),
    "assign": gettext_noop("Confié à"),
    "note": gettext_noop("Note de suivi"),
    "unassign": gettext_noop("Plus de responsable"),
    "mute": gettext_noop("En sourdine jusqu’au"),
    "unmute": gettext_noop("Sourdine levée"),
    "resolve": gettext_noop("Résolu"),
    "reopen": gettext_noop("Rouvert"),
}


@register.simple_tag
def step_word(kind: str) -> str:
    """`{% step_word one.kind %}`: what happened to a group."""
    return _(STEPS[kind]) if kind in STEPS else kind
