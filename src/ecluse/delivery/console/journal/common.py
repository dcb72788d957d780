"""What the pages of the journal share: who may read a journal that covers everybody, and what one looks for."""

from __future__ import annotations

import time
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from ecluse.delivery.console.times import midnight
from ecluse.services.audit_words import Kind, groups, members, words
from ecluse.services.queries.audit import Wanted

AUDIT = "audit.read"


def now() -> int:
    """µs since 1970."""
    return time.time_ns() // 1000


class _Search(forms.TextInput):
    input_type = "search"


class _Day(forms.DateInput):
    input_type = "date"


class SearchForm(forms.Form):
    """What one looks for. Days are those of the zone of the pages."""

    qui = forms.CharField(label=_("Qui"), required=False, max_length=200, widget=_Search())
    quoi = forms.ChoiceField(label=_("Quoi"), required=False, choices=())
    patient = forms.CharField(
        label=_("Patient"), required=False, max_length=40, widget=_Search({"class": "mono"})
    )
    du = forms.DateField(label=_("Du"), required=False, widget=_Day(format="%Y-%m-%d"))
    au = forms.DateField(label=_("Au"), required=False, widget=_Day(format="%Y-%m-%d"))

    def __init__(self, kind: Kind, data: QueryDict) -> None:
        super().__init__(data, auto_id="id_%s")
        self._kind = kind
        self.fields["quoi"].choices = choices(kind)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """:raises ValidationError: the days are in the wrong order."""
        given = super().clean() or {}
        if given.get("du") and given.get("au") and given["du"] > given["au"]:
            self.add_error("au", gettext("Cette date vient avant « Du » : échangez-les."))
        return given

    def wanted(self) -> Wanted:
        """What a valid form looks for."""
        given = self.cleaned_data
        what = given.get("quoi") or ""
        return Wanted(
            who=given.get("qui") or "",
            what=members(self._kind, what) if what else (),
            patient=(given.get("patient") or "").strip(),
            since=_midnight(given.get("du")),
            until=_midnight(given.get("au"), 1),
        )


def choices(kind: Kind) -> list[tuple[str, object]]:
    """Families, and in each its acts or accesses."""
    english = get_language() == "en"
    known = words(kind).values()
    found: list[tuple[str, object]] = [("", _("Tout"))]
    for name, titles in groups().items():
        inside = [(one.name, one.within("en" if english else "fr")) for one in known if one.group == name]
        if inside:
            title = titles[1] if english else titles[0]
            whole = _("%(title)s : tout") % {"title": title}
            found.append((title, [(name, whole), *inside] if len(inside) > 1 else inside))
    return found


def following(query: QueryDict, cursor: str | None) -> str:
    """The address of the next page of a search; empty on the last one."""
    if cursor is None:
        return ""
    kept = {name: value for name, value in query.items() if name != "apres" and value}
    return f"?{urlencode({**kept, 'apres': cursor})}"


def _midnight(day: date | None, later: int = 0) -> int | None:
    if day is None:
        return None
    try:
        return int(midnight(day, later).timestamp() * 1_000_000)
    except (OverflowError, ValueError, OSError):
        return None
