"""What is filled in about patients: the three searches, the reason of an unmerge, a note, a review."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_FRENCH = re.compile(r"(?:(?:(\d{1,2})[/. -])?(\d{1,2})[/. -])?(\d{4})")
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_LETTERS = 3


class BirthDateField(forms.CharField):
    """A birth date, as precise as it is known: `30/05/1960`, `05/1960`, `1960`, `1960-05-30`. Its value is ISO 8601."""

    def clean(self, value: Any) -> str:
        """:raises ValidationError: what is no date. A lunar date (month 00 or above 12) is one."""
        text = super().clean(value).strip()
        if not text:
            return ""
        if found := _ISO.fullmatch(text):
            parts: tuple[Any, ...] = found.groups()
        elif found := _FRENCH.fullmatch(text):
            parts = found.group(3), found.group(2), found.group(1)
        else:
            raise forms.ValidationError(_("Écrivez une date : JJ/MM/AAAA, MM/AAAA ou AAAA."))
        return "-".join(one.zfill(2) for one in _possible(parts) if one)


def _possible(parts: tuple[str | Any, ...]) -> tuple[str | Any, ...]:
    """:raises ValidationError: a day that no month has."""
    year, month, day = parts
    # A month above 12 is one of lunar dates, which the RNIPP keeps; 00 is what is not known.
    longest = 31 if not month or not 1 <= int(month) <= 12 else monthrange(2000, int(month))[1]
    if day and int(day) > longest:
        raise forms.ValidationError(_("Ce jour n’existe pas dans ce mois : vérifiez la date."))
    if int(year) == 0:
        raise forms.ValidationError(_("L’année manque : écrivez-la sur quatre chiffres."))
    return parts


class TraitsForm(forms.Form):
    """The search by traits of the INS guide (EXI ID 17): the birth date first, then letters of one name."""

    by = forms.CharField(initial="traits", widget=forms.HiddenInput)
    birth_date = BirthDateField(
        label=gettext_lazy("Date de naissance"),
        help_text=gettext_lazy(
            "JJ/MM/AAAA. Si le jour ou le mois est inconnu dans le dossier : MM/AAAA ou AAAA."
        ),
        max_length=10,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    name = forms.CharField(
        label=gettext_lazy("Début du nom"),
        help_text=gettext_lazy("3 lettres au plus."),
        max_length=_LETTERS,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    first_name = forms.CharField(
        label=gettext_lazy("ou début du prénom"),
        help_text=gettext_lazy("3 lettres au plus."),
        max_length=_LETTERS,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        """:raises ValidationError: letters of both names."""
        given = super().clean() or {}
        if given.get("name") and given.get("first_name"):
            self.add_error(
                "first_name",
                _("Donnez le début du nom ou celui du prénom, pas les deux (guide INS, EXI ID 17)."),
            )
        return given


class InsForm(forms.Form):
    """The search by INS."""

    by = forms.CharField(initial="ins", widget=forms.HiddenInput)
    matricule = forms.CharField(
        label=gettext_lazy("Matricule INS"),
        help_text=gettext_lazy("15 caractères, clé comprise."),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )

    def clean_matricule(self) -> str:
        """:raises ValidationError: what has not the form of a matricule."""
        text = re.sub(r"[\s\u00a0.-]", "", str(self.cleaned_data["matricule"])).upper()
        if not re.fullmatch(r"\d{5}(?:\d{2}|2[AB])\d{8}", text):
            raise forms.ValidationError(
                _("Écrivez les 13 caractères du matricule et les 2 chiffres de sa clé.")
            )
        return text


class IdentifierForm(forms.Form):
    """The search by local identifier."""

    by = forms.CharField(initial="identifier", widget=forms.HiddenInput)
    value = forms.CharField(
        label=gettext_lazy("IPP ou autre identifiant local"),
        help_text=gettext_lazy("En entier, comme dans le logiciel émetteur."),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )


class ReasonForm(forms.Form):
    """Why a merge was wrong."""

    reason = forms.CharField(
        label=gettext_lazy("Raison"),
        help_text=gettext_lazy(
            "De 5 à 1 000 caractères, sans numéro ni autre donnée de santé : elle reste dans l’historique."
        ),
        min_length=5,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)


class NoteForm(forms.Form):
    """A rectification asked for, done or refused."""

    text = forms.CharField(
        label=gettext_lazy("Note"),
        help_text=gettext_lazy("Ce qui a été demandé, fait ou refusé. Elle ne s’efface pas."),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    date = forms.DateField(
        label=gettext_lazy("Date de la demande ou de la rectification"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        initial=date.today,
    )


class ReviewForm(forms.Form):
    """What a person concludes of patients compared."""

    verdict = forms.ChoiceField(
        label=gettext_lazy("Votre conclusion"),
        widget=forms.RadioSelect,
        choices=[
            ("distinct", gettext_lazy("Ce sont des personnes différentes")),
            ("same", gettext_lazy("C’est une seule personne : je demande la fusion à l’émetteur")),
            ("unclear", gettext_lazy("On ne peut pas conclure pour l’instant")),
        ],
    )
    note = forms.CharField(
        label=gettext_lazy("Ce qui vous le dit"),
        help_text=gettext_lazy("Au moins 5 caractères ; la note reste au journal."),
        min_length=5,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    seen = forms.CharField(max_length=32, widget=forms.HiddenInput)
    patients = forms.CharField(max_length=4000, widget=forms.HiddenInput)
