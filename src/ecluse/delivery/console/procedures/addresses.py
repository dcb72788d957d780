"""Addresses of the pages of procedures."""

from __future__ import annotations

from django.urls import URLPattern, path

from ecluse.delivery.console.procedures import show_cards, show_ways, take_step


def addresses() -> list[URLPattern]:
    """The ways, the advice, the cards; then one way with its steps and documents."""
    here = "demarches/"
    one = f"{here}<str:id_>/"
    return [
        path(here, show_ways.every, name="procedures"),
        path(f"{here}ouvrir/", show_ways.begin, name="open_procedure"),
        path(f"{here}ej-ou-eg/", show_ways.level, name="procedure_level"),
        path(f"{here}cartes/", show_cards.every, name="cards"),
        path(f"{here}cartes/ajouter/", show_cards.add, name="add_card"),
        path(f"{here}cartes/<str:id_>/", show_cards.edit, name="card"),
        path(f"{here}cartes/<str:id_>/retirer/", show_cards.retire, name="retire_card"),
        path(one, show_ways.one, name="procedure"),
        path(f"{one}noter/<slug:event>/", take_step.take, name="procedure_step"),
        path(f"{one}defaire/", take_step.undo, name="procedure_undo"),
        path(f"{one}joindre/", take_step.attach, name="procedure_attach"),
        path(f"{one}documents/<slug:digest>/fichier/", show_ways.document, name="procedure_document"),
        path(f"{one}fermer/", take_step.close, name="procedure_close"),
    ]
