"""The forms of the pages of settings. What they refuse is what a person can mend at once; the acts check the rest."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from ecluse.delivery.console.acting import sentence
from ecluse.services.finess import read_finess
from ecluse.services.queries.settings import DomainSettings, EstablishmentSettings

FRENCH_ZONES = (
    ("Europe/Paris", _("Métropole (Europe/Paris)")),
    ("America/Guadeloupe", _("Guadeloupe (America/Guadeloupe)")),
    ("America/Martinique", _("Martinique (America/Martinique)")),
    ("America/Cayenne", _("Guyane (America/Cayenne)")),
    ("Indian/Reunion", _("La Réunion (Indian/Reunion)")),
    ("Indian/Mayotte", _("Mayotte (Indian/Mayotte)")),
    ("America/Miquelon", _("Saint-Pierre-et-Miquelon (America/Miquelon)")),
    ("America/St_Barthelemy", _("Saint-Barthélemy (America/St_Barthelemy)")),
    ("America/Marigot", _("Saint-Martin (America/Marigot)")),
    ("Pacific/Noumea", _("Nouvelle-Calédonie (Pacific/Noumea)")),
    ("Pacific/Wallis", _("Wallis-et-Futuna (Pacific/Wallis)")),
    ("Pacific/Tahiti", _("Polynésie, Société (Pacific/Tahiti)")),
    ("Pacific/Marquesas", _("Polynésie, Marquises (Pacific/Marquesas)")),
    ("Pacific/Gambier", _("Polynésie, Gambier (Pacific/Gambier)")),
)
SCOPE_WORDS = {
    "patients:read": _("lire les patients"),
    "stays:read": _("lire les séjours"),
    "consents:read": _("lire les consentements"),
    "consents:write": _("enregistrer des consentements"),
    "identities:write": _("défaire une fusion"),
    "messages:read": _("lire les messages HL7"),
    "events:read": _("suivre les événements"),
    "inclusions:read": _("lire les listes d’inclusion"),
    "inclusions:write": _("inclure et exclure des patients"),
    "settings:read": _("lire les réglages"),
    "settings:write": _("changer les réglages"),
    "status:read": _("lire l’état de la passerelle"),
    "calendar:read": _("suivre le calendrier des échéances"),
}
DURATIONS = (
    ("30", _("30 jours")),
    ("90", _("90 jours")),
    ("365", _("1 an")),
    ("730", _("2 ans")),
    ("0", _("jamais")),
)


class OidField(forms.RegexField):
    """An OID, as the authority of identifiers (CX-4.2) has one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            r"^[0-2](\.(0|[1-9][0-9]*))+$",
            max_length=200,
            help_text=_("Celui que CX-4 porte dans PID-3 ; exemple : 1.2.250.1.999.1."),
            error_messages={"invalid": _("Un OID est une suite de nombres séparés par des points.")},
            widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
            **kwargs,
        )


