"""What is said to a person whose card opens nothing: one sentence, that tells what to do."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ecluse.services.accounts.cards import Refusal

NOT_COUNTED: tuple[Refusal, ...] = ("no-card",)
"""Nothing was tried: not written, else anybody could fill the trail."""

_SETTINGS = gettext_noop(
    "La carte n’est pas arrivée par le chemin prévu : prévenez l’exploitant de la passerelle, qui réglera le "
    "mandataire TLS."
)
_WORDS: dict[Refusal, str] = {
    "no-card": gettext_noop(
        "Aucune carte n’a été présentée : insérez-la dans le lecteur, fermez toutes les fenêtres du navigateur, puis "
        "revenez."
    ),
    "undeclared-proxy": _SETTINGS,
    "unreadable": _SETTINGS,
    "not-a-person": gettext_noop(
        "Ce certificat n’est pas celui d’une personne : choisissez celui de votre carte."
    ),
    "not-for-sign-in": gettext_noop(
        "Ce certificat de la carte sert à signer : choisissez celui d’authentification."
    ),
    "not-a-card": gettext_noop(
        "Ce certificat n’est pas dans une carte : utilisez votre carte CPx, ou connectez-vous autrement."
    ),
    "environment": gettext_noop(
        "Cette carte n’est pas de cet environnement : une carte de test n’ouvre pas la production, ni l’inverse."
    ),
    "path": gettext_noop(
        "Cette carte est expirée, ou son émetteur n’est pas reconnu ici : vérifiez sa date, puis prévenez l’exploitant."
    ),
    "revoked": gettext_noop("Cette carte est opposée : demandez-en une autre à son émetteur."),
    "revocation-unknown": gettext_noop(
        "La passerelle ne peut pas vérifier que cette carte n’est pas opposée : réessayez plus tard, ou autrement."
    ),
    "holder-unreadable": gettext_noop(
        "L’identifiant de cette carte n’est pas reconnu : montrez-la à un administrateur."
    ),
    "no-account": gettext_noop(
        "Aucun compte d’ici n’est lié à cette carte : demandez à un administrateur de lier votre RPPS ou votre carte."
    ),
    "closed": gettext_noop("Votre compte est fermé : adressez-vous à un administrateur."),
    "locked": gettext_noop("Votre compte est verrouillé : attendez quelques minutes, puis réessayez."),
    "conflict": gettext_noop(
        "Votre compte a un RPPS, que cette carte ne porte pas : utilisez la carte qui le porte."
    ),
    "other-person": gettext_noop(
        "Cette carte n’est pas celle de la personne connectée : prenez la vôtre, ou déconnectez-vous d’abord."
    ),
}


def said_of(why: Refusal) -> str:
    """The sentence of a refusal, in the language of the visitor."""
    return _(_WORDS[why])
