"""Words about patients, as tags of the templates: names, dates, INS, choices on the DMP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_noop, ngettext
from django.utils.translation import gettext as _

from ecluse.delivery.console.tags import chip
from ecluse.delivery.console.times import local as in_zone
from ecluse.services import audit_words
from ecluse.services.queries.documents import ConsentDocument, InsDocument, Sentence, TraitsDocument
from ecluse.services.queries.patient_words import word

register = template.Library()

_NONE = SafeString('<span class="soft">–</span>')

_FEEDING = {"INO": "ok", "IO": "bad"}
_CONSULTATION = {"IC": "ok", "INC": "bad"}
_STATUSES = {
    "pre-admitted": ("info", gettext_noop("Attendu"), "calendar-clock"),
    "in-progress": ("ok", gettext_noop("Présent"), "bed"),
    "on-leave": ("warn", gettext_noop("Absence provisoire"), "hourglass"),
    "discharged": ("none", gettext_noop("Sorti"), "log-out"),
    "cancelled": ("none", gettext_noop("Annulé"), "ban"),
}
_CLASSES = {
    "E": gettext_noop("urgences"),
    "I": gettext_noop("hospitalisation"),
    "O": gettext_noop("consultation externe"),
    "P": gettext_noop("préadmission"),
    "R": gettext_noop("séances"),
    "N": gettext_noop("sans objet"),
}
_KINDS = {
    "collision": ("bad", gettext_noop("Même INS, traits différents")),
    "duplicate": ("warn", gettext_noop("Même INS, mêmes traits")),
    "traits": ("info", gettext_noop("Mêmes traits stricts")),
}
_VERDICTS = {
    "distinct": gettext_noop("Personnes différentes"),
    "same": gettext_noop("Une seule personne : fusion demandée à l’émetteur"),
    "unclear": gettext_noop("On ne peut pas conclure"),
}


_TIMES = re.compile(
    r"\b\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?(?![\d-])"
)
_PATIENT = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{26}(?![0-9A-Za-z])")
"""The id of a patient as it stands in a sentence (see `services.queries.within`)."""


@register.simple_tag
def said(sentence: Sentence | None) -> SafeString:
    """`{% said one.title %}`: a sentence of the services, in the language of the page; a patient it names is a link."""
    if sentence is None:
        return SafeString("")
    text = local(spoken(sentence))
    parts, end = [], 0
    for found in _PATIENT.finditer(text):
        parts.append((text[end : found.start()], found[0], _("ce dossier")))
        end = found.end()
    linked = format_html_join("", '{}<a href="/patients/{}/">{}</a>', parts)
    return format_html("{}{}", linked, text[end:])


@register.filter
def spoken(sentence: Sentence) -> str:
    """`{{ one.title|spoken }}`: its text alone."""
    text = sentence.en if get_language() == "en" else sentence.fr
    return text[:1].upper() + text[1:]


@register.filter
def local(text: str) -> str:
    """`{{ one.after|local }}`: a text whose dates are written as people write them."""
    return _TIMES.sub(lambda found: _written(found[0]), text)


@register.simple_tag
def family(traits: TraitsDocument) -> str:
    """The name one looks a person up by."""
    return traits.birth_name or traits.used_name or _("Identité inconnue")


@register.simple_tag
def given(traits: TraitsDocument) -> str:
    """« Jeanne (Marie-Cécile) »: the first given name, the others of the list after it."""
    everything = (traits.birth_given_names or "").split()
    first = traits.first_birth_given_name or (everything[0] if everything else traits.used_given_name or "")
    others = " ".join(_after(first, everything))
    return f"{first} ({others})" if others else first


def _after(first: str, everything: list[str]) -> list[str]:
    """The given names that follow the first one, which may itself be of several words."""
    for rank in range(len(everything)):
        if _plain(" ".join(everything[: rank + 1])) == _plain(first):
            return everything[rank + 1 :]
    return []


def _plain(text: str) -> str:
    return text.replace("-", " ").upper()


@register.simple_tag
def day(iso: str | None) -> SafeString:
    """« 30/05/1960 »: a date as precise as it was received; « – » when there is none."""
    if not iso:
        return _NONE
    return format_html('<span class="nowrap">{}</span>', _written(iso[:10]))


@register.simple_tag
def at(iso: str | None) -> SafeString:
    """« 18/11/2026 08:14 »: a time, in the server's zone when it has one of its own."""
    if not iso or len(iso) <= 10:
        return day(iso)
    return format_html('<time class="nowrap" datetime="{}">{}</time>', iso, _written(iso))


