"""What several forms on accounts ask alike."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ecluse.services.accounts import names


class UsernameField(forms.RegexField):
    """A name of sign-in."""

    def __init__(self, **kwargs: Any) -> None:
        told = _("Lettres sans accent, chiffres, points, tirets ou @ ; exemple : c.moreau.")
        shared = {
            "label": _("Identifiant de connexion"),
            "help_text": told,
            "error_messages": {"invalid": told},
        }
        super().__init__(f"^{names.PATTERN}$", **{**shared, **kwargs})


class PlaceField(forms.ChoiceField):
    """Everywhere, an establishment, or one of its sites; as `establishment` and `site` of a grant."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Pour"),
            required=False,
            help_text=_(
                "Pour un site : seulement les droits sur des patients, ceux qui y ont ou y ont eu un séjour."
            ),
        )

    def clean(self, value: Any) -> dict[str, int | None]:
        """The ids."""
        establishment, _mark, site = super().clean(value).partition("/")
        return {
            "establishment": int(establishment) if establishment else None,
            "site": int(site) if site else None,
        }
