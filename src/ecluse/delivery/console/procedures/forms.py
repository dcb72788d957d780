"""The form of a step: the fields that the event needs, filled with what is known, and its documents."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ecluse.delivery.console.certificates.forms import SmallFileField
from ecluse.delivery.console.certificates.words import one_text
from ecluse.delivery.console.procedures.common import LARGEST
from ecluse.services.queries.certificate_pages import CARDS, PRODUCTS, causes, service_name
from ecluse.services.queries.certificate_pages import forms as known_forms
from ecluse.services.queries.certificates_ways import WayView
from ecluse.services.queries.settings import EstablishmentSettings

_FIELDS: dict[str, tuple[str, ...]] = {
    "contract_none": (),
    "contract_up_to_date": ("level",),
    "representative_changed": ("name",),
    "representative_named": ("name",),
    "contract_sent": ("level",),
    "contract_processed": (),
    "card_ordered": ("name", "card_way", "by"),
    "card_received": ("name", "kind", "number", "card_until", "nominative"),
    "card_opposed": ("person",),
    "mandataire_appointed": ("person",),
    "mandataire_removed": ("person",),
    "administrator_designated": ("person", "by", "editor"),
    "administrator_removed": ("person", "by"),
    "habilitation_requested": ("person", "by", "usages"),
    "habilitation_granted": ("person",),
    "habilitation_found": ("person", "usages"),
    "certificate_ordered": ("product", "administrator", "service_name", "order_way", "ready"),
    "order_abandoned": ("product",),
    "certificate_issued": ("product", "until"),
    "certificate_installed": ("product", "ready"),
    "certificate_tested": ("product",),
    "certificate_revoked": ("product", "cause", "which"),
}
"""What each event tells, besides its day."""

_DOCUMENTS: dict[str, tuple[str, ...]] = {
    "contract_sent": ("contrat",),
    "mandataire_appointed": ("502",),
    "mandataire_removed": ("502",),
    "habilitation_requested": ("413",),
}
_DATE: dict[str, Any] = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
_READY = {
    "certificate_ordered": gettext_lazy(
        "La demande (CSR) et sa clé sont faites ici ; ou, en ligne, l’éditeur accepte un PKCS#12"
    ),
    "certificate_installed": gettext_lazy("L’autorité intermédiaire ACI-EL-ORG est dans la chaîne"),
}


class StepForm(forms.Form):
    """What happened, when, and with which documents. Its fields depend on the event.

    :param event: of `wording.EVENTS`; view: the procedure as it is.
    """

    on = forms.DateField(label=gettext_lazy("Le"), **_DATE)

    def __init__(self, event: str, view: WayView, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.event, self.view = event, view
        self.initial.setdefault("on", datetime.date.today())
        for name in _FIELDS[event]:
            self.fields[name] = getattr(self, f"_{name}")()
        self.needed = self._needed()
        for form in self.needed:
            self._document(form)
        self.fields["note"] = forms.CharField(
            label=gettext_lazy("Remarque"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
        )  # fmt: skip

    def _needed(self) -> tuple[str, ...]:
        """The forms that go with the event."""
        if self.event == "contract_sent" and self.view.document.state == "CONTRAT_A_METTRE_A_JOUR":
            return ("contrat", "101")
        if self.event == "card_ordered":
            chosen = self.data.get("card_way") if self.is_bound else self.initial.get("card_way")
            return () if chosen == "tom" else (chosen if chosen in ("101", "301") else "301",)
        return _DOCUMENTS.get(self.event, ())

    def _document(self, form: str) -> None:
        title = one_text(known_forms()[form], "title")
        there = self._attached(form)
        help_text = _("Déjà joint : %(name)s. Vide : celui-là.") % {"name": there[1]} if there else ""
        largest = LARGEST if len(self.needed) == 1 else LARGEST // 2
        self.fields[f"file_{form}"] = SmallFileField(
            largest=largest, label=title, required=False, help_text=help_text or _size_help(largest)
        )
        if not there:
            self.fields[f"elsewhere_{form}"] = forms.BooleanField(
                label=_("Ce document est parti ; sa copie est gardée ailleurs"), required=False
            )

    def _attached(self, form: str) -> tuple[str, str] | None:
        """Digest and name of the last document of this form."""
        found = [(one.sha256, one.name) for one in self.view.documents if one.form == form]
        return found[-1] if found else None

    def clean(self) -> dict[str, Any]:
        """:raises ValidationError: a document is neither there nor one_text to be elsewhere."""
        given = super().clean() or {}
        for form in self.needed:
            if (
                not given.get(f"file_{form}")
                and not given.get(f"elsewhere_{form}")
                and not self._attached(form)
            ):
                self.add_error(f"file_{form}", _("Joignez ce document, ou dites que sa copie est ailleurs."))
        return given

    def uploads(self) -> list[tuple[str, str, bytes]]:
        """Form, name and content of the documents given."""
        found = []
        for form in self.needed:
            content = self.cleaned_data.get(f"file_{form}")
            if content:
                found.append((form, name_of(self, f"file_{form}"), content))
        return found

    def told(self, kept: dict[str, str]) -> dict[str, Any]:
        """The event, in JSON types. kept: digests of the documents given now, by form."""
        given = self.cleaned_data
        event: dict[str, Any] = {"name": self.event, "on": given["on"].isoformat()}
        event |= {
            key: given[key] for key in ("cause", "service_name", "product", "ready", "editor") if key in given
        }
        event["person"] = given.get("name") or given.get("person") or ""
        event["by"] = self._signatory()
        event["way"] = next(
            (given[key] for key in ("level", "card_way", "order_way", "which") if given.get(key)), ""
        )
        event["usages"] = list(given.get("usages", ()))
        if "until" in given:
            event["until"] = given["until"].isoformat()
        if "card_until" in given:
            event["card"] = {
                "kind": given["kind"],
                "number": given["number"],
                "until": given["card_until"].isoformat(),
                "nominative": given["nominative"],
            }
        event["documents"] = [
            {"form": form, "reference": kept.get(form) or (self._attached(form) or ("",))[0]}
            for form in self.needed
        ]
        return event

    def _signatory(self) -> str:
        """Who signed: chosen, or the legal representative, who alone may."""
        given = self.cleaned_data
        chosen = given.get("by") or given.get("administrator")
        head = next((one.name for one in self.view.document.people if one.representative), "")
        return str(chosen or head)

    def _level(self) -> forms.Field:
        choices = (("EJ", _("Entité juridique (EJ)")), ("EG", _("Entité géographique (EG)")))
        return forms.ChoiceField(label=_("Signé par"), choices=choices, widget=forms.RadioSelect)

    def _name(self) -> forms.Field:
        return forms.CharField(
            label=_("Personne"), max_length=200, required=self.event != "representative_changed",
            help_text=_("Nom et prénom, toujours écrits de la même façon."),
        )  # fmt: skip

    def _person(self) -> forms.Field:
        return forms.ChoiceField(
            label=_("Personne"),
            choices=_named(one.name for one in self.view.document.people),
            help_text=_(
                "Seules les personnes déjà notées ici sont proposées : une carte reçue en ajoute une."
            ),
        )

    def _by(self) -> forms.Field:
        people = [one.name for one in self.view.document.people if one.representative or one.mandataire]
        return forms.ChoiceField(label=_("Signé par"), choices=_named(people), required=False)

    def _administrator(self) -> forms.Field:
        people = [one.name for one in self.view.document.people if one.administrator]
        return forms.ChoiceField(label=_("Commandé par"), choices=_named(people))

    def _card_way(self) -> forms.Field:
        choices = (
            ("301", _("Formulaire 301 (personnel non professionnel de santé)")),
            ("tom", _("Service en ligne TOM, sans papier")),
            ("101", _("Formulaire 101 (représentant légal)")),
        )
        return forms.ChoiceField(label=_("Par"), choices=choices, initial="301", widget=forms.RadioSelect)

    def _kind(self) -> forms.Field:
        return forms.ChoiceField(label=_("Nature de la carte"), choices=[(one, one) for one in CARDS])

    def _number(self) -> forms.Field:
        return forms.CharField(
            label=_("Numéro de la carte"), max_length=40, widget=forms.TextInput(attrs={"class": "mono"})
        )

    def _card_until(self) -> forms.Field:
        return forms.DateField(label=_("Valable jusqu’au"), **_DATE)

    def _nominative(self) -> forms.Field:
        return forms.BooleanField(label=_("Carte nominative"), required=False, initial=True)

    def _editor(self) -> forms.Field:
        return forms.BooleanField(
            label=_("Cette personne travaille chez l’éditeur du logiciel"), required=False
        )

    def _usages(self) -> forms.Field:
        return forms.MultipleChoiceField(
            label=_("Usages dits"), choices=[(one, one) for one in PRODUCTS], initial=list(PRODUCTS),
            widget=forms.CheckboxSelectMultiple,
        )  # fmt: skip

    def _product(self) -> forms.Field:
        return forms.ChoiceField(label=_("Certificat"), choices=[(one, one) for one in PRODUCTS])

    def _service_name(self) -> forms.Field:
        asked = str(self.initial.get("product") or PRODUCTS[0])
        told = service_name(asked) if asked in PRODUCTS else ""
        return forms.CharField(
            label=_("Nom du service applicatif"), max_length=64, initial=told,
            widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
        )  # fmt: skip

    def _order_way(self) -> forms.Field:
        choices = (
            ("csr", _("Avec une demande (CSR) faite ici")),
            ("online", _("En ligne, avec un PKCS#12 rendu par la plateforme")),
        )
        return forms.ChoiceField(label=_("Comment"), choices=choices, initial="csr", widget=forms.RadioSelect)

    def _ready(self) -> forms.Field:
        return forms.BooleanField(label=_READY[self.event], required=False)

    def _until(self) -> forms.Field:
        return forms.DateField(label=_("Dernier jour du certificat"), **_DATE)

    def _cause(self) -> forms.Field:
        choices = [(one.id, one_text(one).capitalize()) for one in causes()]
        return forms.ChoiceField(label=_("Motif"), choices=choices, widget=forms.RadioSelect)

    def _which(self) -> forms.Field:
        choices = (
            ("", "–"),
            ("serving", _("Celui qui est en service")),
            ("coming", _("Celui qui vient d’être émis")),
        )
        return forms.ChoiceField(label=_("Lequel, s’il y en a deux"), choices=choices, required=False)


class DocumentForm(forms.Form):
    """A document to attach."""

    form = forms.ChoiceField(label=gettext_lazy("Nature"), choices=(), required=False)
    file = SmallFileField(largest=LARGEST, label=gettext_lazy("Fichier"))
    on = forms.DateField(label=gettext_lazy("Daté du"), required=False, **_DATE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = [(name, one_text(one, "title")) for name, one in known_forms().items()]
        self.fields["form"].choices = [*told, ("", _("Autre document"))]  # type: ignore[attr-defined]
        self.fields["file"].help_text = _size_help(LARGEST)


class CardForm(forms.Form):
    """A card of the register."""

    establishment = forms.ChoiceField(label=gettext_lazy("Établissement"), choices=())
    kind = forms.ChoiceField(label=gettext_lazy("Nature"), choices=[(one, one) for one in CARDS])
    holder = forms.CharField(label=gettext_lazy("Titulaire"), max_length=200)
    number = forms.CharField(
        label=gettext_lazy("Numéro"), max_length=40, widget=forms.TextInput(attrs={"class": "mono"})
    )
    expires = forms.DateField(label=gettext_lazy("Valable jusqu’au"), **_DATE)

    def __init__(self, places: tuple[EstablishmentSettings, ...], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if places:
            self.fields["establishment"].choices = [(str(one.id), one.name) for one in places]  # type: ignore[attr-defined]
        else:
            del self.fields["establishment"]

    def arguments(self) -> dict[str, Any]:
        """What the act wants of it."""
        given = dict(self.cleaned_data)
        if "establishment" in given:
            given["establishment"] = int(given["establishment"])
        return {**given, "expires": given["expires"].isoformat()}


def name_of(form: forms.Form, field: str) -> str:
    """The name of a file that was given."""
    return str(getattr(form.files.get(field), "name", "") or field)[:200]


def _named(names: Any) -> list[tuple[str, str]]:
    return [(one, one) for one in names]


def _size_help(largest: int) -> str:
    return _("%(size)s Ko au plus.") % {"size": largest // 1024}
