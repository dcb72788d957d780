"""Words of the journal, as tags of the templates: who, what, on which day."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from ecluse.delivery.console import icons
from ecluse.delivery.console.tags import chip
from ecluse.delivery.console.times import local
from ecluse.delivery.console.words import exact
from ecluse.services.audit_words import Kind, given, told
from ecluse.services.queries.operators import Operator

register = template.Library()

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
"""A time as queries write it."""
_SEVERITIES = {
    "error": ("bad", gettext_noop("Erreur")),
    "warning": ("warn", gettext_noop("Avertissement")),
    "info": ("info", gettext_noop("Information")),
}
_SIGNS = {
    "user": "user-round",
    "token": "key-round",
    "cli": "monitor",
    "gateway": "server",
    "other": "circle-help",
}


@register.simple_tag
def operator(known: dict[str, Operator] | Operator, id_: str = "") -> SafeString:
    """`{% operator one.operator %}`, or `{% operator who work.by %}` in a table by id: who asked, by name."""
    found = known if isinstance(known, Operator) else known.get(id_, Operator(id_, "other", ""))
    return format_html(
        '<span class="operator" title="{}">{}<span>{}</span></span>',
        found.id,
        icons.icon(_SIGNS[found.kind]),
        _name(found),
    )


def _name(found: Operator) -> str:
    if found.id == "retention":
        return _("La passerelle (conservation)")
    if found.id == "seal":
        return _("La passerelle (sceau)")
    if found.kind == "cli":
        return _("%(name)s (commande)") % {"name": found.name}
    return found.name or found.id


@register.simple_tag
def act_name(name: str, kind: Kind = "acts") -> str:
    """`{% act_name one.act %}`: an act, or with `"accesses"` a line of the access trail, in words."""
    return told(kind, name, get_language() or "fr")


@register.simple_tag
def given_name(name: str) -> str:
    """`{% given_name name %}`: an argument of an act, in words."""
    return given(name, get_language() or "fr")


@register.simple_tag
def given_value(value: str, most: int = 0) -> str:
    """`{% given_value value 60 %}`: an argument of an act, its first signs; a time is written as the pages write it."""
    told = exact(value) if _TIME.fullmatch(value) else value
    return Truncator(told).chars(most) if most else told


@register.simple_tag
def soon(iso: str | None) -> str:
    """`{% soon one.retry_at %}`: a time to come, « dans 3 min »."""
    if iso is None:
        return "–"
    seconds = int((datetime.fromisoformat(iso) - datetime.now(UTC)).total_seconds())
    if seconds < 1:
        return _("tout de suite")
    if seconds < 60:
        return _("dans %(n)d s") % {"n": seconds}
    if seconds < 3600:
        return _("dans %(n)d min") % {"n": seconds // 60}
    return _("dans %(n)d h") % {"n": seconds // 3600}


@register.simple_tag
def moment_day(iso: str) -> str:
    """`{% moment_day one.expires %}`: a day to come, written in full."""
    when = local(datetime.fromisoformat(iso))
    return when.strftime("%d/%m/%Y" if get_language() == "fr" else "%Y-%m-%d")


@register.simple_tag
def severity(word: str) -> SafeString:
    """`{% severity rule.severity %}`: how grave a finding is."""
    kind, name = _SEVERITIES[word]
    return chip(kind, _(name))