def _written(iso: str) -> str:
    """A date or a time as the language of the page writes it; what is neither stays as received."""
    french = get_language() == "fr"
    if len(iso) <= 10:
        parts = iso.split("-")
        return "/".join(reversed(parts)) if french and all(one.isdecimal() for one in parts) else iso
    try:
        when = datetime.fromisoformat(iso)
    except ValueError:
        return iso
    if when.tzinfo is not None:
        when = in_zone(when)
    return when.strftime("%d/%m/%Y %H:%M" if french else "%Y-%m-%d %H:%M")


@register.simple_tag
def age(birth_date: str | None) -> str:
    """« 66 ans », when the birth date is one of the calendar and not to come."""
    try:
        born = date.fromisoformat(birth_date or "")
    except ValueError:
        return ""
    today = date.today()
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return ngettext("%(n)d an", "%(n)d ans", years) % {"n": years} if 0 <= years < 130 else ""


@register.simple_tag
def sex(code: str | None) -> str:
    """« F », « M », or what was received."""
    return code or "–"


@register.simple_tag
def matricule(ins: InsDocument) -> SafeString:
    """« 2 60 05 88 154 002 33 »: an INS that may be used, in its usual groups."""
    text = ins.matricule
    groups = (text[:1], text[1:3], text[3:5], text[5:7], text[7:10], text[10:13], text[13:15])
    return format_html(
        '<span class="mono matricule">{}</span>', "\N{NO-BREAK SPACE}".join(filter(None, groups))
    )


@register.simple_tag
def feeding(code: str | None) -> SafeString:
    """A choice on the feeding of the DMP (ZFA-9)."""
    return _choice("feeding", _FEEDING, code)


@register.simple_tag
def consultation(code: str | None) -> SafeString:
    """A choice on the consultation of the DMP (ZFA-11)."""
    return _choice("consultation", _CONSULTATION, code)


def _choice(table: str, kinds: dict[str, str], code: str | None) -> SafeString:
    told = spoken(word(table, code or "NA"))
    return chip(kinds.get(code or "", "none"), told)


@register.simple_tag
def told(table: str, code: str | None) -> str:
    """`{% told "how" one.how %}`: a code in words."""
    return spoken(word(table, code)) if code else "–"


@register.filter
def both_known(consent: ConsentDocument | None) -> bool:
    """Whether both choices were collected."""
    return consent is not None and consent.feeding in _FEEDING and consent.consultation in _CONSULTATION


@register.simple_tag
def stay_status(status: str) -> SafeString:
    """Where a stay stands."""
    kind, text, sign = _STATUSES.get(status, ("none", status or "–", "circle-dashed"))
    return chip(kind, _(text), sign)


@register.simple_tag
def stay_class(code: str | None) -> str:
    """PV1-2 in words."""
    return _(_CLASSES[code]) if code in _CLASSES else code or "–"


@register.simple_tag
def suspect(kind: str) -> SafeString:
    """What patients of a group share."""
    state, text = _KINDS.get(kind, ("none", kind))
    return chip(state, _(text), "git-compare")


@register.simple_tag
def verdict(name: str) -> str:
    """What a person concluded of a group."""
    return _(_VERDICTS[name]) if name in _VERDICTS else name


@register.simple_tag
def access_word(action: str) -> str:
    """What a line of the access trail tells."""
    return audit_words.told("accesses", action, get_language() or "fr")


@register.filter
def keyed(values: Mapping[str, Any], key: str) -> Any:
    """`{{ people|keyed:one.caller }}`: the value of a key, or nothing."""
    return values.get(key, "")
