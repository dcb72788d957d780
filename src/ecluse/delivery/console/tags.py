"""The pieces of every page, as template tags that need no `{% load %}`. `docs/console.md` shows each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ecluse.delivery.console import clocks, examples, icons, words

register = template.Library()

SIGNS = {
    "ok": "circle-check",
    "warn": "triangle-alert",
    "bad": "octagon-x",
    "info": "info",
    "none": "circle-dashed",
}
"""A state by its sign: never by its colour alone."""

TRUST = {
    "qualifiee": ("badge-check", gettext_noop("Qualifiée")),
    "validee": ("check", gettext_noop("Validée")),
    "recuperee": ("download", gettext_noop("Récupérée")),
    "provisoire": ("circle-dashed", gettext_noop("Provisoire")),
    "retiree": ("ban", gettext_noop("Retirée")),
}
"""Trust levels of an identity (RNIV), by the word of the queries."""

ORIGINS = {
    "rehearsal": ("flask-conical", gettext_noop("Répétition")),
    "real": ("activity", gettext_noop("Réel")),
    "platform": ("badge-check", gettext_noop("Plateforme nationale")),
    "attestation": ("scroll-text", gettext_noop("Attestation")),
    "document": ("file-text", gettext_noop("Document")),
}
"""Where an evidence comes from: a rehearsal here, a real run, the official platform, somebody's word, a document."""

_NONE = SafeString('<span class="soft">–</span>')


@register.simple_tag
def icon(name: str, kind: str = "") -> SafeString:
    """`{% icon "search" %}`: a sign of the set."""
    return icons.icon(name, kind)


@register.simple_tag
def chip(kind: str, word: object, name: str = "") -> SafeString:
    """`{% chip "ok" "Accepté" %}`: a state, by sign, word and colour. `name`: another sign than that of the state."""
    return format_html(
        '<span class="chip {}">{}<span>{}</span></span>', kind, icons.icon(name or SIGNS[kind]), word
    )


@register.simple_tag
def trust(level: str) -> SafeString:
    """`{% trust patient.trust %}`: the trust level of an identity; « – » when there is none."""
    if level not in TRUST:
        return _NONE
    sign, word = TRUST[level]
    return format_html('<span class="trust {}">{}<span>{}</span></span>', level, icons.icon(sign), _(word))


@register.simple_tag
def moment(when: str | datetime | words.Moment | None, form: str = "") -> SafeString:
    """`{% moment one.at %}`: « il y a 12 s », the exact time in its title; with `"full"`, both are written."""
    if not when:
        return _NONE
    if not isinstance(when, words.Moment):
        iso = when.isoformat() if isinstance(when, datetime) else when
        when = words.moment(iso, words.utc_now())
    shown = format_html('<time datetime="{}" title="{}">{}</time>', when.iso, when.exact, when.words)
    if form == "full":
        return format_html('{} <span class="soft">{}</span>', shown, when.exact)
    return shown


@register.simple_tag
def copy(text: object, word: str = "") -> SafeString:
    """`{% copy patient.id %}`: a button that copies a text; it is not there without script. `word`: shown beside."""
    return format_html(
        '<button type="button" class="copy" data-copy="{}" data-copied="{}" title="{}">{}<span class="{}">{}</span>'
        "</button>",
        text,
        _("Copié"),
        word or _("Copier"),
        icons.icon("copy"),
        "" if word else "unseen",
        word or _("Copier"),
    )


@register.simple_tag(takes_context=True)
def stable_link(context: template.Context, anchor: str = "") -> SafeString:
    """`{% stable_link %}`: a button that copies the whole address of the object shown, without what was asked of it;
    without script, that address as a link. `anchor`: id of the element, when the object is a part of the page."""
    request = context["request"]
    whole = request.build_absolute_uri(request.path) + (f"#{anchor}" if anchor else "")
    return format_html(
        '<span class="stable"><a class="stable-address" href="{}">{}</a><button type="button" class="copy" '
        'data-copy="{}" data-copied="{}">{}<span>{}</span></button></span>',
        whole,
        whole,
        whole,
        _("Lien copié"),
        icons.icon("link"),
        _("Copier le lien"),
    )


