"""Words of the feeds, as tags of the templates: events, senders, shares."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from ecluse.delivery.console import words
from ecluse.services.queries.hl7_names import event_name
from ecluse.services.queries.message_tree import visible
from ecluse.services.queries.sender_feeds import SenderFeed

register = template.Library()

_LONGEST = 32


@register.simple_tag
def event_word(event: str) -> str:
    """`{% event_word line.event %}`: what an event tells; empty for one that is not known."""
    found = event_name(event)
    return found.en if get_language() == "en" else found.fr


@register.simple_tag
def sender_name(one: Any) -> SafeString:
    """`{% sender_name line.sender %}`: MSH-3 / MSH-4, what cannot be seen made visible."""
    names = [visible(text, _LONGEST) or "–" for text in (one.application, one.facility)]
    if len(one.application) <= _LONGEST and len(one.facility) <= _LONGEST:
        return format_html('<span class="sender">{} <span class="soft">/ {}</span></span>', *names)
    whole = f"{words.shown(one.application)} / {words.shown(one.facility)}"
    return format_html(
        '<span class="sender" title="{}">{} <span class="soft">/ {}</span></span>', whole, *names
    )


@register.simple_tag
def short(text: str) -> SafeString:
    """A text given by a sender, cut; whole in its title."""
    shown = visible(text, _LONGEST)
    if not shown:
        return format_html('<span class="soft">–</span>')
    if len(text) <= _LONGEST:
        return format_html("{}", shown)
    return format_html('<span title="{}">{}</span>', visible(text, 200), shown)


@register.simple_tag
def refused_share(one: SenderFeed) -> SafeString:
    """How many of a sender's messages were refused, and their share."""
    refused = one.refused + one.rejected
    whole = refused + one.accepted
    if not refused:
        return format_html('<span class="soft">{}</span>', "0" if whole else "–")
    return format_html(
        '{} <span class="soft">({})</span>', words.number(refused), words.percent(refused, whole)
    )


@register.simple_tag
def raw_number(value: int) -> str:
    """A number as addresses have it, without separators."""
    return str(value)
