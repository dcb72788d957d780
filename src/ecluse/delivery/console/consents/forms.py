"""What is filled in of a consent: what the patient said, how, when, and who asked."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecluse.services.queries.stay_documents import StayDocument

CHOICES = (
    ("INO/IC", gettext_lazy("Ne s’oppose pas à l’alimentation, consent à la consultation")),
    ("INO/INC", gettext_lazy("Ne s’oppose pas à l’alimentation, ne consent pas à la consultation")),
    ("IO/INC", gettext_lazy("S’oppose à l’alimentation, ne consent pas à la consultation")),
    ("INO/NA", gettext_lazy("Ne s’oppose pas à l’alimentation ; consultation non recueillie")),
)
"""The national combinations that say something (PAM France 2.11, ZFA-9 and ZFA-11)."""

SHORT = (
    ("INO/IC", gettext_lazy("D’accord pour les deux")),
    ("INO/INC", gettext_lazy("Alimentation seule")),
    ("IO/INC", gettext_lazy("Refuse les deux")),
)
"""Those that settle both choices, in a few words: what a line of the worklist offers."""

HOW = (
    ("oral", gettext_lazy("À l’oral")),
    ("written", gettext_lazy("Par écrit")),
    ("online", gettext_lazy("En ligne")),
)


class QuickForm(forms.Form):
    """One gesture: what was said, and how; the rest is now, and whoever is signed in."""

    choice = forms.ChoiceField(choices=SHORT)
    how = forms.ChoiceField(choices=HOW)

    def arguments(self) -> dict[str, Any]:
        """What the act wants of it."""
        return {**_codes(self.cleaned_data["choice"]), "how": self.cleaned_data["how"]}


class ConsentForm(forms.Form):
    """Everything that may be said of a consent.

    :param stays: those it may be for, the last one proposed; by: who is proposed as having asked.
    """

    choice = forms.ChoiceField(
        label=gettext_lazy("Ce que dit la personne, une fois informée"),
        choices=CHOICES,
        widget=forms.RadioSelect,
    )
    stay = forms.ChoiceField(label=gettext_lazy("Pour"), required=False, choices=())
    how = forms.ChoiceField(label=gettext_lazy("Recueilli"), choices=HOW, widget=forms.RadioSelect)
    date = forms.DateField(
        label=gettext_lazy("Le"),
        required=False,
        help_text=gettext_lazy("Vide : maintenant."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    by = forms.CharField(label=gettext_lazy("Par"), required=False, max_length=200)
    correction = forms.BooleanField(
        label=gettext_lazy("Corrige un choix plus récent, qui est faux"), required=False
    )

    def __init__(self, stays: Sequence[StayDocument], *args: Any, by: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"stay": stays[-1].id if stays else "", "by": by, **self.initial}
        told = [(one.id, _named(one)) for one in reversed(stays)]
        field = self.fields["stay"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*told, ("", _("le patient en général"))]

    def clean_date(self) -> datetime.date | None:
        """:raises ValidationError: a day that has not come."""
        day: datetime.date | None = self.cleaned_data["date"]
        if day is not None and day > datetime.date.today():
            raise forms.ValidationError(_("Cette date est dans l’avenir."))
        return day

    def arguments(self) -> dict[str, Any]:
        """What the act wants of it."""
        given = self.cleaned_data
        said = _codes(given["choice"])
        if given["date"] is not None and given["date"] != datetime.date.today():
            said |= {f"{name}_date": given["date"].isoformat() for name, code in said.items() if code != "NA"}
        if given["stay"]:
            said["stay"] = given["stay"]
        return {**said, "how": given["how"], "by": given["by"], "correction": given["correction"]}


class LeafletForm(forms.Form):
    """The parts of the leaflet that the establishment writes."""

    rights = forms.CharField(
        label=gettext_lazy("Comment dire non, ou changer d’avis"),
        help_text=gettext_lazy(
            "À qui le dire dans votre établissement, et comment cela se fait dans Mon espace santé."
        ),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    contact = forms.CharField(
        label=gettext_lazy("À qui poser vos questions"),
        help_text=gettext_lazy("Service, téléphone, délégué à la protection des données."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    more = forms.CharField(
        label=gettext_lazy("Autre information"),
        help_text=gettext_lazy(
            "Mentions que votre établissement doit ajouter, urgences, durée de conservation…"
        ),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


def _codes(choice: str) -> dict[str, Any]:
    feeding, _slash, consultation = choice.partition("/")
    return {"feeding": feeding, "consultation": consultation}


def _named(stay: StayDocument) -> str:
    number = stay.visit.value if stay.visit is not None else stay.id
    return _("le séjour %(number)s") % {"number": number}
