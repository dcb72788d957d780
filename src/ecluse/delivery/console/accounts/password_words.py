"""What the rules of passwords say, named here so that the catalogue of this area has its English.

The rules are of `services.accounts`, whose sentences nobody extracts.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop

SAID = (
    gettext_noop("Un mot de passe divulgué lors d’une fuite de données est refusé."),
    gettext_noop("Ce mot de passe a été divulgué lors d’une fuite de données : choisissez-en un autre."),
    gettext_noop("Ce mot de passe dépasse %(n)d caractères."),
    gettext_noop(
        "La liste des mots de passe divulgués ne peut pas être lue (%(why)s) : prévenez l’administrateur."
    ),
    gettext_noop(
        "Ce mot de passe se devine : un mot courant, le nom du logiciel, de l’établissement ou le vôtre, "
        "même suivis de chiffres. Réunissez plusieurs mots sans lien entre eux."
    ),
)