@register.simple_tag
def clock(days: int, total: int, date: object, state: clocks.State, why: object = "") -> SafeString:
    """`{% clock days_left total date_words state %}`: a deadline as a ring, the days left and the date in words;
    `state`: `ok`, `warn`, `bad` or `paused`; `why`: a sentence more, why a clock is paused for instance."""
    return clocks.clock(days, total, str(date), state, str(why))


@register.simple_tag
def evidence(origin: str) -> SafeString:
    """`{% evidence "rehearsal" %}`: where an evidence comes from; a rehearsal is never shown as an official result."""
    sign, word = ORIGINS[origin]
    return format_html(
        '<span class="evidence {}">{}<span>{}</span></span>', origin, icons.icon(sign), _(word)
    )


@register.simple_block_tag(end_name="endwhy")
def why(content: str, sentence: object = "") -> SafeString:
    """`{% why sentence %}…{% endwhy %}`: why something is refused, then what to do, whose actions are the content."""
    todo = (
        format_html('<div class="do"><span class="do-word">{}</span>{}</div>', _("Que faire ?"), content)
        if content.strip()
        else ""
    )
    return format_html('<div class="why">{}<div><p>{}</p>{}</div></div>', icons.icon("info"), sentence, todo)


@register.simple_block_tag(end_name="endempty")
def empty(content: str, title: object, action: object = "") -> SafeString:
    """`{% empty "Aucun message" "Envoyez le premier." %}…{% endempty %}`: nothing to show, and what to do next, whose
    buttons are the content."""
    return format_html(
        '<div class="empty">{}<p class="empty-title">{}</p>{}{}</div>',
        icons.icon("inbox", "large"),
        title,
        format_html("<p>{}</p>", action) if action else "",
        format_html('<div class="buttons">{}</div>', content) if content.strip() else "",
    )


@register.inclusion_tag("console/pieces/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """`{% field form.name %}`: label, hint and error, tied to the control."""
    return {
        "field": bound,
        "checkbox": isinstance(bound.field.widget, CheckboxInput),
        "hint": f"{bound.auto_id}_helptext" if bound.auto_id else "",
        "error": f"{bound.auto_id}_error" if bound.auto_id else "",
    }


@register.inclusion_tag("console/pieces/errors.html")
def errors(form: BaseForm | None) -> dict[str, Any]:
    """`{% errors form %}`: what is wrong in a form, each line leading to its field; nothing when all is well."""
    if form is None or not form.errors:
        return {"wrong": []}
    wrong = [("", text) for text in form.non_field_errors()]
    for bound in form.visible_fields():
        first = bound.subwidgets[0].id_for_label if bound.use_fieldset and bound.subwidgets else ""
        target = first or bound.id_for_label or bound.auto_id
        wrong += [(f"#{target}", f"{bound.label} : {text}") for text in bound.errors]
    for bound in form.hidden_fields():
        wrong += [("", text) for text in bound.errors]
    return {"wrong": wrong}


@register.inclusion_tag("console/pieces/example.html", takes_context=True)
def example_data(context: template.Context) -> dict[str, Any]:
    """`{% example_data %}`: in an empty page of a test gateway, the button that fills it with a simulated hospital, for
    who may; elsewhere nothing."""
    visitor = context.get("visitor")
    return {
        "offered": visitor is not None and examples.offered(visitor),
        "here": context.get("here", "/"),
    }


@register.simple_tag
def nothing_received() -> bool:
    """`{% nothing_received as fresh %}`: whether no sender ever sent anything to this gateway."""
    return examples.nothing_received()


@register.inclusion_tag("console/pieces/pages.html")
def pages(next_address: str | None, first_address: str | None = None) -> dict[str, Any]:
    """`{% pages next_address %}`: what comes after this list, when something does. `first_address`: its beginning."""
    return {"next": next_address, "first": first_address}


@register.simple_tag
def chart(drawn: Any) -> SafeString:
    """`{% chart chart %}`: a chart of `charts.py` and its table."""
    return drawn.html() if drawn is not None else SafeString("")
