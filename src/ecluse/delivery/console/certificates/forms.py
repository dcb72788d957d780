"""The forms of the pages of certificates. What they refuse is what a person can mend at once; the services judge."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecluse.delivery.console.certificates.common import STORES
from ecluse.delivery.console.certificates.words import one_text, use_word
from ecluse.delivery.console.times import local_now, midnight
from ecluse.services.queries.certificate_pages import REASONS, uses
from ecluse.services.queries.settings import EstablishmentSettings

LARGEST = 128 * 1024
"""Bytes of a file of certificates: a PKCS#12 with its whole chain is a tenth of it."""

_PLACES = (
    ("auto", gettext_lazy("Au mieux : en service si la place est libre, suivant sinon")),
    ("next", gettext_lazy("Suivant : il attend la rotation")),
    ("current", gettext_lazy("En service dès maintenant")),
)


class SmallFileField(forms.FileField):
    """A file that is read whole, and never larger than what it may be; empty when none was given."""

    def __init__(self, largest: int = LARGEST, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.largest = largest
        self.widget.attrs["data-largest"] = str(largest)

    def clean(self, data: Any, initial: Any = None) -> Any:
        """:raises ValidationError: it is too large."""
        given = super().clean(data, initial)
        if not isinstance(given, UploadedFile):
            return b""
        if (given.size or 0) > self.largest:
            size = self.largest // 1024
            raise forms.ValidationError(
                _("Ce fichier dépasse %(size)s Ko : ce n’est pas celui qui est attendu.") % {"size": size}
            )
        return given.read()


class SlotForm(forms.Form):
    """An establishment and a use."""

    establishment = forms.ChoiceField(label=gettext_lazy("Établissement"), choices=())
    use = forms.ChoiceField(label=gettext_lazy("Emploi"), choices=())

    def __init__(self, places: Sequence[EstablishmentSettings], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["establishment"].choices = [(str(one.id), one.name) for one in places]  # type: ignore[attr-defined]
        self.fields["use"].choices = [(name, use_word(name)) for name in uses()]  # type: ignore[attr-defined]


class ImportForm(SlotForm):
    """A file and where it goes. Its password is read here, and written nowhere."""

    file = SmallFileField(
        label=gettext_lazy("Fichier du certificat"),
        help_text=gettext_lazy("PKCS#12 (.p12, .pfx), PEM ou DER ; avec sa chaîne si elle y est."),
        widget=forms.FileInput(attrs={"accept": ".p12,.pfx,.pem,.crt,.cer,.der,.p7b"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Mot de passe du fichier"),
        required=False,
        strip=False,
        max_length=200,
        help_text=gettext_lazy(
            "D’un PKCS#12 ou d’une clé chiffrée. Il n’est ni gardé, ni écrit dans un journal."
        ),
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    place = forms.ChoiceField(label=gettext_lazy("Place"), choices=_PLACES, initial="auto")
    key = SmallFileField(
        label=gettext_lazy("Fichier de la clé, s’il est à part"),
        required=False,
        help_text=gettext_lazy("Inutile après une demande faite ici : la clé y est déjà."),
        widget=forms.FileInput(attrs={"accept": ".key,.pem,.der,.p8"}),
    )
    structures = forms.RegexField(
        r"^\s*([0-9][0-9A-Z/]{4,30}[\s,;]*)*$",
        label=gettext_lazy("Autres identifiants de la structure"),
        required=False,
        max_length=200,
        help_text=gettext_lazy(
            "Avec leur chiffre de type : 2 puis le SIREN, 3 puis le SIRET. Les FINESS déclarés sont connus."
        ),
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
    )
    field_order = ("establishment", "use", "place", "file", "password", "key", "structures")


class RequestForm(SlotForm):
    """What a certificate is asked for."""

    service = forms.CharField(
        label=gettext_lazy("Nom du service applicatif"),
        max_length=64,
        help_text=gettext_lazy("Il devient le nom (CN) du certificat."),
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false", "autocomplete": "off"}),
    )
    organisation = forms.CharField(label=gettext_lazy("Raison sociale"), max_length=64)
    structure = forms.CharField(
        label=gettext_lazy("Identifiant de la structure"),
        max_length=31,
        help_text=gettext_lazy(
            "Chiffre de type compris : 1 puis le FINESS, 2 puis le SIREN, 3 puis le SIRET."
        ),
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false", "autocomplete": "off"}),
    )
    department = forms.CharField(
        label=gettext_lazy("Département"),
        required=False,
        max_length=64,
        help_text=gettext_lazy("Comme « Finistère (29) »."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("establishment", "use"):
            self.fields[name].widget = forms.HiddenInput()


class RevokeForm(forms.Form):
    """Why and since when a certificate must not serve."""

    reason = forms.ChoiceField(label=gettext_lazy("Motif"), choices=(), widget=forms.RadioSelect)
    on = forms.DateField(
        label=gettext_lazy("Révoqué le"),
        required=False,
        help_text=gettext_lazy("Vide : maintenant."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    note = forms.CharField(label=gettext_lazy("Précision"), required=False, max_length=500)
    sure = forms.BooleanField(label=gettext_lazy("J’ai lu ce qui s’arrête"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = [(name, _Told(*told)) for name, told in REASONS.items() if name != "told"]
        self.fields["reason"].choices = [(name, one_text(told).capitalize()) for name, told in words]  # type: ignore[attr-defined]

    def clean_on(self) -> datetime.date | None:
        """:raises ValidationError: a day that has not come."""
        day: datetime.date | None = self.cleaned_data["on"]
        if day is not None and day > local_now().date():
            raise forms.ValidationError(_("Cette date est dans l’avenir."))
        return day

    def arguments(self) -> dict[str, Any]:
        """What the act wants of it."""
        given = self.cleaned_data
        at = None if given["on"] is None else midnight(given["on"])
        return {
            "reason": given["reason"],
            "note": given["note"],
            "at": None if at is None else int(at.timestamp()) * 1_000_000,
        }


class _Told:
    def __init__(self, text_fr: str, text_en: str) -> None:
        self.text_fr, self.text_en = text_fr, text_en


class AuthorityForm(forms.Form):
    """A file of authorities and the store it enters."""

    store = forms.ChoiceField(
        label=gettext_lazy("Magasin de confiance"),
        choices=[(name, words) for name, words in STORES.items() if name != "public"],
    )
    file = SmallFileField(
        label=gettext_lazy("Fichier des autorités"),
        help_text=gettext_lazy("PEM, DER ou PKCS#7 (.p7b) ; plusieurs autorités peuvent y être."),
        widget=forms.FileInput(attrs={"accept": ".pem,.crt,.cer,.der,.p7b"}),
    )
    typed = forms.CharField(
        label=gettext_lazy("Empreinte SHA-256 lue ailleurs"),
        required=False,
        max_length=120,
        help_text=gettext_lazy(
            "Pour une autorité dont l’empreinte n’est pas publiée ici : lisez-la sur une autre source, tapez-la."
        ),
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false", "autocomplete": "off"}),
    )
