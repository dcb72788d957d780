"""What is filled in of the matrix and of its review."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ecluse.delivery.console.habilitations.common import ANY, RIGHTS, profession_words
from ecluse.services.accounts.roles import NOT_BY_MATRIX
from ecluse.services.queries.places import EstablishmentPlace


class DayInput(forms.DateInput):
    """A day, as browsers ask for one."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class RowForm(forms.Form):
    """A row of the matrix: who, where, until when, and which rights; one that is changed may keep none."""

    profession = forms.ChoiceField(label=_("Profession"), choices=())
    unit = forms.CharField(
        label=_("Unité"),
        max_length=200,
        required=False,
        help_text=_("Telle que les comptes la portent. Vide : toutes les unités."),
    )
    site = forms.ChoiceField(label=_("Site"), required=False, choices=())
    rights = forms.MultipleChoiceField(
        label=_("Droits"),
        required=False,
        error_messages={"required": _("Choisissez au moins un droit.")},
        choices=[(name, words) for name, words in RIGHTS.items() if name not in NOT_BY_MATRIX],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Ils s’ajoutent à ceux des rôles du compte."),
    )
    starts = forms.DateField(label=_("À partir du"), required=False, widget=DayInput())
    ends = forms.DateField(label=_("Jusqu’au, inclus"), required=False, widget=DayInput())
    reason = forms.CharField(
        label=_("Pourquoi"), max_length=500, help_text=_("Gardé avec la version, votre nom et la date.")
    )
    expected = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, place: EstablishmentPlace, *args: Any, new: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rights"].required = new
        choices = [(ANY, _("Toutes les professions")), *profession_words().items()]
        self.fields["profession"].choices = choices  # type: ignore[attr-defined]
        sites = [("", _("Tous les sites")), *((str(one.id), one.name) for one in place.sites)]
        self.fields["site"].choices = sites  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A row names a profession or a unit."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("profession") == ANY and not given.get("unit") and not self.errors:
            self.add_error(
                "unit", _("Nommez une profession ou une unité : pour tout le monde, donnez un rôle.")
            )
        starts, ends = given.get("starts"), given.get("ends")
        if starts and ends and ends < starts:
            self.add_error("ends", _("La fin précède le début."))
        return given

    def lines(self) -> list[dict[str, Any]]:
        """The lines that this row stands for, as the act wants them."""
        given = self.cleaned_data
        shared = {
            "profession": given["profession"],
            "unit": given["unit"] or ANY,
            "site": int(given["site"] or 0),
            "starts": given["starts"].isoformat() if given["starts"] else "",
            "ends": given["ends"].isoformat() if given["ends"] else "",
        }
        return [{**shared, "right": one} for one in given["rights"]]


class DecisionForm(forms.Form):
    """What is said of a row under review."""

    decision = forms.ChoiceField(choices=[(one, one) for one in ("keep", "change", "remove")])
    row = forms.IntegerField(min_value=0)
    note = forms.CharField(max_length=500, required=False)
    ends = forms.DateField(required=False)

    def clean(self) -> dict[str, Any]:
        """A limit has a day; a limit and a removal have a reason."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("decision") in ("change", "remove") and not given.get("note"):
            self.add_error("note", _("Dites pourquoi."))
        if given.get("decision") == "change" and not given.get("ends"):
            self.add_error("ends", _("Donnez le dernier jour."))
        return given


class CloseForm(forms.Form):
    """The end of a review."""

    next_due = forms.DateField(
        label=_("Prochaine revue avant le"), widget=DayInput(), help_text=_("Dans un an au plus tard.")
    )
