"""How certificates are written on the pages, as template tags that need no `{% load %}`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_noop, ngettext
from django.utils.translation import gettext as _

from ecluse.delivery.console import clocks, words
from ecluse.delivery.console.tags import chip
from ecluse.delivery.console.times import local
from ecluse.services.queries.certificate_pages import REASONS, families, urgency, uses
from ecluse.services.queries.certificates import CertificateDocument
from ecluse.services.typography import french

register = template.Library()

_LOOKS = {
    "good": ("ok", gettext_noop("Non révoqué")),
    "revoked": ("bad", gettext_noop("Révoqué")),
    "unknown": ("warn", gettext_noop("Inconnu")),
    "": ("none", gettext_noop("Pas encore contrôlé")),
}
_ENVIRONMENTS = {
    "test": ("warn", gettext_noop("Test"), "flask-conical"),
    "production": ("info", gettext_noop("Production"), "shield-check"),
    "unknown": ("none", gettext_noop("Environnement inconnu"), "circle-dashed"),
}
_KEYS = {
    "file": ("ok", gettext_noop("Clé ici, scellée"), "lock-keyhole"),
    "token": ("ok", gettext_noop("Clé dans un jeton PKCS#11"), "key-round"),
    "none": ("warn", gettext_noop("Sans sa clé"), "key"),
}
_LISTS = {
    "fresh": ("ok", gettext_noop("À jour")),
    "to-refresh": ("ok", gettext_noop("À jour, bientôt relue")),
    "late": ("warn", gettext_noop("En retard")),
    "stale": ("bad", gettext_noop("Périmée")),
    "endless": ("info", gettext_noop("Sans fin annoncée")),
    "missing": ("bad", gettext_noop("Jamais reçue")),
}
_LEVELS = {"critical": "bad", "warning": "warn", "notice": "info", "ok": "ok"}


@register.simple_tag
def one_text(one: Any, name: str = "text") -> str:
    """`{% one_text step %}`: a text of both languages, in the visitor's. `name`: `text`, `remedy`, `stops`…"""
    if one is None:
        return ""
    language = "en" if get_language() == "en" else "fr"
    told = str(getattr(one, f"{name}_{language}"))
    return told if language == "en" else french(told)


@register.simple_tag
def use_word(id_: str) -> str:
    """`{% use_word "dmp_tls" %}`: a use of certificates."""
    found = uses().get(id_)
    return id_ if found is None else one_text(found)


@register.simple_tag
def reason_word(id_: str) -> str:
    """`{% reason_word revocation.reason %}`: why a certificate was revoked."""
    told = REASONS.get(id_)
    return id_ if told is None else told[get_language() == "en"]


@register.simple_tag
def family_word(id_: str) -> str:
    """`{% family_word "ORG SIGN" %}`: what a family is for."""
    found = families().get(id_)
    return "" if found is None else one_text(found)


@register.simple_tag
def countdown(one: CertificateDocument) -> SafeString:
    """`{% countdown certificate %}`: how long it may serve still, as a ring of its whole life."""
    begin, end = (datetime.fromisoformat(text) for text in (one.not_before, one.usable_until))
    left = (end - words.utc_now()).days
    total = max(1, (end - begin).days)
    until = local(end).strftime("%d/%m/%Y" if get_language() == "fr" else "%Y-%m-%d")
    if one.state != "held":
        gone = chip("bad", _("Révoqué")) if one.state == "revoked" else chip("none", _("Rangé"), "archive")
        ended = _("Il devait valoir jusqu’au %(date)s.") % {"date": until}
        return format_html('<div class="gone">{}<p class="clock-date">{}</p></div>', gone, ended)
    told = _("fini le %(date)s") if left < 0 else _("jusqu’au %(date)s")
    return clocks.clock(left, total, told % {"date": until}, urgency(max(0, left), left < 0))


@register.simple_tag
def rungs(one: CertificateDocument) -> SafeString:
    """`{% rungs certificate %}`: the steps of its alarms as a bar, those that are passed filled."""
    ahead = [step for step in one.ladder if step.state == "ahead"]
    told = _next_alarm(ahead[0].step, ahead[0].at) if ahead else _("Terme atteint.")
    cells = format_html_join(
        "",
        '<span class="rung {}">{}</span>',
        ((step.state, step.step or _("fin")) for step in one.ladder),
    )
    return format_html(
        '<div class="rungs {}" role="img" aria-label="{}" title="{}">{}</div>',
        urgency(one.days, not ahead) if one.state == "held" else "none", told, told, cells,
    )  # fmt: skip


def _next_alarm(step: int, at: datetime) -> str:
    date = local(at).strftime("%d/%m/%Y" if get_language() == "fr" else "%Y-%m-%d")
    if not step:
        return _("Terme le %(date)s.") % {"date": date}
    text = ngettext(
        "Prochaine alarme le %(date)s, %(n)s jour avant le terme.",
        "Prochaine alarme le %(date)s, %(n)s jours avant le terme.",
        step,
    )
    return text % {"date": date, "n": step}


@register.simple_tag
def looked(status: str) -> SafeString:
    """`{% looked certificate.checked_status %}`: what its last look one_text of its revocation."""
    kind, word = _LOOKS.get(status, _LOOKS["unknown"])
    return chip(kind, _(word))


@register.simple_tag
def link_state(state: str) -> SafeString:
    """`{% link_state link.state %}`: what is known of one certificate of a chain."""
    return chip("ok", _("Autorité de confiance"), "shield-check") if state == "anchor" else looked(state)


@register.simple_tag
def environment_chip(name: str) -> SafeString:
    """`{% environment_chip certificate.environment %}`: test or production."""
    kind, word, sign = _ENVIRONMENTS.get(name, _ENVIRONMENTS["unknown"])
    return chip(kind, _(word), sign)


@register.simple_tag
def key_chip(name: str) -> SafeString:
    """`{% key_chip certificate.key %}`: where its private key is."""
    kind, word, sign = _KEYS[name]
    return chip(kind, _(word), sign)


@register.simple_tag
def list_chip(state: str) -> SafeString:
    """`{% list_chip list.state %}`: how fresh a list of revocation is."""
    kind, word = _LISTS.get(state, ("none", state))
    return chip(kind, _(word))


@register.filter
def level_kind(level: str) -> str:
    """`{{ alarm.level|level_kind }}`: the state that shows how loud an alarm is."""
    return _LEVELS.get(level, "info")


@register.simple_tag
def fingerprint(value: str) -> SafeString:
    """`{% fingerprint one.fingerprint %}`: a SHA-256 fingerprint in groups of four, as it is compared by eye."""
    groups = [value[place : place + 4] for place in range(0, len(value), 4)]
    spaced = format_html_join(" ", "<span>{}</span>", ((one,) for one in groups))
    return format_html('<code class="print">{}</code>', spaced)