class FinessField(forms.CharField):
    """A FINESS number: its form and its key are checked here."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, required=False, **kwargs)
        self.widget.attrs |= {"autocomplete": "off", "spellcheck": "false", "class": "mono"}

    def clean(self, value: Any) -> str:
        """The number as it is kept."""
        given: str = super().clean(value) or ""
        if not given:
            return ""
        found = read_finess(given)
        if found.text_fr:
            raise forms.ValidationError(sentence(found))
        return found.number


class EstablishmentForm(forms.Form):
    """A legal entity."""

    name = forms.CharField(label=_("Nom"), max_length=200)
    finess = FinessField(
        label=_("FINESS de l’entité juridique"), help_text=_("Neuf caractères ; le dernier est une clé.")
    )
    expected = forms.CharField(required=False, widget=forms.HiddenInput)


class SiteForm(forms.Form):
    """A geographic entity."""

    name = forms.CharField(label=_("Nom du site"), max_length=200)
    finess = FinessField(
        label=_("FINESS de l’entité géographique"), help_text=_("Neuf caractères ; le dernier est une clé.")
    )
    zone = forms.ChoiceField(
        label=_("Fuseau horaire"),
        choices=(),
        help_text=_("Celui des heures HL7 reçues sans décalage de ce site."),
    )
    expected = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {name for name, _label in FRENCH_ZONES}
        others = [(one, one) for one in sorted(available_timezones() - known)]
        self.fields["zone"].choices = [*FRENCH_ZONES, (_("Ailleurs"), others)]  # type: ignore[attr-defined]


class DomainForm(forms.Form):
    """An identification domain; its name is written once, because listeners name it."""

    name = forms.CharField(label=_("Nom"), max_length=200)
    oid = OidField(label=_("OID du domaine"), required=False)
    authorities = forms.CharField(
        label=_("Autorités acceptées"),
        required=False,
        help_text=_(
            "Une par ligne, par OID ou par nom. Vide : l’OID du domaine, ou n’importe laquelle sans OID."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
    )
    establishments = forms.MultipleChoiceField(
        label=_("Établissements qui le partagent"),
        required=False,
        choices=(),
        widget=forms.CheckboxSelectMultiple,
    )
    foreign = forms.BooleanField(
        label=_("Domaine d’autrui"),
        required=False,
        help_text=_("Ses INS ne servent pas tant que le téléservice INSi ne les a pas vérifiés."),
    )
    expected = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, establishments: tuple[EstablishmentSettings, ...], *args: Any, new: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not new:
            del self.fields["name"]
        choices = [(str(one.id), one.name) for one in establishments]
        if choices:
            self.fields["establishments"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["establishments"]

    def clean_authorities(self) -> list[str]:
        """The lines that say something."""
        return [one.strip() for one in self.cleaned_data["authorities"].splitlines() if one.strip()]


class ReachForm(forms.Form):
    """What a program is limited to: a domain, a list."""

    domain = forms.ChoiceField(label=_("Domaine"), required=False, choices=())
    inclusion = forms.ChoiceField(label=_("Liste d’inclusion"), required=False, choices=())
    list_help: Any = ""

    def __init__(
        self, domains: tuple[DomainSettings, ...], lists: list[tuple[str, str]], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["domain"].choices = domain_choices(domains)  # type: ignore[attr-defined]
        self.fields["inclusion"].choices = [("", _("Aucune")), *lists]  # type: ignore[attr-defined]
        self.fields["inclusion"].help_text = self.list_help


class TokenForm(ReachForm):
    """A key of the API."""

    name = forms.CharField(
        label=_("Nom"), max_length=200, help_text=_("À qui il sert : l’application et son exploitant.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("Droits du jeton"),
        widget=forms.CheckboxSelectMultiple,
        choices=(),
        help_text=_(
            "Seuls ceux que vous avez partout sont proposés. Donnez le moins possible : "
            "un jeton ne se modifie pas, il se remplace."
        ),
    )
    days = forms.ChoiceField(label=_("Expire dans"), choices=DURATIONS, initial="365")
    once = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    list_help = _("Hors de cette liste, le jeton ne voit personne.")
    field_order = ("name", "scopes", "domain", "inclusion")

    def __init__(
        self,
        domains: tuple[DomainSettings, ...],
        lists: list[tuple[str, str]],
        scopes: Collection[str],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """:param scopes: those that whoever asks may give."""
        super().__init__(domains, lists, *args, **kwargs)
        choices = [(one, words) for one, words in SCOPE_WORDS.items() if one in scopes]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]


class SubscriberForm(ReachForm):
    """A webhook or a relay."""

    kind = forms.ChoiceField(
        label=_("Nature"),
        widget=forms.RadioSelect,
        initial="webhook",
        choices=[
            ("webhook", _("Webhook : une application reçoit chaque événement par HTTPS, signé")),
            (
                "relay",
                _(
                    "Relais : un logiciel HL7 reçoit chaque message par MLLP, sans l’INS qui ne peut pas sortir"
                ),
            ),
        ],
    )
    name = forms.CharField(label=_("Nom"), max_length=200)
    target = forms.CharField(
        label=_("Destination"),
        max_length=2000,
        help_text=_("Webhook : URL https. Relais : HÔTE:PORT."),
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false", "autocomplete": "off"}),
    )
    types = forms.CharField(
        label=_("Types"),
        required=False,
        help_text=_("Séparés par des espaces ; vide : tous. Webhook : patient.created… Relais : A28 A31…"),
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
    )
    full = forms.BooleanField(
        label=_("Documents entiers"),
        required=False,
        help_text=_("Webhook seulement : sans cela, il reçoit des identifiants et relit par l’API."),
    )
    tls = forms.BooleanField(label=_("TLS"), required=False, help_text=_("Relais seulement."))
    plaintext = forms.BooleanField(
        label=_("Accepter une destination sans chiffrement"),
        required=False,
        help_text=_("Des données de santé seraient lisibles en route : réseau que vous maîtrisez seulement."),
    )
    from_start = forms.BooleanField(
        label=_("Depuis le début"),
        required=False,
        help_text=_("Sans cela, il reçoit ce qui vient à partir de maintenant."),
    )
    list_help = _("Webhook seulement : rien n’est dit de qui n’y est pas.")
    field_order = ("kind", "name", "target", "domain", "inclusion")


class ReplayForm(forms.Form):
    """From when a subscriber gets everything again."""

    since = forms.DateTimeField(
        label=_("Rejouer depuis"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        help_text=_("Heure de cette machine. Tout ce qui a suivi lui est remis de nouveau, dans l’ordre."),
    )


class ListForm(forms.Form):
    """An inclusion list."""

    name = forms.CharField(label=_("Nom"), max_length=200)
    domain = forms.ChoiceField(label=_("Domaine de ses patients"), choices=())

    def __init__(self, domains: tuple[DomainSettings, ...], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["domain"].choices = [(one.name, one.name) for one in domains]  # type: ignore[attr-defined]


class IncludeForm(forms.Form):
    """Patients to put in a list."""

    patients = forms.CharField(
        label=_("Patients à inclure"),
        help_text=_("Identifiants internes, un par ligne, 500 au plus."),
        widget=forms.Textarea(attrs={"rows": 3, "class": "mono", "spellcheck": "false"}),
    )

    def clean_patients(self) -> list[str]:
        """The ids."""
        found = list(dict.fromkeys(self.cleaned_data["patients"].split()))
        if len(found) > 500:
            raise forms.ValidationError(_("Donnez 500 identifiants au plus à la fois."))
        return found


def domain_choices(domains: tuple[DomainSettings, ...]) -> list[tuple[str, Any]]:
    """Domains by name, and all of them."""
    return [("", _("Tous les domaines")), *((one.name, one.name) for one in domains)]
