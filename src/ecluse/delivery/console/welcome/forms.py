"""The forms of the first steps."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ecluse.delivery.console.settings_pages.forms import FRENCH_ZONES, FinessField, OidField


class PlaceForm(forms.Form):
    """The legal entity and its first site."""

    name = forms.CharField(label=_("Nom de l’établissement"), max_length=200)
    finess = FinessField(
        label=_("FINESS de l’entité juridique"), help_text=_("Neuf caractères ; le dernier est une clé.")
    )
    site = forms.CharField(label=_("Nom du site"), max_length=200)
    site_finess = FinessField(label=_("FINESS de l’entité géographique"))
    zone = forms.ChoiceField(label=_("Fuseau horaire"), choices=FRENCH_ZONES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["finess"].required = self.fields["site_finess"].required = True


class FirstDomainForm(forms.Form):
    """The identification domain: whose numbers PID-3 carries."""

    name = forms.CharField(
        label=_("Nom du domaine"),
        max_length=200,
        help_text=_(
            "Celui qui est proposé reçoit les émetteurs inconnus. Un nouveau nom crée un autre domaine, que le réglage"
            " « domain » d’un écouteur, ou un émetteur, doit alors nommer."
        ),
    )
    oid = OidField(label=_("OID de l’autorité d’affectation"))
    authority = forms.CharField(
        label=_("Nom de l’autorité dans CX-4"),
        required=False,
        max_length=200,
        help_text=_("S’il arrive que vos logiciels l’envoient sans son OID."),
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
    )
