"""Forms of the grouped refusals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

STATES = (
    ("todo", _("À traiter")),
    ("back", _("Revenus")),
    ("muted", _("En sourdine")),
    ("resolved", _("Résolus")),
    ("all", _("Tous")),
)
MUTES = (
    ("1h", _("une heure")),
    ("1d", _("un jour")),
    ("7d", _("une semaine")),
    ("30d", _("trente jours")),
    ("date", _("jusqu’à une date")),
)
HOURS = {"1h": 1, "1d": 24, "7d": 7 * 24, "30d": 30 * 24}
LONGEST_NOTE = 2000


class GroupForm(forms.Form):
    """Which groups are looked for."""

    etat = forms.ChoiceField(choices=STATES, required=False)
    emetteur = forms.TypedChoiceField(label=_("Émetteur"), coerce=int, empty_value=None, required=False)
    responsable = forms.CharField(label=_("Responsable"), max_length=120, required=False)
    regle = forms.CharField(label=_("Règle"), max_length=60, required=False)

    def __init__(self, data: Any, senders: Iterable[tuple[int, str]]) -> None:
        super().__init__(data, auto_id="f-%s")
        self.fields["emetteur"].choices = [("", _("Tous")), (0, _("Inconnu")), *senders]  # type: ignore[attr-defined]
        self.fields["regle"].widget.attrs.update(
            {"placeholder": "PAM-PID-5-U", "autocomplete": "off", "spellcheck": "false"}
        )
        self.fields["responsable"].widget.attrs["list"] = "responsables"


class AssignForm(forms.Form):
    """Who takes care of a group."""

    owner = forms.CharField(
        label=_("Responsable"),
        max_length=120,
        required=False,
        help_text=_("Une personne, une équipe ou l’éditeur. Vide : personne."),
    )


class NoteForm(forms.Form):
    """What is known of a group."""

    note = forms.CharField(
        label=_("Note de suivi"),
        max_length=LONGEST_NOTE,
        required=False,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Numéro de ticket, version attendue… Jamais le nom ni l’identifiant d’un patient."),
    )


class MuteForm(forms.Form):
    """For how long a group asks for no attention."""

    span = forms.ChoiceField(label=_("Pendant"), choices=MUTES, widget=forms.RadioSelect, initial="1d")
    until = forms.DateField(
        label=_("Jusqu’au"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def clean(self) -> dict[str, Any]:
        """A date is wanted when one is announced."""
        given = super().clean() or {}
        if given.get("span") == "date" and given.get("until") is None and "until" not in self.errors:
            self.add_error("until", _("Choisissez une date."))
        return given


class ResolveForm(forms.Form):
    """What was done, and which other groups it mends too."""

    note = forms.CharField(
        label=_("Ce qui a été fait"),
        max_length=LONGEST_NOTE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("Corrigé par l’éditeur en version…")}),
    )
    also = forms.MultipleChoiceField(
        label=_("Résoudre aussi, chez d’autres émetteurs"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, data: Any, similar: Iterable[tuple[str, str]]) -> None:
        super().__init__(data, auto_id="resolution-%s")  # the page has another field of that name
        choices = list(similar)
        if choices:
            self.fields["also"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["also"]
