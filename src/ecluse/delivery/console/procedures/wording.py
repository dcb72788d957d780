"""How the states, steps and people of a procedure are written, and where an establishment stands on its way."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from django.utils.translation import gettext_lazy as _

from ecluse.services.queries.certificates_ways import TrackDocument, WayDocument

EVENTS = {
    "contract_none": _("Aucun contrat n’existe"),
    "contract_up_to_date": _("Le contrat existe, à jour"),
    "representative_changed": _("Le représentant légal a changé"),
    "representative_named": _("Représentant légal indiqué"),
    "contract_sent": _("Contrat envoyé à l’ANS"),
    "contract_processed": _("Contrat traité par l’ANS"),
    "card_ordered": _("Carte commandée"),
    "card_received": _("Carte reçue"),
    "card_opposed": _("Carte mise en opposition"),
    "mandataire_appointed": _("Mandataire désigné"),
    "mandataire_removed": _("Mandataire retiré"),
    "administrator_designated": _("Administrateur technique désigné"),
    "administrator_removed": _("Administrateur technique retiré"),
    "habilitation_requested": _("Formulaire 413 envoyé"),
    "habilitation_granted": _("Habilitation validée par l’ANS"),
    "habilitation_found": _("Droits déjà visibles sur la plateforme"),
    "certificate_ordered": _("Certificat commandé"),
    "order_abandoned": _("Commande abandonnée"),
    "certificate_issued": _("Certificat émis"),
    "certificate_installed": _("Certificat installé"),
    "certificate_tested": _("Certificat essayé et en service"),
    "certificate_revoked": _("Certificat révoqué"),
}
"""What happened, or is to be recorded."""

ALTERNATIVES = {
    "contract_none": ("contract_up_to_date", "representative_changed"),
    "habilitation_requested": ("habilitation_found",),
    "administrator_designated": ("card_ordered",),
    "mandataire_appointed": ("card_ordered",),
}
"""What may have happened instead, beside the event that a step names."""

ASIDE = (
    "card_received",
    "card_ordered",
    "representative_named",
    "representative_changed",
    "mandataire_appointed",
    "mandataire_removed",
    "administrator_designated",
    "administrator_removed",
    "card_opposed",
    "order_abandoned",
    "certificate_revoked",
)
"""What may happen at any time."""

WHO = {
    "representative": _("le représentant légal"),
    "mandataire": _("un mandataire"),
    "representative or mandataire": _("le représentant légal ou un mandataire"),
    "administrator": _("l’administrateur technique"),
    "ans": _("l’ANS"),
    "gateway": _("l’exploitant de cette passerelle"),
    "establishment": _("l’établissement"),
}

STATES = {
    "DEBUT": _("Contrat à vérifier"),
    "CONTRAT_A_SIGNER": _("Contrat à signer"),
    "CONTRAT_A_METTRE_A_JOUR": _("Contrat à mettre à jour"),
    "CONTRAT_OK": _("Contrat en règle"),
    "ADMIN_DESIGNE": _("Administrateur désigné"),
    "HABILITATION_DEMANDEE": _("Habilitation demandée"),
    "HABILITE": _("Administrateur habilité"),
    "ILLISIBLE": _("Démarche illisible"),
}
_ORDERS = {
    "A_COMMANDER": _("À commander"),
    "COMMANDE": _("Commandé"),
    "CERT_EMIS": _("Émis, à installer et essayer"),
    "ACTIF": _("En service"),
    "ALERTE": _("À renouveler"),
    "EXPIRE": _("Expiré"),
    "REVOQUE": _("Révoqué"),
}
_WAY = (
    (_("Contrat"), ("DEBUT", "CONTRAT_A_SIGNER", "CONTRAT_A_METTRE_A_JOUR")),
    (_("Administrateur technique"), ("CONTRAT_OK",)),
    (_("Formulaire 413"), ("ADMIN_DESIGNE",)),
    (_("Habilitation"), ("HABILITATION_DEMANDEE",)),
    (_("Certificats"), ("HABILITE",)),
)
_TRACK = (
    (_("Commande"), ("A_COMMANDER", "EXPIRE", "REVOQUE")),
    (_("Retrait"), ("COMMANDE",)),
    (_("Installation et essai"), ("CERT_EMIS",)),
    (_("En service"), ("ACTIF", "ALERTE")),
)


class Stage(NamedTuple):
    """A stage of a way. state: `done`, `here`, `trouble` or `ahead`."""

    name: Any
    state: Literal["done", "here", "trouble", "ahead"]


def stages(way: WayDocument) -> list[Stage]:
    """Where an establishment is, before its orders."""
    return _placed(_WAY, way.state, over=way.ready)


def track_stages(track: TrackDocument, way: WayDocument) -> list[Stage]:
    """Where one of the two certificates is; nowhere while nobody may order it."""
    if track.state == "A_COMMANDER" and way.state != "HABILITE":
        return [Stage(name, "ahead") for name, _states in _TRACK]
    trouble = track.state in ("ALERTE", "EXPIRE", "REVOQUE")
    return _placed(_TRACK, track.state, over=track.state == "ACTIF", trouble=trouble)


def track_word(track: TrackDocument) -> Any:
    """The state of one of the two certificates."""
    return _ORDERS[track.state]


def track_kind(track: TrackDocument) -> str:
    """The state that shows it."""
    return {"ACTIF": "ok", "ALERTE": "warn", "EXPIRE": "bad", "REVOQUE": "bad", "A_COMMANDER": "none"}.get(
        track.state, "info"
    )


def _placed(
    rows: tuple[tuple[Any, tuple[str, ...]], ...], state: str, *, over: bool, trouble: bool = False
) -> list[Stage]:
    at = next((place for place, (_name, states) in enumerate(rows) if state in states), -1)
    found = []
    for place, (name, _states) in enumerate(rows):
        if place < at or (over and place == at):
            found.append(Stage(name, "done"))
        elif place == at:
            found.append(Stage(name, "trouble" if trouble else "here"))
        else:
            found.append(Stage(name, "ahead"))
    return found
