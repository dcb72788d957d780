"""Forms of the feeds: what is looked for among messages, and what is decided of a sender."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ecluse.delivery.console.times import local
from ecluse.services.queries.message_search import MessageFilter

_ANSWERS = (
    ("", _("Toutes")),
    ("AA", _("Acceptés (AA)")),
    ("refused", _("Refusés (AE et AR)")),
    ("AE", _("Refusés, à corriger (AE)")),
    ("AR", _("Rejetés (AR)")),
    ("none", _("Sans réponse")),
)
_KINDS = (
    ("", _("Tout ce qui est reçu")),
    ("message", _("Messages")),
    ("duplicate", _("Répétitions")),
    ("unreadable", _("Octets illisibles")),
    ("ack", _("Acquittements reçus")),
)
POLICIES = (("tolerant", _("Tolérant")), ("strict", _("Strict")))


def _time(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"],
    )


def _local(when: datetime | None) -> datetime | None:
    """A time as it was typed: in the zone of the pages."""
    return None if when is None else local(when.replace(tzinfo=None))


class MessageForm(forms.Form):
    """What is looked for among messages."""

    reponse = forms.ChoiceField(label=_("Réponse"), choices=_ANSWERS, required=False)
    emetteur = forms.TypedChoiceField(label=_("Émetteur"), coerce=int, empty_value=None, required=False)
    evenement = forms.CharField(label=_("Événement"), max_length=12, required=False)
    controle = forms.CharField(label=_("Identifiant du message (MSH-10)"), max_length=200, required=False)
    depuis = _time(_("Depuis"))
    jusqua = _time(_("Jusqu’à"))
    regle = forms.CharField(label=_("Règle du refus"), max_length=60, required=False)
    patient = forms.CharField(label=_("Patient (identifiant interne)"), max_length=40, required=False)
    nature = forms.ChoiceField(label=_("Nature"), choices=_KINDS, required=False)

    def __init__(self, data: Any, senders: Iterable[tuple[int, str]]) -> None:
        super().__init__(data, auto_id="f-%s")
        self.fields["emetteur"].choices = [("", _("Tous")), *senders]  # type: ignore[attr-defined]
        self.fields["evenement"].widget.attrs.update({"placeholder": "A28", "list": "evenements"})
        self.fields["regle"].widget.attrs["placeholder"] = "PAM-PID-5-U"
        for name in ("evenement", "controle", "regle", "patient"):
            self.fields[name].widget.attrs.update({"autocomplete": "off", "spellcheck": "false"})

    def clean(self) -> dict[str, Any]:
        """:raises ValidationError: the times are in the wrong order."""
        given = super().clean() or {}
        if given.get("depuis") and given.get("jusqua") and given["depuis"] > given["jusqua"]:
            self.add_error("jusqua", gettext("Ce moment vient avant « Depuis » : échangez-les."))
        return given

    def wanted(self, reach: frozenset[int] | None) -> MessageFilter:
        """The filter of a valid form.

        :param reach: ids of the only domains that may be shown.
        """
        given = self.cleaned_data
        return MessageFilter(
            sender=given["emetteur"],
            answer=given["reponse"] or None,
            kind=given["nature"] or None,
            event=given["evenement"].strip().upper() or None,
            control=given["controle"].strip() or None,
            patient=given["patient"].strip() or None,
            rule=given["regle"].strip().upper() or None,
            since=_local(given["depuis"]),
            until=_local(given["jusqua"]),
            domains=reach,
        )

    @property
    def more(self) -> bool:
        """Whether one of the fields that are folded away is filled."""
        return any(
            self.data.get(name) for name in ("controle", "depuis", "jusqua", "regle", "patient", "nature")
        )


class PolicyForm(forms.Form):
    """How a sender is treated and in which time zone its times are read."""

    policy = forms.ChoiceField(
        label=_("Exigence"),
        choices=POLICIES,
        widget=forms.RadioSelect,
        help_text=_(
            "Strict : un message qui contient une erreur est refusé, même s’il pouvait être intégré."
        ),
    )
    timezone = forms.CharField(
        label=_("Fuseau horaire"),
        required=False,
        max_length=64,
        help_text=_("Vide : celui de son écouteur. Exemple : Indian/Reunion."),
    )


class DomainForm(forms.Form):
    """The domain of a sender that has sent nothing yet."""

    domain = forms.ChoiceField(label=_("Domaine d’identification"))

    def __init__(self, data: Any, names: Iterable[str], now: str) -> None:
        super().__init__(data, initial={"domain": now})
        self.fields["domain"].choices = [(one, one) for one in names]  # type: ignore[attr-defined]


class CertificateForm(forms.Form):
    """A client certificate by which a sender is recognised."""

    certificate = forms.CharField(
        label=_("Empreinte SHA-256 du certificat"),
        max_length=200,
        help_text=_("64 chiffres hexadécimaux, avec ou sans deux-points."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "class": "mono"}),
    )


class DeclareForm(forms.Form):
    """A sender declared before its first message."""

    application = forms.CharField(label=_("Application (MSH-3)"), max_length=200)
    facility = forms.CharField(label=_("Établissement (MSH-4)"), max_length=200)
    domain = forms.ChoiceField(label=_("Domaine d’identification"))
    policy = forms.ChoiceField(label=_("Exigence"), choices=POLICIES)
    timezone = forms.CharField(
        label=_("Fuseau horaire"), required=False, max_length=64, help_text=_("Vide : celui de son écouteur.")
    )

    def __init__(self, data: Any, names: Iterable[str]) -> None:
        super().__init__(data)
        self.fields["domain"].choices = [(one, one) for one in names]  # type: ignore[attr-defined]
